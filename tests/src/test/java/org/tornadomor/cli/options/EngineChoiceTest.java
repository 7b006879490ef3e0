package org.tornadomor.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.Folders;
import org.tornadomor.cli.Outcome;
import org.tornadomor.engine.tornado.Devices;
import org.tornadomor.trainer.TinyRuns;

class EngineChoiceTest {
    @TempDir
    static Path shared;

    private static Path model;

    @BeforeAll
    static void prepare() {
        model = Folders.bytes(shared.resolve("model"));
    }

    private static Outcome generate(Object... options) {
        Object[] args = new Object[options.length + 8];
        System.arraycopy(
                new Object[] {"generate", "--model", model, "--prompt", "class A", "--greedy", "--max-new-tokens", 6},
                0,
                args,
                0,
                8);
        System.arraycopy(options, 0, args, 8, options.length);
        return Outcome.of(args);
    }

    @Test
    void theSimulatorWritesWhatTheCpuWrites() {
        String expected = generate("--engine", "cpu", "--show-depth").succeeds().out();
        assertEquals(
                expected,
                generate("--engine", "Simulator", "--show-depth").succeeds().out());
        assertEquals(expected, generate("--show-depth").succeeds().out());
    }

    @Test
    void logitsComeFromTheChosenEngine() throws IOException {
        Path ids = Files.writeString(shared.resolve("ids.json"), "[[1,2,3]]");
        Path out = shared.resolve("l.st");
        Outcome.of(
                        "logits",
                        "--model",
                        model,
                        "--input",
                        ids,
                        "--mode",
                        "causal",
                        "--out",
                        out,
                        "--engine",
                        "simulator",
                        "--device",
                        "java:0")
                .succeeds();
        assertTrue(Files.size(out) > 3 * 257 * Float.BYTES);
    }

    /** On an SDK too: none of these gets as far as a kernel. */
    @Tag("device")
    @Test
    void refusesWhatMakesNoSense() {
        boolean sdk = Devices.runtime() == Devices.Runtime.SDK;
        String engine = sdk ? "tornado" : "simulator";
        generate("--engine", "cpu", "--device", "opencl:0").failsWith(1, "--device", "cpu");
        generate("--engine", engine, "--threads", 2).failsWith(1, "--threads", "cpu");
        generate("--engine", engine, "--device", "fpga:9").failsWith(1, "no device fpga:9", "there");
        generate("--engine", engine, "--device", "first").failsWith(1, "BACKEND:INDEX", "first", "devices");
        generate("--engine", engine, "--device", "0:0:0").failsWith(1, "BACKEND:INDEX");
        generate("--engine", "gpu").failsWith(2, "gpu", "--engine");
        generate("--report", "everything").failsWith(2, "everything", "--report");
    }

    /** The launcher chooses before the JVM starts; by hand the wrong one may be started. */
    @Tag("device")
    @Test
    void aJvmForAnotherEngineSaysWhatToDo() {
        if (Devices.runtime() == Devices.Runtime.SDK) {
            generate("--engine", "simulator").failsWith(1, "simulator", "without the flags", "--engine tornado");
        } else if (Sdk.find().isPresent()) {
            generate("--engine", "tornado").failsWith(1, "without TornadoVM", "launcher", "tornado-argfile");
            generate("--device", "opencl:0").failsWith(1, "without TornadoVM");
        } else {
            generate("--engine", "tornado").failsWith(1, "sdk install tornadovm", "--engine cpu", "tornadovm.md");
            generate("--device", "opencl:0").failsWith(1, "sdk install tornadovm");
        }
    }

    @Test
    void trainsOnTheSimulator() throws IOException {
        Path config = Files.writeString(
                shared.resolve("tiny.yaml"),
                TinyRuns.config(TinyRuns.text(shared)).toYaml());
        Path run = shared.resolve("run");
        Outcome trained = Outcome.of("train", "--config", config, "--steps", 2, "--out", run, "--engine", "simulator");
        assertTrue(trained.succeeds().err().contains("tornado, JAVA device"), trained.err());
        // A run goes on wherever there is something to compute on.
        Outcome.of("train", "--resume", "--out", run, "--steps", 3, "--threads", 1)
                .succeeds();
    }
}
