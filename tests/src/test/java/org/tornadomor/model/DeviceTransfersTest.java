package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import org.tornadomor.engine.tornado.TransferReport;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.trainer.Optimizer;

/** What crosses between host and device once everything is warm, and which rows are computed at each depth. */
@Tag("device")
class DeviceTransfersTest {
    private static final int SEQUENCES = 3;
    private static final int CONTEXT = 16;
    private static final int TOKENS = SEQUENCES * CONTEXT;

    private final SplittableRandom random = new SplittableRandom(5);

    private static ModelConfig config(int recursions, RouterKind router, List<Double> capacity) {
        MorConfig mor = new MorConfigBuilder(recursions, router)
                .sharing(Sharing.CYCLE)
                .capacity(capacity)
                .build();
        return TinyConfigs.grouped(recursions, mor);
    }

    private int[] ids(int count) {
        return random.ints(count, 0, 13).toArray();
    }

    private static ParameterSet weights(TornadoEngine engine, ModelConfig config) {
        ParameterSet weights = new ParameterSet(engine, "weights", config);
        Checkpoints.initialise(engine, weights, 7);
        return weights;
    }

    @ParameterizedTest
    @ValueSource(strings = {"expert_choice", "token_choice"})
    void aTrainingStepMovesTheBatchInAndTheLossesOut(String spelling) {
        RouterKind router = RouterKind.parse("router", spelling);
        try (TornadoEngine engine = new TornadoEngine(EngineOptions.standard());
                ParameterSet weights = weights(engine, config(2, router, null));
                TrainingPass pass = new TrainingPass(engine, weights, SEQUENCES, CONTEXT, 1, false);
                Optimizer optimizer = new Optimizer(engine, weights, pass.gradients(), Optimizer.Settings.DEFAULT)) {
            TransferReport report = engine.transfers();
            float[] losses = new float[Losses.COUNT];
            for (int step = 1; step <= 3; step++) {
                report.reset();
                pass.begin();
                pass.add(ids(TOKENS), ids(TOKENS));
                pass.losses(losses);
                pass.agreement(new float[2]);
                pass.depthShare(new double[2]);
                pass.end();
                optimizer.step(1e-3f, step);
                optimizer.gradientNorm();
            }
            assertTrue(losses[Losses.LM] > 1, "loss " + losses[Losses.LM]);
            long allowed = 12 * TOKENS + 64 * report.graphRuns();
            assertTrue(report.bytesIn() <= allowed, report.bytesIn() + " bytes in, allowed " + allowed + "\n" + report);
            assertTrue(report.bytesOut() <= 4096, report.bytesOut() + " bytes out\n" + report);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 32})
    void aDecodingStepMovesIdsAndDepths(int sequences) {
        int recursions = 2;
        ModelConfig config = config(recursions, RouterKind.EXPERT_CHOICE, null);
        try (TornadoEngine engine = new TornadoEngine(EngineOptions.standard());
                ParameterSet weights = weights(engine, config);
                BatchDecoder decoder = new BatchDecoder(engine, weights, sequences, 32, 64, sequences)) {
            TransferReport report = engine.transfers();
            int[] counts = new int[sequences];
            Arrays.fill(counts, 1);
            int[] ids = ids(sequences);
            int[] depths = new int[sequences];
            float[] draws = new float[sequences];
            for (int row = 0; row < sequences; row++) {
                decoder.setSampling(row, 1, 0, 1, 0, 1);
            }
            for (int step = 0; step < 3; step++) {
                report.reset();
                decoder.run(counts, ids);
                decoder.sample(draws, ids);
                decoder.depths(depths);
            }
            // Numbers of a row: 7 to enter, 7 and 1 for its router in each recursion, 6 to leave, 6 to draw; of a page
            // table, 2.
            long numbers = 7 + 8 * recursions + 6 + 6 + 2;
            long allowed = 4 * numbers * sequences + 72 * report.graphRuns();
            assertTrue(report.bytesIn() <= allowed, report.bytesIn() + " bytes in, allowed " + allowed + "\n" + report);
            // Ids and what decides about depths; and of each graph and upload the mark that proves that it ran.
            long results = 4L * sequences * (1 + recursions);
            assertTrue(
                    report.bytesOut() <= results + 4 * report.graphRuns(),
                    report.bytesOut() + " bytes out, results are " + results + "\n" + report);
        }
    }

    /**
     * Rows that the programs of a depth computed in a training step; those of all tokens for depth 0. Clearing gradients
     * depends on the number of parameters, so it is left out.
     */
    private static long rows(TransferReport report, int depth) {
        return report.entries().stream()
                .filter(entry -> !entry.name().contains("clear"))
                .filter(entry -> depth == 0
                        ? !entry.name().contains("depth")
                        : entry.name().contains("depth " + depth))
                .mapToLong(TransferReport.Entry::rowsComputed)
                .sum();
    }

    private TransferReport trainingStep(ModelConfig config) {
        try (TornadoEngine engine = new TornadoEngine(EngineOptions.standard());
                ParameterSet weights = weights(engine, config);
                TrainingPass pass = new TrainingPass(engine, weights, SEQUENCES, CONTEXT, 1, false)) {
            pass.begin();
            pass.add(ids(TOKENS), ids(TOKENS));
            return engine.transfers();
        }
    }

    @Test
    void moreRecursionsWithHalvedCapacitiesAddWorkForTheActiveRowsOnly() {
        TransferReport two = trainingStep(config(2, RouterKind.EXPERT_CHOICE, List.of(1.0, 0.5)));
        TransferReport four = trainingStep(config(4, RouterKind.EXPERT_CHOICE, List.of(1.0, 0.5, 0.25, 0.125)));
        for (int depth = 1; depth <= 2; depth++) {
            assertEquals(rows(two, depth), rows(four, depth), "rows at depth " + depth);
        }
        assertTrue(rows(two, 2) > 0);
        // Where the sequences begin among a depth's rows.
        long books = SEQUENCES + 1;
        for (int depth = 3; depth <= 4; depth++) {
            assertEquals(rows(four, depth - 1) - books, 2 * (rows(four, depth) - books), "rows at depth " + depth);
        }
        assertEquals(rows(two, 0), rows(four, 0), "rows outside of the recursions");
    }
}
