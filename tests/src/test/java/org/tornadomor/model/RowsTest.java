package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.tornadomor.engine.Counters.Counter;
import org.tornadomor.engine.DenseOp.MatmulNT;
import org.tornadomor.engine.DenseOp.MatmulTN;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Op;
import org.tornadomor.engine.Step;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.ReferenceModel.Choice;

/**
 * Skipped work is skipped: the engine's counters say that the programs of depth r processed the active rows and no others,
 * and with shared keys the recursions after the first project queries alone. The number of runs is held too, so that a
 * program that did nothing does not pass.
 */
class RowsTest {
    private static final int SEQUENCES = 2;
    private static final int LENGTH = 10;
    private static final int STEPS = 2;
    private static final Pattern DEPTH = Pattern.compile("depth (\\d+): (.*)");
    /** With hybrid keys these mix keys of all rows; the rest of a layer does not. */
    private static final Set<String> HYBRID_OPS = Set.of("Copy", "Clear", "Add");

    /** The rows of each depth, r - 1 for recursion r, and how the counts are read. */
    private record Expected(ModelConfig config, int[] active, int runs) {
        int all() {
            return SEQUENCES * LENGTH;
        }

        int candidates(int r) {
            return r == 1 ? all() : active[r - 2];
        }

        void check(Counter counter) {
            Matcher name = DEPTH.matcher(counter.program());
            if (!name.find()) {
                return;
            }
            int r = Integer.parseInt(name.group(1));
            String what = counter.program() + ", " + counter.op();
            int blocks = new LayerMap(config).blockSize();
            int rows = active[r - 1];
            if (name.group(2).startsWith("layer")) {
                boolean mixing = name.group(2).contains("hybrid") && HYBRID_OPS.contains(counter.op());
                count(what, counter, rows == 0 ? 0 : runs * blocks, mixing ? all() : rows);
            } else if (name.group(2).startsWith("route")) {
                // Where the sequences begin among the rows is gathered too.
                boolean books = counter.op().equals("Gather") && counter.rows() == counter.runs() * (SEQUENCES + 1L);
                count(what, counter, counter.runs() == 0 ? 0 : runs, books ? SEQUENCES + 1 : candidates(r));
            } else if (counter.program().contains("backward") && name.group(2).equals("enter")) {
                boolean router = Set.of("MatmulTN", "MatmulNN", "Gather", "Gelu", "GeluBackward", "MatmulNT")
                        .contains(counter.op());
                if (router) {
                    count(what, counter, runs, candidates(r));
                } else {
                    assertTrue(
                            counter.rows() == counter.runs() * rows || counter.rows() == counter.runs() * candidates(r),
                            what);
                }
            } else {
                count(what, counter, rows == 0 ? 0 : runs, rows);
            }
        }

        private static void count(String what, Counter counter, int runs, int rows) {
            assertEquals(runs, counter.runs(), what + ": runs");
            assertEquals((long) runs * rows, counter.rows(), what + ": rows");
        }
    }

    private static List<ModelConfig> expertModels() {
        return Stream.of(
                        MorConfig.expertChoice(3),
                        MorConfig.expertChoice(3).withSharing(Sharing.CYCLE),
                        MorConfig.expertChoice(3).withKv(KvMode.SHARED).withRouterArch(RouterArch.MLP),
                        MorConfig.expertChoice(3).withKv(KvMode.HYBRID),
                        MorConfig.expertChoice(3).withCapacity(List.of(1.0, 0.5, 0.1)))
                .map(mor -> TinyConfigs.grouped(TinyConfigs.layers(mor.sharing(), 2, 3), mor))
                .toList();
    }

    private static String name(ModelConfig config) {
        MorConfig mor = config.mor();
        return mor.router() + " " + mor.sharing() + " " + mor.kv() + " " + mor.capacity();
    }

    @TestFactory
    Stream<DynamicTest> trainingComputesTheCapacities() {
        return expertModels().stream()
                .map(config -> DynamicTest.dynamicTest(name(config), () -> {
                    int[] k = ReferenceShape.limits(config, LENGTH);
                    int[] active =
                            Arrays.stream(k).map(limit -> limit * SEQUENCES).toArray();
                    assertTrue(
                            active[2] < active[1] && active[1] < active[0], "capacities must differ to be told apart");
                    try (Engine engine = new CpuEngine(1)) {
                        train(engine, config);
                        check(engine, new Expected(config, active, STEPS), "train");
                    }
                }));
    }

    @Test
    void trainingTokenChoiceComputesTheChosen() {
        for (KvMode kv : List.of(KvMode.RECURSION_WISE, KvMode.SHARED)) {
            ModelConfig config = TinyConfigs.grouped(8, MorConfig.tokenChoice(3).withKv(kv));
            try (Engine engine = new CpuEngine(1)) {
                int[] depth = train(engine, config);
                check(engine, new Expected(config, active(depth), STEPS), "train");
            }
        }
    }

    private static int[] train(Engine engine, ModelConfig config) {
        try (TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, 4);
                TrainingPass pass = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false)) {
            engine.counters().reset();
            for (int step = 0; step < STEPS; step++) {
                pass.begin();
                pass.add(model.inputs, model.targets);
            }
            int[] depth = new int[SEQUENCES * LENGTH];
            pass.depths(depth);
            return depth;
        }
    }

    /** How many tokens run recursion 1, 2, 3. */
    private static int[] active(int[] depth) {
        int[] active = new int[3];
        for (int r = 1; r <= 3; r++) {
            int recursion = r;
            active[r - 1] =
                    (int) Arrays.stream(depth).filter(d -> d >= recursion).count();
        }
        assertTrue(active[2] > 0 && active[2] < active[1] && active[1] < active[0], Arrays.toString(active));
        return active;
    }

    @TestFactory
    Stream<DynamicTest> causalScoringComputesTheDepths() {
        Stream<ModelConfig> token = Stream.of(TinyConfigs.grouped(8, MorConfig.tokenChoice(3)));
        return Stream.concat(expertModels().stream(), token)
                .map(config -> DynamicTest.dynamicTest(name(config), () -> {
                    try (Engine engine = new CpuEngine(1);
                            TinyModel model = TinyModel.decisive(
                                    engine, config, SEQUENCES, LENGTH, 4, RowsTest::marginIfDepthsDiffer);
                            Scorer scorer = new Scorer(engine, model.weights, SEQUENCES, LENGTH)) {
                        engine.counters().reset();
                        int[] depth = new int[SEQUENCES * LENGTH];
                        for (int step = 0; step < STEPS; step++) {
                            scorer.score(model.inputs, model.targets, SEQUENCES, LENGTH, true, null);
                        }
                        scorer.depths(depth);
                        check(engine, new Expected(config, active(depth), STEPS), "score");
                        assertEquals(
                                0,
                                engine.counters().rowsByProgram("SelectTopK").size(),
                                "causal scoring compares no tokens");
                    }
                }));
    }

    private static double marginIfDepthsDiffer(TinyModel model) {
        ReferenceModel.Result result = model.run(Choice.threshold(model.config, 0, 3));
        return Arrays.stream(result.depth).distinct().count() == 3 ? result.margin : 0;
    }

    /** Counts everything that the pass ran; every depth must have shown up where it has rows. */
    private static void check(Engine engine, Expected expected, String pass) {
        int seen = 0;
        for (Counter counter : engine.counters().all()) {
            assertTrue(counter.runs() == 0 || counter.program().startsWith(pass), counter.program());
            expected.check(counter);
            seen += DEPTH.matcher(counter.program()).find() && counter.runs() > 0 ? 1 : 0;
            if (counter.program().contains("outer: layer")) {
                Expected.count(counter.program(), counter, 2 * STEPS, expected.all());
            }
        }
        assertTrue(seen > 30, "only " + seen + " ops of recursions ran");
    }

    @Test
    void nothingRunsDeeperThanTheCap() {
        ModelConfig config = TinyConfigs.grouped(8, MorConfig.expertChoice(3));
        try (Engine engine = new CpuEngine(1);
                TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, 4);
                Scorer scorer = new Scorer(engine, model.weights, SEQUENCES, LENGTH)) {
            scorer.setMaxDepth(1);
            scorer.score(model.inputs, model.targets, SEQUENCES, LENGTH, true, null);
            for (Counter counter : engine.counters().all()) {
                boolean deeper = counter.program().contains("depth 2")
                        || counter.program().contains("depth 3");
                assertFalse(deeper && counter.runs() > 0, counter.program() + ", " + counter.op());
            }
            assertTrue(engine.counters().rowsByProgram("MatmulNT").containsKey("score depth 1: layer"));
        }
    }

    /** The projections of a layer by their number of outputs. */
    private static List<Integer> outputs(RecordingEngine engine, String program, Class<? extends Op> kind) {
        return engine.bindings.stream()
                .filter(bound -> bound.program().name().equals(program))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no program " + program))
                .program()
                .steps()
                .stream()
                .map(Step::op)
                .filter(kind::isInstance)
                .map(RowsTest::outputs)
                .toList();
    }

    private static int outputs(Op op) {
        return switch (op) {
            case MatmulNT linear -> linear.c().columns();
            case MatmulTN gradient -> gradient.a().columns();
            default -> throw new IllegalArgumentException(op.toString());
        };
    }

    @Test
    void sharedKeysAreNotProjectedAgain() {
        for (RouterKind router : TinyConfigs.ROUTERS) {
            MorConfig mor = new MorConfigBuilder(2, router).kv(KvMode.SHARED).build();
            ModelConfig config = TinyConfigs.grouped(4, mor);
            int d = config.hiddenSize();
            int queries = config.queryWidth();
            int all = queries + 2 * config.kvWidth();
            int ffn = 2 * config.intermediateSize();
            try (RecordingEngine engine = new RecordingEngine();
                    TinyModel model = new TinyModel(engine, config, SEQUENCES, LENGTH, 4);
                    TrainingPass pass = new TrainingPass(engine, model.weights, SEQUENCES, LENGTH, 1, false);
                    Scorer scorer = new Scorer(engine, model.weights, SEQUENCES, LENGTH)) {
                for (String of : List.of("train ", "score ")) {
                    assertEquals(List.of(all, d, ffn, d), outputs(engine, of + "depth 1: layer", MatmulNT.class));
                    assertEquals(
                            List.of(queries, d, ffn, d),
                            outputs(engine, of + "depth 2: layer, shared", MatmulNT.class));
                }
                assertEquals(
                        List.of(d, ffn, d, queries),
                        outputs(engine, "train depth 2: layer backward, shared", MatmulTN.class));
                assertTrue(pass.tokens() > 0 && scorer != null);
            }
        }
    }
}
