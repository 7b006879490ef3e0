package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.files.TensorSource;
import org.tornadomor.trainer.MetricsLog;
import org.tornadomor.trainer.RunFolder;
import org.tornadomor.trainer.TinyRuns;
import org.tornadomor.trainer.TrainingConfig;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TrainCommandTest {
    private static final long DEADLINE_SECONDS = 60;

    @TempDir
    Path temp;

    private Path config;
    private Path run;

    @BeforeEach
    void makeConfig() throws IOException {
        config = temp.resolve("tiny.yaml");
        run = temp.resolve("run");
        Files.writeString(config, TinyRuns.config(TinyRuns.text(temp)).toYaml());
    }

    private static Outcome train(Object... arguments) {
        return Outcome.of(
                Stream.concat(Stream.of("train"), Stream.of(arguments)).toArray());
    }

    private void refused(String expected, Object... arguments) {
        List<Object> all = new ArrayList<>(List.of("--config", config, "--steps", 2));
        if (Stream.of(arguments).noneMatch("--out"::equals)) {
            all.addAll(List.of("--out", run));
        }
        all.addAll(List.of(arguments));
        Outcome result = train(all.toArray());
        assertEquals(1, result.code(), result.err());
        List<String> lines = result.err()
                .lines()
                .filter(line -> !line.startsWith("reading "))
                .toList();
        assertEquals(1, lines.size(), result.err());
        String message = lines.getFirst();
        assertTrue(message.startsWith("tornado-mor: "), message);
        assertTrue(message.contains(expected), message);
    }

    /** Before anything is read, and whether or not the module is there. */
    @Test
    void optionsOfClustersWithoutOneAreRefused() {
        refused("--workers changes nothing here, since the run has no cluster", "--workers", 2);
        refused("--send changes nothing here", "--send", "int8");
        refused(
                "--outer-rate changes nothing here, since workers exchange gradients",
                "--cluster",
                "x",
                "--outer-rate",
                1);
        refused("use gradients, or local:H", "--cluster", "x", "--sync", "often");
        Outcome other = train("--config", config, "--cluster", "nothing", "--out", run);
        assertEquals(1, other.code());
        // Only where the module was built can it say what else there is.
        assertTrue(
                other.err().contains("mvn ") && other.err().contains("-Pcluster")
                        || other.err().contains("--cluster is 'nothing'; use spark"),
                other.err());
    }

    /** Names that others have for settings mean the same in options, in --set and in files. */
    @Test
    void otherNamesOfSettings() throws IOException {
        train("--config", config, "--steps", 1, "--learning-rate", 0.01, "--weight-decay", 0.3, "--out", run)
                .succeeds();
        assertEquals(0.01, RunFolder.config(run).lr());
        assertEquals(0.3, RunFolder.config(run).optimizer().decay());
        Path file = Files.writeString(
                temp.resolve("other.yaml"),
                "learning_rate: 0.02\nweight_decay: 0.2\nvalidation_data: [a.txt]\nepochs: 2\noptimizer: {clip: 3}\n");
        TrainingConfig read = TrainingConfig.read(file);
        assertEquals(0.02, read.lr());
        assertEquals(0.2, read.optimizer().decay());
        assertEquals(3, read.optimizer().clip());
        assertEquals(List.of("a.txt"), read.data().validation());
        assertEquals(2, read.epochs());
        assertEquals(0.4, read.with("weight_decay", "0.4").optimizer().decay());
        Files.writeString(file, "learning_rate: 0.02\nlr: 0.03\n");
        String twice =
                assertThrows(UserError.class, () -> TrainingConfig.read(file)).getMessage();
        assertTrue(twice.contains("learning_rate and lr are the same"), twice);
        refused("--steps, --tokens, --minutes and --epochs", "--epochs", 2);
    }

    @Test
    void epochsArePassesOverTheText() throws IOException {
        Object[] settings = {"--config", config, "--hold-out", "0", "--context", 16, "--batch", 8, "--accumulate", 1};
        List<Object> all = new ArrayList<>(List.of(settings));
        all.addAll(List.of("--epochs", "0.25", "--out", run, "--json", "--set", "samples=0"));
        JsonNode first =
                JsonMapper.shared().readTree(train(all.toArray()).succeeds().out());
        long samples = (Files.size(temp.resolve("text.txt")) + 1 - 1) / 16;
        long steps = (long) Math.ceil(0.25 * samples / 8);
        assertEquals(steps, first.get("step").asLong());
        assertEquals(steps, RunFolder.config(run).steps());
        JsonNode more = JsonMapper.shared()
                .readTree(train("--resume", "--out", run, "--epochs", "0.5", "--json")
                        .succeeds()
                        .out());
        assertEquals((long) Math.ceil(0.5 * samples / 8), more.get("step").asLong());
        refused("epochs is 0", "--set", "epochs=0");
    }

    @Test
    void validatesOnTextOfItsOwn() throws IOException {
        Path other = Files.writeString(temp.resolve("other.txt"), "held out from the start. ".repeat(40));
        Outcome outcome =
                train("--config", config, "--steps", 1, "--validation-data", other, "--out", run, "--set", "samples=0");
        String err = outcome.succeeds().err();
        long size = Files.size(temp.resolve("text.txt"));
        assertTrue(
                err.contains(String.format("%,d tokens to train on, %,d held out", size + 1, Files.size(other) + 1)),
                err);
        train("--resume", "--out", run, "--steps", 2).succeeds();
        Files.writeString(other, "something else. ".repeat(60));
        Outcome changed = train("--resume", "--out", run, "--steps", 3);
        assertEquals(1, changed.code());
        assertTrue(changed.err().contains("cannot resume"), changed.err());
        refused(
                "keep one of them",
                "--validation-data",
                other,
                "--set",
                "data.hold_out=10%",
                "--out",
                temp.resolve("b"));
        refused(
                "--hold-out changes nothing",
                "--validation-data",
                other,
                "--hold-out",
                "5%",
                "--out",
                temp.resolve("b"));
    }

    @Test
    void trainsSavesAndGoesOn() {
        Outcome result = train(
                "--config",
                config,
                "--out",
                run,
                "--steps",
                4,
                "--stop-after",
                2,
                "--set",
                "optimizer.decay=0.05",
                "--save-every",
                1);
        assertEquals(0, result.code(), result.err());
        assertTrue(result.out().contains("--resume --out " + run), result.out());
        result = train("--resume", "--out", run, "--json", "--threads", 1);
        assertEquals(0, result.code(), result.err());
        JsonNode json = JsonMapper.shared().readTree(result.out());
        assertEquals(4, json.get("step").asInt());
        assertTrue(json.get("finished").asBoolean());
        assertTrue(json.get("val_loss").asDouble() > 0);
        assertTrue(json.get("tokens_per_second").asDouble() > 0);
        assertEquals(RunFolder.latest(run).toString(), json.get("checkpoint").asString());
        assertEquals(0.05, RunFolder.config(run).optimizer().decay());
        result = train("--config", run.resolve(RunFolder.CONFIG_FILE), "--out", temp.resolve("again"));
        assertEquals(0, result.code(), result.err());
        assertTrue(result.out().contains("generate --model"), result.out());
    }

    /** Half the bytes, a rounding of the loss, and nothing at all of what goes on from there. */
    @Test
    void checkpointsMayBeBfloat16() throws IOException {
        double[] losses = new double[2];
        long[] bytes = new long[2];
        String[] types = {"float32", "bfloat16"};
        for (int i = 0; i < 2; i++) {
            Path folder = temp.resolve(types[i]);
            train("--config", config, "--out", folder, "--stop-after", 20, "--checkpoint-dtype", types[i])
                    .succeeds();
            Path weights = RunFolder.latest(folder).resolve(TensorSource.MODEL_FILE);
            bytes[i] = Files.size(weights);
            Outcome scored = Outcome.of("evaluate", "--model", folder, "--data", temp.resolve("text.txt"), "--json");
            losses[i] = JsonMapper.shared()
                    .readTree(scored.succeeds().out())
                    .findValue("loss_per_token")
                    .asDouble();
            train("--resume", "--out", folder).succeeds();
        }
        assertEquals(0.5, (double) bytes[1] / bytes[0], 0.1);
        assertEquals(losses[0], losses[1], 5e-3);
        assertTrue(losses[0] != losses[1], "weights were rounded");
        assertEquals(lastLoss(temp.resolve("float32")), lastLoss(temp.resolve("bfloat16")));
    }

    private static double lastLoss(Path folder) throws IOException {
        return Files.readAllLines(folder.resolve(MetricsLog.FILE)).stream()
                .map(line -> JsonMapper.shared().readTree(line))
                .filter(line -> line.has("loss"))
                .reduce((first, second) -> second)
                .orElseThrow()
                .get("loss")
                .asDouble();
    }

    /** The whole story, and a page of it. */
    @Test
    void aRunTellsItsStory() throws IOException {
        String mor = "model.mor={num_recursions: 2, router: expert_choice}";
        train(
                        "--config",
                        config,
                        "--out",
                        run,
                        "--steps",
                        6,
                        "--stop-after",
                        4,
                        "--set",
                        mor,
                        "--eval-every",
                        2,
                        "--save-every",
                        2)
                .succeeds();
        train("--resume", "--out", run, "--recompute").succeeds();
        for (String file :
                List.of("config.yaml", "run.json", "metrics.jsonl", "samples.jsonl", "train.log", "report.html")) {
            assertTrue(Files.size(run.resolve(file)) > 0, file);
        }
        JsonNode sessions = JsonMapper.shared()
                .readTree(Files.readString(run.resolve("run.json")))
                .get("sessions");
        assertEquals(2, sessions.size());
        assertEquals(5, sessions.get(1).get("first_step").asInt());
        assertEquals("stopped after 4 steps", sessions.get(0).get("outcome").asString());
        assertEquals("finished after 6 steps", sessions.get(1).get("outcome").asString());
        String command = sessions.get(0).get("facts").get("command").asString();
        assertTrue(command.contains("--set '" + mor + "'"), command);
        List<JsonNode> samples = Files.readAllLines(run.resolve("samples.jsonl")).stream()
                .map(line -> JsonMapper.shared().readTree(line))
                .toList();
        assertEquals(
                List.of(2, 4, 6),
                samples.stream().map(line -> line.get("step").asInt()).toList());
        assertEquals(2, samples.getFirst().get("samples").size());
        assertEquals(16, samples.getFirst().get("excerpt").size());
        String log = Files.readString(run.resolve("train.log"));
        assertTrue(log.lines().allMatch(line -> line.matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d  .+")), log);
        assertTrue(log.contains("step 4  validation loss") && log.contains("finished: 6 steps"), log);
        Path page = temp.resolve("two.html");
        Outcome report =
                Outcome.of("report", run, run.resolveSibling("run"), "-o", page).succeeds();
        assertTrue(report.out().contains("wrote " + page), report.out());
        assertTrue(Files.readString(page).contains("<h1>run</h1>"), "the same folder twice is one run");
        Path checkpoints = run.resolve("checkpoints");
        assertTrue(Files.readString(checkpoints.resolve("best")).startsWith("step-0000"));
        Outcome.of("info", checkpoints.resolve("best")).succeeds();
        Path old = Files.createDirectories(temp.resolve("old"));
        Files.writeString(
                old.resolve("config.yaml"),
                Files.readString(run.resolve("config.yaml"))
                        .replaceFirst("(?m)^tokenizer:.*$", "tokenizer: other.json"));
        Files.writeString(old.resolve("metrics.jsonl"), "{\"step\": 1, \"tokens\": 9, \"val_loss\": 1}\n");
        Outcome named =
                Outcome.of("report", run, old, "-o", temp.resolve("both.html")).succeeds();
        assertTrue(named.err().startsWith("no losses of old: the runs have different tokenizers"), named.err());
        assertEquals(1, named.err().lines().count());
        Outcome.of("report", temp.resolve("nowhere")).failsWith(1, "is no run folder");
        Outcome.of("report", run, "-o", temp).failsWith(1, "is a folder");
    }

    @Test
    void refusesWithOneLine() throws IOException {
        refused("There is no preset 'tinny'; the nearest are tiny", "--preset", "tinny");
        refused("the nearest are optimizer.decay", "--set", "optimizer.dekay=1");
        refused("write it like", "--set", "lr");
        refused("the length of a run is given more than once", "--tokens", 100);
        refused("context 65 is longer than the model's 64 positions", "--context", 65);
        refused("the training text has", "--max-bytes", 10);
        refused("the validation text has", "--hold-out", "0.001");
        refused("no text at", "--data", temp.resolve("nowhere.txt"));
        refused("no text in", "--data", temp, "--filter", "*.nothing");
        refused("no tokenizer at", "--tokenizer", temp.resolve("nowhere"));
        refused("257 ids", "--set", "model.vocab_size=100");
        refused("no schedule is called 'zigzag'", "--schedule", "zigzag");
        refused("batch is 0", "--batch", 0);
        refused("batch is \"many\"", "--batch", "many");
        refused("capacity_warmup is for expert_choice", "--set", "capacity_warmup=5");
        refused("num_hidden_layers 4", "--set", "model.mor={num_recursions: 3, router: none}");
        refused(
                "mor.capacity increases",
                "--set",
                "model.mor={num_recursions: 2, router: expert_choice, capacity: [1, 1.5]}");
        refused("does not divide hidden_size", "--set", "model.num_attention_heads=3");
        refused("use a smaller batch", "--batch", 500_000_000);
        refused("no run to resume", "--resume");
        refused("does not exist", "--init", temp.resolve("nowhere"), "--tokenizer", "bytes");
        refused("give a step of 1 or more", "--stop-after", 0);
        refused("is not empty", "--out", temp);
        Files.writeString(temp.resolve("bad.txt"), "\u00e4\u00f6\u00fc", StandardCharsets.ISO_8859_1);
        refused("bad.txt", "--data", temp.resolve("bad.txt"));
        Files.writeString(config, "batch: [");
        refused("not valid YAML");
        assertEquals(1, train("--resume").code());
    }

    @Test
    void sigtermSavesAndTheRunGoesOnAsIfItHadNotCome() throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "train"));
        List<String> options = List.of(
                "--config",
                config.toString(),
                "--set",
                "schedule=constant",
                "--warmup",
                "0",
                "--eval-every",
                "0",
                "--hold-out",
                "0");
        command.addAll(options);
        command.addAll(List.of("--steps", "10000000", "--out", run.toString()));
        Path log = temp.resolve("log.txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            waitForLines(run.resolve(MetricsLog.FILE), process);
            process.destroy();
            assertTrue(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS));
        } finally {
            process.destroyForcibly();
        }
        String said = Files.readString(log);
        assertEquals(143, process.exitValue(), said);
        assertTrue(said.contains("stopping") && said.contains("go on with it"), said);
        int steps =
                Integer.parseInt(RunFolder.latest(run).getFileName().toString().substring("step-".length()));
        assertEquals(0, train("--resume", "--out", run, "--steps", steps + 3).code());
        List<Object> straight = new ArrayList<>(options);
        straight.addAll(List.of("--steps", 10_000_000, "--stop-after", steps + 3, "--out", temp.resolve("straight")));
        assertEquals(0, train(straight.toArray()).code());
        Path weights = Path.of("model.safetensors");
        assertEquals(
                -1,
                Files.mismatch(
                        RunFolder.latest(run).resolve(weights),
                        RunFolder.latest(temp.resolve("straight")).resolve(weights)));
    }

    private static void waitForLines(Path file, Process process) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (System.nanoTime() < end && process.isAlive()) {
            if (Files.exists(file) && Files.readAllLines(file).size() >= 3) {
                return;
            }
            Thread.sleep(20);
        }
        throw new AssertionError("no steps were taken");
    }
}
