package org.tornadomor.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tornadomor.engine.Precision;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.RouterKind;
import tools.jackson.databind.ObjectMapper;

/** PyTorch training the same model in a process of its own, a step whenever asked: see scripts/bench/peers/torch_train.py. */
final class TorchPeer implements AutoCloseable {
    static final String PYTHON = System.getProperty("bench.python", "python3");

    /** Where peers compute: cpu, or cuda, which is also what PyTorch calls AMD's cards. */
    static final String DEVICE = System.getProperty("bench.torch", "cpu");
    /** What {@link #DEVICE} is where there is a card and PyTorch cannot use it. */
    static final String NONE = "none";

    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter requests;
    private final String version;

    private TorchPeer(Process process) throws IOException {
        this.process = process;
        answers = process.inputReader();
        requests = process.outputWriter();
        version = null;
    }

    private TorchPeer(TorchPeer started, String version) {
        process = started.process;
        answers = started.answers;
        requests = started.requests;
        this.version = version;
    }

    /**
     * Starts it.
     *
     * @return null if Python or PyTorch is not there
     */
    static TorchPeer start(ModelConfig config, int batch, int tokens, int threads) {
        return start(config, batch, tokens, threads, Precision.FLOAT32);
    }

    /** The same; in bfloat16 under its autocast. */
    static TorchPeer start(ModelConfig config, int batch, int tokens, int threads, Precision precision) {
        return start(config, batch, tokens, threads, precision, false);
    }

    /** The same; {@code compiled} by torch.compile, which takes a minute or more before it is ready. */
    static TorchPeer start(
            ModelConfig config, int batch, int tokens, int threads, Precision precision, boolean compiled) {
        if (DEVICE.equals(NONE)) {
            return null;
        }
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("vocab", config.vocabSize());
        model.put("hidden", config.hiddenSize());
        model.put("ffn", config.intermediateSize());
        model.put("layers", config.numLayers());
        model.put("heads", config.numHeads());
        model.put("kv_heads", config.numKvHeads());
        model.put("head_dim", config.headDim());
        model.put("context", tokens);
        model.put("batch", batch);
        model.put("tokens", tokens);
        model.put("threads", threads);
        model.put("bfloat16", precision == Precision.BFLOAT16);
        model.put("compiled", compiled);
        model.put("device", DEVICE);
        if (config.router() == RouterKind.EXPERT_CHOICE) {
            model.put(
                    "capacities",
                    Arrays.stream(config.capacities(tokens)).boxed().toList());
        }
        Path script = Path.of(System.getProperty("bench.peers", "scripts/bench/peers"))
                .resolve("torch_train.py");
        try {
            ProcessBuilder builder = new ProcessBuilder(PYTHON, script.toString());
            builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
            TorchPeer peer = new TorchPeer(
                    builder.redirectError(ProcessBuilder.Redirect.DISCARD).start());
            peer.send(new ObjectMapper().writeValueAsString(model));
            String answer = peer.answers.readLine();
            if (answer == null || !answer.startsWith("ready")) {
                peer.close();
                return null;
            }
            return new TorchPeer(peer, answer.split(" ")[1]);
        } catch (IOException e) {
            return null;
        }
    }

    private void send(String line) throws IOException {
        requests.write(line);
        requests.newLine();
        requests.flush();
    }

    String version() {
        return version;
    }

    /** Runs a step and gives its seconds. */
    double step() {
        try {
            send("step");
            return Double.parseDouble(answers.readLine());
        } catch (IOException e) {
            throw new IllegalStateException("PyTorch stopped", e);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
