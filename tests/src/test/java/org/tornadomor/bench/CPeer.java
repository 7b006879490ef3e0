package org.tornadomor.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.tornadomor.engine.Engine;
import org.tornadomor.files.DType;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.model.io.Llama2cExport;
import org.tornadomor.model.io.PlainLlama;

/** A plain C program decoding with the same weights, in a process of its own: see scripts/bench/peers/llama_decode.c. */
final class CPeer implements AutoCloseable {
    private final Path folder;
    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter requests;
    private int lastToken;

    private CPeer(Path folder, Process process) {
        this.folder = folder;
        this.process = process;
        answers = process.inputReader();
        requests = process.outputWriter();
    }

    /**
     * Compiles and starts it on these weights.
     *
     * @return null if there is no C compiler with OpenMP
     */
    static CPeer start(Engine engine, ParameterSet weights, int threads) {
        try {
            Path folder = Files.createTempDirectory("llama-decode");
            Path program = folder.resolve("llama_decode");
            Path source = Path.of(System.getProperty("bench.peers", "scripts/bench/peers"))
                    .resolve("llama_decode.c");
            if (!succeeds("cc", "-O3", "-march=native", "-ffast-math", "-fopenmp", source, "-o", program, "-lm")) {
                delete(folder);
                return null;
            }
            Path model = folder.resolve("model.bin");
            Checkpoints.save(engine, weights, folder.resolve("checkpoint"), DType.F32);
            try (CheckpointFolder checkpoint = CheckpointFolder.open(folder.resolve("checkpoint"))) {
                Llama2cExport.write(new PlainLlama(checkpoint, false), model);
            }
            Process process = new ProcessBuilder(program.toString(), model.toString(), Integer.toString(threads))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            CPeer peer = new CPeer(folder, process);
            if (!"ready".equals(peer.answers.readLine())) {
                throw new IllegalStateException("the C decoder does not start");
            }
            return peer;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean succeeds(Object... command) {
        try {
            String[] words = Stream.of(command).map(Object::toString).toArray(String[]::new);
            return new ProcessBuilder(words).inheritIO().start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Decodes tokens greedily from token 1 on and gives the seconds of one, the median; with one thread, of processor time. */
    double steps(int count) {
        try {
            requests.write(count + "\n");
            requests.flush();
            String[] answer = answers.readLine().split(" ");
            lastToken = Integer.parseInt(answer[1]);
            return Double.parseDouble(answer[0]);
        } catch (IOException e) {
            throw new IllegalStateException("the C decoder stopped", e);
        }
    }

    /** The last token of the last {@link #steps}. */
    int lastToken() {
        return lastToken;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            delete(folder);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
