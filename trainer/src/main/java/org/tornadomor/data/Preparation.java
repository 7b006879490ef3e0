package org.tornadomor.data;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.tornadomor.UserError;
import org.tornadomor.engine.Processors;
import org.tornadomor.model.io.TokenizerFiles;
import org.tornadomor.tokenizer.Tokenizer;

/**
 * Makes a {@link PreparedCorpus} from text. One thread reads, hashes and writes, in order; others tokenise. What waits between
 * them is bounded, so that text of any size passes through. {@link #share} has a cluster read, hash and tokenise.
 *
 * <p>A shard is written aside and moved into place when it is complete, and {@code progress.json} follows. An attempt that
 * was interrupted at any point reads the text again, which is quick beside tokenising it, and goes on behind the finished
 * shards. Nothing depends on the number of threads or on interruptions: the files are the same, byte by byte.
 */
public final class Preparation {
    /** Text that is tokenised in one go. */
    private static final int BATCH_BYTES = 1 << 19;

    /** Text that waits to be tokenised or written, for each thread. */
    private static final long WAITING_BYTES = 4L * BATCH_BYTES;

    private static final String SHARD = "source00-training-00000.tokens";

    private final PrepareSettings settings;
    private final DocumentEncoder encoder;
    private final CorpusWriter writer;
    private final List<TextSource> sources;
    private final PrepareListener listener;
    private final ExecutorService threads;
    private final long waitingLimit;
    private final long storedTotal;

    private final SeenHashes seen = new SeenHashes();
    private final Deque<Batch> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private Batch batch = new Batch();

    private int source;
    private long stored;
    private long textLeft;
    private long textDone;
    private long taken;
    private long duplicates;
    private long filtered;
    private long invalid;
    private long spelled;
    private String firstInvalid;

    /** A document on its way into a shard. */
    private record Item(Document document, ContentHash hash, ShardStream stream) {}

    /** Documents that are tokenised together. */
    private static final class Batch {
        private final List<Item> items = new ArrayList<>();
        private long bytes;
        private Future<List<DocumentEncoder.Encoded>> encoded;
    }

    private Preparation(
            PrepareSettings settings,
            DocumentEncoder encoder,
            List<TextSource> sources,
            CorpusWriter writer,
            ExecutorService threads,
            int threadCount,
            PrepareListener listener) {
        this.settings = settings;
        this.encoder = encoder;
        this.sources = sources;
        this.writer = writer;
        this.listener = listener;
        this.threads = threads;
        this.waitingLimit = WAITING_BYTES * threadCount;
        this.textLeft = settings.maxBytes() == 0 ? Long.MAX_VALUE : settings.maxBytes();
        storedTotal = sources.stream().mapToLong(TextSource::storedBytes).sum();
    }

    /**
     * Prepares a corpus, goes on where an earlier attempt was interrupted, or finds that all is done.
     *
     * @param folder new, empty, or of the same settings
     * @param threadCount how many tokenise; 0 for all processors. The result does not depend on it.
     * @throws UserError if there are more than four threads for each processor, a source cannot be read or holds no text, the
     *     folder holds something else or is in use, or the disk refuses
     */
    public static PreparedCorpus run(
            PrepareSettings settings, Tokenizer tokenizer, Path folder, int threadCount, PrepareListener listener) {
        int count = threadCount > 0 ? Processors.require("--threads", threadCount) : Processors.count();
        return in(folder, settings, tokenizer, listener, target -> {
            List<TextSource> sources = sources(settings, folder, listener);
            DocumentEncoder encoder = new DocumentEncoder(settings, tokenizer);
            try (CorpusWriter writer = new CorpusWriter(
                            target,
                            settings,
                            encoder.tokenBytes(),
                            sources.stream().map(TextSource::describe).toList(),
                            listener);
                    ExecutorService threads = Executors.newFixedThreadPool(
                            count,
                            Thread.ofPlatform().name("tokenise-", 0).daemon().factory())) {
                try {
                    new Preparation(settings, encoder, sources, writer, threads, count, listener).run();
                } finally {
                    threads.shutdownNow();
                }
            }
        });
    }

    /**
     * The same with a cluster that reads, hashes and tokenises; this process writes. Documents lie in the order of their
     * hashes: nothing depends on the size of the cluster.
     *
     * @param settings with {@link PrepareSettings#byHash}
     * @param found what the cluster found of the sources
     * @throws UserError as {@link #run}, and if the cluster gives up
     */
    public static PreparedCorpus share(
            PrepareSettings settings,
            Tokenizer tokenizer,
            Path folder,
            TextCluster cluster,
            List<TextCluster.Found> found,
            PrepareListener listener) {
        return in(folder, settings, tokenizer, listener, target -> {
            List<String> descriptions =
                    found.stream().map(TextCluster.Found::description).toList();
            found.forEach(source -> requireOutside(folder, source.description(), source.reads()));
            int tokenBytes = MappedTokens.tokenBytes(tokenizer.vocabSize());
            try (CorpusWriter writer = new CorpusWriter(target, settings, tokenBytes, descriptions, listener)) {
                Shared shared = new Shared(settings, writer, found, listener);
                TreeMap<String, byte[]> files =
                        new TreeMap<>(TokenizerFiles.read(folder).contents());
                cluster.forEach(new TextCluster.Plan(settings, files, tokenizer.fingerprint()), shared);
                shared.finish();
                writer.complete();
            }
        });
    }

    /** What makes the corpus of a folder. */
    private interface Maker {
        void fill(PreparedFolder target);
    }

    private static PreparedCorpus in(
            Path folder, PrepareSettings settings, Tokenizer tokenizer, PrepareListener listener, Maker maker) {
        try (PreparedFolder target = PreparedFolder.open(folder, settings, tokenizer)) {
            if (target.isComplete()) {
                listener.message(folder + " is complete already");
            } else {
                maker.fill(target);
            }
        }
        return PreparedCorpus.open(folder);
    }

    /** What is missing or malformed is reported now, not after hours of work. */
    private static List<TextSource> sources(PrepareSettings settings, Path folder, PrepareListener listener) {
        List<TextSource> sources = new ArrayList<>();
        for (WeightedSource source : settings.sources()) {
            TextSource text = TextSources.parse(List.of(source.spec()), settings.unlimited());
            text.notices().forEach(listener::message);
            requireOutside(folder, text.describe(), text::reads);
            sources.add(text);
        }
        return sources;
    }

    private static void requireOutside(Path folder, String description, Predicate<Path> reads) {
        if (reads.test(folder.resolve(Manifest.FILE)) || reads.test(folder.resolve(SHARD))) {
            throw new UserError(folder + " lies in " + description
                    + ", so that the shards would be text there: choose another folder");
        }
    }

    private void run() {
        for (source = 0; source < sources.size(); source++) {
            prepare();
        }
        writer.complete();
    }

    private void prepare() {
        duplicates = 0;
        filtered = 0;
        invalid = 0;
        spelled = 0;
        firstInvalid = null;
        if (textLeft > 0) {
            sources.get(source).forEach(new Reader(), this::read);
        }
        submit();
        while (!waiting.isEmpty()) {
            writeOldest();
        }
        writer.finish(source, new Tally(duplicates, filtered, invalid, spelled, firstInvalid));
    }

    private void read(long bytes) {
        stored += bytes;
        report();
    }

    private void report() {
        double ofFiles = storedTotal == 0 ? 0 : (double) stored / storedTotal;
        double ofLimit = settings.maxBytes() == 0 ? 0 : (double) textDone / settings.maxBytes();
        listener.progress(Math.clamp(Math.max(ofFiles, ofLimit), 0, 1), textDone);
    }

    /** Decides what becomes of each document. */
    private final class Reader implements DocumentConsumer {
        @Override
        public boolean accept(Document whole) {
            Document document = whole.truncate(textLeft);
            textLeft -= whole.utf8().length;
            if (document.utf8().length > 0) {
                take(document);
            }
            return textLeft > 0;
        }

        @Override
        public void invalid(UserError error) {
            settings.requireSkipped(error);
            firstInvalid = invalid++ == 0 ? error.getMessage() : firstInvalid;
        }
    }

    private void take(Document document) {
        if (!settings.takes(document)) {
            filtered++;
            return;
        }
        ContentHash hash = ContentHash.of(document);
        if (settings.deduplicate() && !seen.add(hash)) {
            duplicates++;
            return;
        }
        spelled += encoder.spelled(document.utf8());
        taken++;
        boolean heldOut = settings.holdOutEvery() == null
                ? hash.isWithin(settings.holdOut())
                : taken % settings.holdOutEvery() == 0;
        ShardStream stream = writer.stream(source, heldOut);
        if (stream.has(hash)) {
            textDone += document.utf8().length;
            return;
        }
        batch.items.add(new Item(document, hash, stream));
        batch.bytes += document.utf8().length;
        if (batch.bytes >= BATCH_BYTES) {
            submit();
            while (waitingBytes > waitingLimit
                    || !waiting.isEmpty() && waiting.peek().encoded.isDone()) {
                writeOldest();
            }
        }
    }

    private void submit() {
        if (batch.items.isEmpty()) {
            return;
        }
        Batch full = batch;
        full.encoded = threads.submit(() -> full.items.stream()
                .map(item -> encoder.encode(item.document().utf8()))
                .toList());
        waiting.add(full);
        waitingBytes += full.bytes;
        batch = new Batch();
    }

    private void writeOldest() {
        Batch oldest = waiting.remove();
        waitingBytes -= oldest.bytes;
        List<DocumentEncoder.Encoded> encoded = await(oldest.encoded);
        for (int i = 0; i < encoded.size(); i++) {
            Item item = oldest.items.get(i);
            int bytesOfText = item.document().utf8().length;
            item.stream()
                    .write(
                            encoded.get(i).bytes(),
                            item.hash(),
                            bytesOfText,
                            encoded.get(i).special());
            textDone += bytesOfText;
            report();
        }
    }

    private static List<DocumentEncoder.Encoded> await(Future<List<DocumentEncoder.Encoded>> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                default -> throw new IllegalStateException(e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        }
    }

    /** Takes what a cluster makes of text. */
    private static final class Shared implements TextCluster.Taker {
        /** The share of the work that is done when the first document comes: writing is quick. */
        private static final double BEFORE = 0.95;

        private final PrepareSettings settings;
        private final CorpusWriter writer;
        private final PrepareListener listener;
        private final long storedBytes;
        private final Tally[] tallies;
        private long textDone;

        Shared(PrepareSettings settings, CorpusWriter writer, List<TextCluster.Found> found, PrepareListener listener) {
            this.settings = settings;
            this.writer = writer;
            this.listener = listener;
            storedBytes =
                    found.stream().mapToLong(TextCluster.Found::storedBytes).sum();
            tallies = new Tally[found.size()];
            Arrays.fill(tallies, Tally.NONE);
        }

        @Override
        public void progress(double share) {
            listener.progress(BEFORE * share, (long) (share * storedBytes));
        }

        @Override
        public void accept(TextCluster.Outcome outcome) {
            switch (outcome) {
                case TextCluster.Left left -> tallies[left.source()] = tallies[left.source()].plus(left.tally());
                case TextCluster.Prepared document -> write(document);
            }
        }

        private void write(TextCluster.Prepared document) {
            boolean heldOut = document.hash().isWithin(settings.holdOut());
            ShardStream stream = writer.stream(document.source(), heldOut);
            if (!stream.has(document.hash())) {
                stream.write(document.tokens(), document.hash(), document.textBytes(), document.special());
            }
            textDone += document.textBytes();
            double share = storedBytes == 0 ? 1 : Math.min(1, (double) textDone / storedBytes);
            // Documents that were left out, and packed ones, make the two differ.
            listener.progress(BEFORE + (1 - BEFORE) * share, Math.max(textDone, storedBytes));
        }

        void finish() {
            for (int source = 0; source < tallies.length; source++) {
                writer.finish(source, tallies[source]);
            }
        }
    }
}
