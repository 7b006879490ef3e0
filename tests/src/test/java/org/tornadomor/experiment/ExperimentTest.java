package org.tornadomor.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.files.TensorSource;
import org.tornadomor.model.Flops;
import org.tornadomor.trainer.RunFolder;
import org.tornadomor.trainer.StepMetrics;
import org.tornadomor.trainer.TinyRuns;
import org.tornadomor.trainer.Trainer;
import org.tornadomor.trainer.TrainingConfig;
import org.tornadomor.trainer.TrainingListener;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ExperimentTest {
    private static final String GRID = """
            name: Tiny models
            base:
              data: {sources: [%s], hold_out: 10%%}
              context: 16
              batch: 4
              eval_samples: 4
              save_every: 7
              threads: 1
              model:
                hidden_size: 16
                intermediate_size: 24
                num_hidden_layers: 8
                num_attention_heads: 2
                num_key_value_heads: 1
                max_position_embeddings: 64
                tie_word_embeddings: true
            sizes:
              small: {}
            models:
              vanilla: {}
              mor-2: {model: {mor: {num_recursions: 2, router: expert_choice}}}
              shared: {model: {mor: {num_recursions: 3, router: expert_choice, kv: shared}}}
            budgets: [4e7, 8e7, "0.12G"]
            seeds: [1]
            """;

    @TempDir
    Path temp;

    private String yaml;

    @BeforeEach
    void makeText() {
        yaml = GRID.formatted(TinyRuns.text(temp).toString().replace('\\', '/'));
    }

    private Plan plan(String text) {
        return Plan.of(Grid.parse(text, "grid.yaml"));
    }

    private static Engine engine(TrainingConfig config) {
        return new CpuEngine(1);
    }

    private static Experiment experiment(Plan plan, Path folder) {
        return new Experiment(plan, folder, ExperimentTest::engine, ExperimentListener.NONE);
    }

    @Test
    void budgetsAreEqualToWithinAStep() {
        Plan plan = plan(yaml);
        assertEquals(9, plan.cells().size());
        for (Trunk trunk : plan.trunks()) {
            for (Cell cell : trunk.cells()) {
                double step = new Flops(trunk.config(), cell.config().context()).forwardPerToken()
                        * cell.config().tokensPerStep();
                assertEquals(cell.steps() * step, cell.flops(), 1e-6 * step);
                assertEquals(cell.budget(), cell.flops(), step / 2);
                assertEquals(0.2, (double) cell.decaySteps() / cell.steps(), 0.05);
            }
        }
        // A routed model pays less for a step, and so takes more of them.
        List<Long> longest = plan.trunks().stream()
                .map(trunk -> trunk.cells().getLast().steps())
                .toList();
        assertTrue(longest.get(0) < longest.get(1) && longest.get(1) < longest.get(2), longest.toString());
    }

    @Test
    void aBranchIsARunOfItsOwn() throws IOException {
        Plan plan = plan(yaml);
        Path folder = temp.resolve("experiment");
        List<CellResult> results = experiment(plan, folder).run(1);
        assertEquals(9, results.size());
        for (Cell cell : plan.cells()) {
            Path straight = temp.resolve("straight").resolve(cell.model()).resolve(cell.folder());
            try (Engine engine = new CpuEngine(1);
                    Trainer trainer = Trainer.start(engine, cell.config(), straight, TrainingListener.NONE)) {
                trainer.run();
            }
            assertSame(Experiment.folder(folder, cell), straight);
            assertTrue(Files.exists(Experiment.folder(folder, cell).resolve("metrics.jsonl")));
        }
        CellResult vanilla = results.getFirst();
        assertEquals(vanilla.loss(), vanilla.lossCausal());
        assertTrue(results.stream().allMatch(r -> r.seconds() > 0 && r.memoryBytes() > 0 && r.loss() < 6));
        assertEquals(results, experiment(plan, folder).finished());
    }

    private static void assertSame(Path run, Path other) throws IOException {
        assertEquals(
                -1,
                Files.mismatch(
                        RunFolder.latest(run).resolve(TensorSource.MODEL_FILE),
                        RunFolder.latest(other).resolve(TensorSource.MODEL_FILE)),
                run.toString());
    }

    @Test
    void killedAndGoneOnWithIsAsStraightThrough() throws IOException {
        Plan plan = plan(yaml.replace("seeds: [1]", "seeds: [1, 2]").replace("  vanilla: {}\n", ""));
        Path straight = temp.resolve("straight");
        List<CellResult> expected = experiment(plan, straight).run(1);
        Path killed = temp.resolve("killed");
        int[] steps = {0};
        // As a crash: nothing is saved where it happens, at three places of the experiment.
        for (int when : new int[] {5, 40, 60}) {
            steps[0] = 0;
            ExperimentListener crash = new ExperimentListener() {
                @Override
                public TrainingListener run(long step) {
                    return new TrainingListener() {
                        @Override
                        public void step(StepMetrics metrics, double progress) {
                            if (++steps[0] == when) {
                                throw new IllegalStateException("killed");
                            }
                        }
                    };
                }
            };
            assertThrows(
                    IllegalStateException.class,
                    () -> new Experiment(plan, killed, ExperimentTest::engine, crash).run(1));
        }
        assertFalse(experiment(plan, killed).finished().isEmpty());
        List<CellResult> resumed = experiment(plan, killed).run(2);
        assertEquals(expected.size(), resumed.size());
        for (int i = 0; i < resumed.size(); i++) {
            assertEquals(expected.get(i).loss(), resumed.get(i).loss());
            assertEquals(expected.get(i).lossCausal(), resumed.get(i).lossCausal());
        }
        for (Cell cell : plan.cells()) {
            assertSame(Experiment.folder(straight, cell), Experiment.folder(killed, cell));
        }
        try (Stream<Path> left = Files.walk(killed)) {
            assertTrue(left.noneMatch(path -> path.endsWith("trunk")), "long runs are of no use any more");
        }
    }

    @Test
    void aRunWhoseResultIsMissingIsMeasuredAgain() throws IOException {
        Plan plan = plan(yaml.replace("[4e7, 8e7, \"0.12G\"]", "[4e7]").replace("  mor-2", "  other"));
        Path folder = temp.resolve("experiment");
        List<CellResult> before = experiment(plan, folder).run(1);
        Files.delete(Experiment.folder(folder, plan.cells().getLast()).resolve(CellResult.FILE));
        assertEquals(before, experiment(plan, folder).run(1));
    }

    @Test
    void anotherGridNeedsAnotherFolderButMayHaveMoreRuns() {
        String one = yaml.replace("[4e7, 8e7, \"0.12G\"]", "[4e7]");
        Path folder = temp.resolve("experiment");
        experiment(plan(one), folder).run(1);
        UserError error = assertThrows(
                UserError.class,
                () -> experiment(plan(one.replace("batch: 4", "batch: 3")), folder)
                        .run(1));
        assertTrue(error.getMessage().contains("other settings"), error.getMessage());
        List<CellResult> more = experiment(plan(yaml), folder).run(1);
        assertEquals(9, more.size());
    }

    @Test
    void writesTablesAndPlots() throws IOException {
        Plan plan = plan(yaml.replace("name: Tiny models", "name: Tiny <models>")
                .replace("seeds: [1]", "seeds: [1, 2]")
                .replace("8e7, \"0.12G\"", "8e7"));
        Path folder = temp.resolve("experiment");
        List<CellResult> results = experiment(plan, folder).run(1);
        new Results(plan.grid(), results).write(folder);
        String table = Files.readString(folder.resolve("results.md"));
        assertEquals(7, table.lines().filter(line -> line.contains("±")).count(), table);
        assertTrue(table.contains("| mor-2 |"), table);
        JsonNode json = JsonMapper.shared().readTree(Files.readString(folder.resolve("results.json")));
        assertEquals(12, json.path("runs").size());
        List<String> csv = Files.readAllLines(folder.resolve("results.csv"));
        assertEquals(13, csv.size());
        int columns = csv.getFirst().split(",").length;
        assertTrue(csv.stream().allMatch(line -> line.split(",", -1).length == columns), csv.toString());
        for (String plot : List.of("loss-small.svg", "gap-small.svg", "time-small.svg")) {
            String svg = Files.readString(folder.resolve(plot));
            assertFalse(svg.contains("NaN"), svg);
            assertTrue(svg.contains(">mor-2<"), svg);
        }
        String page = Files.readString(folder.resolve("index.html"));
        assertTrue(page.contains("Tiny &lt;models>") || page.contains("Tiny &lt;models&gt;"));
        assertEquals(3, page.split("<svg ", -1).length - 1);
    }

    /** A plain model, and a grid of models that are made of it, at equal tokens. */
    private String conversions() {
        String data = "data.sources=[" + TinyRuns.text(temp).toString().replace('\\', '/') + "]";
        String model = "model={hidden_size: 16, intermediate_size: 24, num_hidden_layers: 4, num_attention_heads: 2,"
                + " num_key_value_heads: 1, max_position_embeddings: 64, tie_word_embeddings: true}";
        Path teacher = temp.resolve("plain");
        if (!Files.exists(teacher)) {
            TinyRuns.train(
                    TinyRuns.with(
                            TrainingConfig.DEFAULT,
                            data,
                            model,
                            "context=16",
                            "steps=4",
                            "eval_samples=0",
                            "threads=1"),
                    teacher);
        }
        String path = teacher.toString().replace('\\', '/');
        int models = yaml.indexOf("models:");
        return yaml.substring(0, yaml.indexOf("  model:"))
                + "  convert: {model: '" + path + "', recursions: 2, sharing: cycle}\nsizes:\n  small: {}\n"
                + """
                models:
                  original: {init: '%s'}
                  average: {convert: {init: average, lora_rank: 2}}
                  random: {seeds: [1, 2], convert: {init: random}}
                  mor: {seeds: [2], convert: {init: upper, router: expert-choice}, model: {mor: {capacity: [1, 0.25]}}}
                tokens: [1k]
                claims:
                  - {claim: Means are best, best: average, among: [random, original]}
                  - {claim: Nobody compares these, best: average, among: [mor]}
                """.formatted(path);
    }

    @Test
    void modelsAreConvertedAndComparedAtEqualTokens() throws IOException {
        Plan plan = plan(conversions());
        assertEquals(
                List.of("original 1", "average 1", "random 1", "random 2", "mor 2"),
                plan.cells().stream()
                        .map(cell -> cell.model() + " " + cell.seed())
                        .toList());
        assertTrue(plan.cells().stream()
                .allMatch(cell -> cell.steps() == 16 && cell.folder().equals("tokens-1e3")));
        assertEquals(List.of(1.0, 0.25), plan.trunks().getLast().config().mor().capacity());
        Path folder = temp.resolve("experiment");
        List<CellResult> results = experiment(plan, folder).run(1);
        assertEquals(5, results.size());
        // What a run begins with is what convert makes, and where the experiment lies does not matter.
        for (Trunk trunk : plan.trunks().subList(1, 5)) {
            Path begun = folder.resolve(trunk.converted().path());
            Path run = temp.resolve("straight-" + trunk.model() + trunk.seed());
            try (Engine engine = new CpuEngine(1);
                    Trainer trainer = Trainer.start(
                            engine,
                            trunk.cells().getFirst().config().over(Map.of("init", begun.toString())),
                            run,
                            TrainingListener.NONE)) {
                trainer.run();
            }
            assertSame(Experiment.folder(folder, trunk.cells().getFirst()), run);
        }
        Path moved = temp.resolve("moved");
        Files.move(folder, moved);
        assertEquals(results, experiment(plan, moved).run(1));
        new Results(plan.grid(), results).write(moved);
        String table = Files.readString(moved.resolve("results.md"));
        assertTrue(table.contains("### Means are best (small, 1e3 tokens): "), table);
        assertFalse(table.contains("Nobody compares these"), "they have no seed in common");
        assertTrue(Files.readString(moved.resolve("results.json")).contains("\"verdict\""));
        // Another plain model under the same name.
        TinyRuns.resume(RunFolder.config(temp.resolve("plain")).with("steps", "6"), temp.resolve("plain"));
        UserError error = assertThrows(
                UserError.class, () -> experiment(plan(conversions()), moved).run(1));
        assertTrue(error.getMessage().contains("other settings"), error.getMessage());
    }

    @Test
    void saysWhatIsWrongWithAConversion() {
        String grid = conversions();
        expect(grid.replace("lora_rank: 2", "lora_rnk: 2"), "small average: there is no key 'convert.lora_rnk'");
        expect(grid.replace("lora_rank: 2", "lora_init: zero"), "convert.lora_init changes nothing");
        expect(grid.replace("lora_rank: 2", "lora_rank: 99"), "mor.lora.rank 99 is larger");
        expect(grid.replace("recursions: 2", "recursions: 3"), "4 layers do not divide into 3 recursions");
        expect(grid.replace("recursions: 2", "recursions: two"), "convert.recursions is two");
        expect(grid.replace("recursions: 2, ", ""), "convert.recursions is missing");
        expect(grid.replace("init: random", "init: best"), "convert.init is 'best'", "stepwise");
        expect(grid.replace("init: random", "init: null"), "convert.init is null");
        expect(grid.replace("{init: average", "{model: nowhere, init: average"), "nowhere");
        expect(grid.replace("seeds: [1, 2], convert", "init: x, convert"), "models.random.convert says what");
        expect(grid.replace("tokens: [1k]", "tokens: [1k]\nbudgets: [1e9]"), "are both given");
        expect(grid.replace("tokens: [1k]", "tokens: [many]"), "is no number of tokens");
        expect(grid.replace("among: [mor]", "among: [more]"), "claims[1].among has 'more'");
        expect(grid.replace("among: [mor]", "among: [average]"), "which is the best already");
        expect(grid.replace(", among: [mor]", ""), "claims[1] is");
    }

    private static CellResult result(String model, long seed, double loss) {
        return new CellResult("s", model, seed, 1, 1, 1, 1, 1, 1, loss, loss, 1, 1, 1, List.of(), null, 1, 1, "config");
    }

    @Test
    void aClaimIsJudgedSeedBySeed() {
        Claim claim = new Claim("words", "a", List.of("b", "c"));
        List<CellResult> held = List.of(
                result("a", 1, 2.0),
                result("a", 2, 3.0),
                result("b", 1, 2.5),
                result("b", 2, 3.25),
                result("c", 1, 2.125),
                result("c", 2, 3.125));
        Verdict verdict = Verdict.of(List.of(claim), held).getFirst();
        assertEquals(
                List.of("c", "b"),
                verdict.others().stream().map(Verdict.Other::model).toList());
        assertEquals("holds: the nearest, c, has a loss higher by 0.1250 ± 0.0000, in 2 of 2 seeds", verdict.text());
        List<CellResult> average =
                List.of(result("a", 1, 2.0), result("a", 2, 3.0), result("b", 1, 2.5), result("b", 2, 2.75));
        assertTrue(Verdict.of(List.of(claim), average)
                .getFirst()
                .text()
                .startsWith("holds on average: the nearest, b, " + "has a loss higher by 0.1250 ± "));
        List<CellResult> failed =
                List.of(result("a", 1, 2.0), result("a", 2, 3.0), result("b", 1, 2.25), result("b", 2, 2.5));
        String text = Verdict.of(List.of(claim), failed).getFirst().text();
        assertTrue(
                text.startsWith("does not hold: b has a loss of 2.3750 ± ")
                        && text.contains("lower by 0.1250 ± ")
                        && text.endsWith("in 1 of 2 seeds, which so few seeds do not tell from zero"),
                text);
        List<CellResult> single = List.of(result("a", 1, 2.0), result("b", 1, 2.25));
        assertTrue(Verdict.of(List.of(claim), single).getFirst().text().startsWith("holds for the one seed: "));
        assertTrue(Verdict.of(List.of(claim), List.of(result("a", 1, 2), result("b", 2, 1)))
                .isEmpty());
    }

    @Test
    void saysWhatIsWrongWithAGrid() {
        expect(yaml.replace("seeds:", "sedes:"), "there is no key 'sedes'", "seeds");
        expect(yaml.replace("batch: 4", "batsh: 4"), "there is no key 'batsh'", "batch");
        expect(yaml.replace("batch: 4", "steps: 4"), "base.steps follows from the grid");
        expect(yaml.replace("[4e7, 8e7", "[8e7, 4e7"), "ascending order");
        expect(yaml.replace("[4e7, 8e7", "[many, 8e7"), "budget many is no number");
        expect(yaml.replace("[4e7, 8e7", "[4e3, 8e7"), "small vanilla: a budget of 4e3 pays for 0 steps");
        expect(yaml.replace("num_recursions: 2", "num_recursions: 4"), "small mor-2", "layers");
        expect(yaml.replace("seeds: [1]", "seeds: [1, 1]"), "seed 1 is there twice");
        expect(yaml.replace("seeds: [1]", "decay: 2"), "decay is 2");
        expect(yaml.replace("  mor-2:", "  mor/2:"), "models.mor/2 names a folder");
        expect(yaml.replace("  small: {}", ""), "sizes is missing");
        expect("a: [", "not valid YAML");
        UserError nothing = assertThrows(
                UserError.class,
                () -> experiment(plan(yaml.replace("10%", "0")), temp.resolve("e"))
                        .run(1));
        assertTrue(nothing.getMessage().contains("nothing is held out"), nothing.getMessage());
    }

    private void expect(String text, String... words) {
        UserError error = assertThrows(UserError.class, () -> plan(text));
        for (String word : words) {
            assertTrue(error.getMessage().contains(word), "'" + word + "' is not in: " + error.getMessage());
        }
        assertEquals(1, error.getMessage().lines().count());
    }

    @Test
    void estimatesFromAFewSteps() {
        Plan plan = plan(yaml);
        Estimate estimate = Estimate.of(plan, ExperimentTest::engine, 0.01);
        double sum = plan.trunks().stream()
                .mapToDouble(trunk -> trunk.steps() * estimate.stepSeconds(trunk))
                .sum();
        assertTrue(sum > 0);
        assertEquals(sum, estimate.seconds(plan), 1e-9);
        // One long run and three cool-downs.
        Trunk trunk = plan.trunks().getFirst();
        long straight = trunk.cells().stream().mapToLong(Cell::steps).sum();
        assertTrue(trunk.steps() < straight);
    }
}
