package org.tornadomor.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.server.ModelServer;
import org.tornadomor.server.ServedModel;
import org.tornadomor.server.ServerSettings;
import org.tornadomor.serving.Extras;
import org.tornadomor.serving.Request;
import org.tornadomor.serving.RequestListener;
import org.tornadomor.serving.Scheduler;
import org.tornadomor.serving.ServingLoop;
import org.tornadomor.tokenizer.ByteTokenizer;
import org.tornadomor.tokenizer.TextBoundaries;

/**
 * What HTTP costs: the same requests given to the serving loop within the process, and streamed through sockets, in turn, with 32 texts
 * at a time; and how much later the first token of a text alone arrives. Arguments: the folder of the trained runs, the name of one, and
 * texts of a measurement.
 */
final class ServerComparison {
    private static final int TEXTS = 32;
    private static final int PROMPT = 64;
    private static final int LENGTH = 64;
    private static final int ROUNDS = 7;
    private static final int FIRST_ROUNDS = 31;

    private final String model;
    private final ServingLoop loop;
    private final int port;

    private ServerComparison(String model, ServingLoop loop, int port) {
        this.model = model;
        this.loop = loop;
        this.port = port;
    }

    public static void main(String[] args) throws Exception {
        Path checkpoints = Path.of(args[0]).resolve(args[1]).resolve("checkpoints");
        Path folder = checkpoints.resolve(
                Files.readString(checkpoints.resolve("latest")).strip());
        try (CheckpointFolder checkpoint = CheckpointFolder.open(folder);
                Engine engine = new CpuEngine();
                ParameterSet weights = new ParameterSet(engine, "weights", checkpoint.config())) {
            Checkpoints.load(engine, checkpoint, weights);
            ModelConfig config = checkpoint.config();
            int context = PROMPT + LENGTH;
            DecoderSize size = DecoderSize.full(config, TEXTS, context, TEXTS + PROMPT * config.recursions());
            Scheduler scheduler = new Scheduler(engine, weights, size, PROMPT, false, DepthPolicy.DEPTH_WISE);
            try (ServingLoop loop = new ServingLoop(scheduler, TEXTS);
                    ModelServer server =
                            ModelServer.start(ServerSettings.LOCAL, new PrintWriter(PrintWriter.nullWriter()))) {
                TextBoundaries texts = TextBoundaries.of(new ByteTokenizer());
                server.serve(new ServedModel(args[1], 0, config, 0, texts, null, context, null, loop));
                new ServerComparison(args[1], loop, server.uri().getPort()).run(Integer.parseInt(args[2]));
            }
        }
    }

    private void run(int count) throws Exception {
        within(TEXTS);
        through(TEXTS);
        double[] within = new double[ROUNDS];
        double[] through = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            within[i] = within(count);
            through[i] = through(count);
        }
        double[] ratios = IntStream.range(0, ROUNDS)
                .mapToDouble(i -> through[i] / within[i])
                .toArray();
        Results throughput = new Results(
                "Through HTTP, " + TEXTS + " texts at a time, prompts of " + PROMPT + " tokens, " + LENGTH
                        + " new ones, " + model,
                "how",
                "tokens/s",
                "of the loop alone");
        throughput.row("the loop alone", Results.median(within), 1.0);
        throughput.row("streamed through sockets", Results.median(through), Results.median(ratios));
        double[] alone = new double[FIRST_ROUNDS];
        double[] sent = new double[FIRST_ROUNDS];
        for (int i = 0; i < FIRST_ROUNDS; i++) {
            alone[i] = firstWithin(i);
            sent[i] = firstThrough(i);
        }
        Results first =
                new Results("First token of a text alone, medians", "how", "ms", "more than the loop alone, ms");
        first.row("the loop alone", Results.median(alone), 0.0);
        double[] more = IntStream.range(0, FIRST_ROUNDS)
                .mapToDouble(i -> sent[i] - alone[i])
                .toArray();
        first.row("streamed through sockets", Results.median(sent), Results.median(more));
        Results.note("In turn within one run, " + ROUNDS + " and " + FIRST_ROUNDS
                + " times; clients are threads of the same process, so what they take is in the figures.");
    }

    private static int[] prompt(int seed) {
        int[] ids = new int[PROMPT];
        Arrays.setAll(ids, i -> 'a' + (seed * 31 + i * 7) % 26);
        return ids;
    }

    private static Request request(int seed) {
        Extras going = new Extras(java.util.Map.of(), 0, 0, -1, false, true);
        return new Request(prompt(seed), LENGTH, new Request.Sampling(1, 0, 1, 0, 1), seed, new int[0], 0.5, 0, going);
    }

    /** Tokens a second, given to the loop; as many at a time as through sockets. */
    private double within(int count) throws InterruptedException {
        Semaphore places = new Semaphore(TEXTS);
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            places.acquire();
            loop.submit(request(i), listener(() -> {}, places::release));
        }
        places.acquire(TEXTS);
        return count * LENGTH / ((System.nanoTime() - begin) * 1e-9);
    }

    private static RequestListener listener(Runnable token, Runnable end) {
        return new RequestListener() {
            @Override
            public boolean token(int id, int depth) {
                token.run();
                return true;
            }

            @Override
            public void ended(End reason) {
                end.run();
            }
        };
    }

    private double through(int count) throws Exception {
        long begin = System.nanoTime();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int c = 0; c < TEXTS; c++) {
                int from = c;
                clients.submit(() -> {
                    for (int i = from; i < count; i += TEXTS) {
                        stream(i, false);
                    }
                    return null;
                });
            }
        }
        return count * LENGTH / ((System.nanoTime() - begin) * 1e-9);
    }

    /** Streams a text. @return milliseconds to the first event, or to the end */
    private double stream(int seed, boolean first) throws IOException {
        String ids = Arrays.stream(prompt(seed)).mapToObj(Integer::toString).collect(Collectors.joining(","));
        String body = "{\"prompt\":[" + ids + "],\"max_tokens\":" + (first ? 1 : LENGTH) + ",\"seed\":" + seed
                + ",\"ignore_eos\":true,\"stream\":true}";
        String head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Connection: close\r\nContent-Length: " + body.length() + "\r\n\r\n";
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setTcpNoDelay(true);
            long begin = System.nanoTime();
            socket.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            byte[] part = new byte[1 << 14];
            int read = in.read(part);
            double millis = (System.nanoTime() - begin) * 1e-6;
            String begun = new String(part, 0, Math.max(0, read), StandardCharsets.ISO_8859_1);
            if (!begun.startsWith("HTTP/1.1 200")) {
                throw new IOException(begun);
            }
            while (read >= 0) {
                read = in.read(part);
            }
            return first ? millis : (System.nanoTime() - begin) * 1e-6;
        }
    }

    private double firstWithin(int seed) throws InterruptedException {
        CountDownLatch come = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        Request whole = request(seed);
        Request one = new Request(
                whole.prompt(), 1, whole.sampling(), seed, whole.ends(), whole.threshold(), 0, whole.extras());
        long begin = System.nanoTime();
        loop.submit(one, listener(come::countDown, ended::countDown));
        come.await();
        double millis = (System.nanoTime() - begin) * 1e-6;
        ended.await();
        return millis;
    }

    private double firstThrough(int seed) throws IOException {
        return stream(seed, true);
    }
}
