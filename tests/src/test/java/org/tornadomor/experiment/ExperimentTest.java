package org.tornadomor.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.Flops;
import org.tornadomor.model.io.TensorSource;
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
        Plan plan = plan(yaml.replace("seeds: [1]", "seeds: [1, 2]").replace("8e7, \"0.12G\"", "8e7"));
        Path folder = temp.resolve("experiment");
        List<CellResult> results = experiment(plan, folder).run(1);
        new Results("Tiny <models>", results).write(folder);
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
