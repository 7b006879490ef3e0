package org.tornadomor.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;

/** Single operations of PyTorch on an accelerator, in a process of its own: see scripts/bench/peers/torch_ops.py. */
final class TorchOps implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter requests;
    private final String version;

    private TorchOps(Process process, String version) {
        this.process = process;
        answers = process.inputReader();
        requests = process.outputWriter();
        this.version = version;
    }

    /** Starts it; null if Python, PyTorch or its device is not there. */
    static TorchOps start() {
        if (TorchPeer.DEVICE.equals(TorchPeer.NONE)) {
            return null;
        }
        String script = Path.of(System.getProperty("bench.peers", "scripts/bench/peers"))
                .resolve("torch_ops.py")
                .toString();
        try {
            Process process = new ProcessBuilder(TorchPeer.PYTHON, script, TorchPeer.DEVICE)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String answer = process.inputReader().readLine();
            if (answer == null || !answer.startsWith("ready")) {
                process.destroy();
                return null;
            }
            String[] words = answer.split(" ");
            return new TorchOps(process, "PyTorch " + words[1] + " on " + words[2].replace('_', ' '));
        } catch (IOException e) {
            return null;
        }
    }

    /** Version and device. */
    String describe() {
        return version;
    }

    /** Seconds of an operation; not a number if it cannot do that. */
    double seconds(String operation) {
        try {
            requests.write(operation + "\n");
            requests.flush();
            String answer = answers.readLine();
            return answer == null ? Double.NaN : Double.parseDouble(answer);
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
