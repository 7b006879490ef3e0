package org.tornadomor.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.tornadomor.engine.Precision;

/**
 * A process that has loaded a model and decodes whenever asked: {@link DecodeSubject}, which is this program, llama.cpp through
 * scripts/bench/peers/llama_cpp.mjs, or transformers through transformers_generate.py. All speak as these scripts say.
 */
final class DecodePeer implements AutoCloseable {
    /** The folder with the package node-llama-cpp, or null. */
    private static final String PACKAGE = System.getProperty("bench.llama");

    private static final boolean ON_DEVICE = !TorchPeer.DEVICE.equals("cpu");

    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter requests;
    private final double loadSeconds;
    private final String version;

    /**
     * What a request took.
     *
     * @param first seconds until every sequence has its first token
     * @param rest seconds of the other tokens
     * @param processor seconds of processor time of both
     * @param last the last token of the first sequence
     */
    record Run(double first, double rest, double processor, int last) {}

    /**
     * What a process keeps in memory, in bytes.
     *
     * @param anonymous its own
     * @param mapped of files
     */
    record Memory(long anonymous, long mapped) {
        long total() {
            return anonymous + mapped;
        }
    }

    private DecodePeer(Process process) throws IOException {
        this.process = process;
        answers = process.inputReader();
        requests = process.outputWriter();
        String[] ready =
                Objects.requireNonNullElse(answers.readLine(), "nothing").split(" ");
        if (!ready[0].equals("ready")) {
            process.destroy();
            throw new IOException("it says " + ready[0]);
        }
        loadSeconds = Double.parseDouble(ready[1]);
        version = ready.length > 2 ? ready[2].replace('-', ' ') : "";
    }

    /** This program in a JVM with the flags of this one. @param type of weights, as {@code --weights} has it; "" = as in the file */
    static DecodePeer ours(Path model, String type, int threads, int sequences, int context) {
        return ours(model, type, threads, sequences, context, Precision.FLOAT32);
    }

    /** The same; products in bfloat16 are oneDNN's. */
    static DecodePeer ours(Path model, String type, int threads, int sequences, int context, Precision precision) {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of(
                "-XX:+UseG1GC",
                "-XX:MaxRAMPercentage=80",
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Dtornadomor.plainSteps=0"));
        if (Boolean.getBoolean("bench.huge")) {
            command.add("-XX:+UseTransparentHugePages");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), DecodeSubject.class.getName()));
        return start(command, model, type.isEmpty() ? "-" : type, threads, sequences, context, precision.name());
    }

    /** llama.cpp, or null where the package or Node.js is not there. */
    static DecodePeer llamaCpp(Path model, int threads, int sequences, int context) {
        if (!isThere()) {
            return null;
        }
        String script = Path.of(System.getProperty("bench.peers", "scripts/bench/peers"))
                .resolve("llama_cpp.mjs")
                .toString();
        return start(List.of("node", script, PACKAGE), model, threads, sequences, context, ON_DEVICE ? "gpu" : "cpu");
    }

    /** Transformers with a static cache, or null where it is not installed. @param folder a checkpoint of Hugging Face's form */
    static DecodePeer transformers(Path folder, int threads, int sequences, int context) {
        String script = Path.of(System.getProperty("bench.peers", "scripts/bench/peers"))
                .resolve("transformers_generate.py")
                .toString();
        try {
            return start(List.of(TorchPeer.PYTHON, script), folder, threads, sequences, context, TorchPeer.DEVICE);
        } catch (IllegalStateException e) {
            return null;
        }
    }

    /** Jlama, for one sequence, or null where its class path is not known or it does not start. */
    static DecodePeer jlama(Path folder, int threads, int context) {
        String classPath = System.getProperty("bench.jlama", "");
        if (classPath.isEmpty()) {
            return null;
        }
        String script = Path.of(System.getProperty("bench.peers", "scripts/bench/peers"))
                .resolve("JlamaPeer.java")
                .toString();
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                classPath,
                script);
        try {
            return start(command, folder, threads, context);
        } catch (IllegalStateException e) {
            return null;
        }
    }

    /** What the peer said of its version, or nothing. */
    String version() {
        return version;
    }

    /** The version of the package that brings llama.cpp. */
    static String llamaVersion() throws IOException {
        return Files.readString(description()).replaceFirst("(?s).*\"version\": \"([^\"]*)\".*", "$1");
    }

    /** Whether llama.cpp is there. */
    static boolean isThere() {
        return PACKAGE != null && Files.exists(description());
    }

    private static Path description() {
        return Path.of(PACKAGE, "node_modules", "node-llama-cpp", "package.json");
    }

    /** A sentence for a table: which llama.cpp it is, or that there is none. */
    static String describe() throws IOException {
        if (!isThere()) {
            return "llama.cpp is not there, so it is left out: npm install --prefix DIR node-llama-cpp, and"
                    + " TORNADOMOR_NODE_LLAMA_CPP=DIR.";
        }
        return "llama.cpp is that of the package node-llama-cpp " + llamaVersion()
                + ", whose share is in its figures: JavaScript takes each token from it.";
    }

    private static DecodePeer start(List<String> program, Object... arguments) {
        List<String> command = new ArrayList<>(program);
        Stream.of(arguments).map(Object::toString).forEach(command::add);
        try {
            return new DecodePeer(new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        } catch (IOException e) {
            throw new IllegalStateException(String.join(" ", command) + " does not start: " + e.getMessage(), e);
        }
    }

    /** Seconds that loading took. */
    double loadSeconds() {
        return loadSeconds;
    }

    /** Continues every sequence from nothing: a prompt, and new tokens. */
    Run run(int prompt, int tokens) {
        try {
            requests.write(prompt + " " + tokens + "\n");
            requests.flush();
            String[] answer =
                    Objects.requireNonNull(answers.readLine(), "it stopped").split(" ");
            return new Run(
                    Double.parseDouble(answer[0]),
                    Double.parseDouble(answer[1]),
                    Double.parseDouble(answer[2]),
                    Integer.parseInt(answer[3]));
        } catch (IOException e) {
            throw new IllegalStateException("a decoder stopped", e);
        }
    }

    /** What the process keeps in memory now; only Linux says it. */
    Memory memory() {
        long anonymous = 0;
        long resident = 0;
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/smaps_rollup"))) {
            for (String line : (Iterable<String>) lines::iterator) {
                String[] words = line.split("\\s+");
                if (words[0].equals("Rss:")) {
                    resident = 1024 * Long.parseLong(words[1]);
                } else if (words[0].equals("Anonymous:")) {
                    anonymous = 1024 * Long.parseLong(words[1]);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("no smaps_rollup of process " + process.pid(), e);
        }
        return new Memory(anonymous, resident - anonymous);
    }

    @Override
    public void close() {
        process.destroy();
    }
}
