package org.tornadomor.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.engine.Processors;
import org.tornadomor.tokenizer.Tokenizer;

/**
 * Makes a {@link PreparedCorpus} from text. One thread reads, hashes and writes, in order; others tokenise. What waits between
 * them is bounded, so that text of any size passes through.
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
    private final Tokenizer tokenizer;
    private final PreparedFolder folder;
    private final PrepareListener listener;
    private final int tokenBytes;
    private final ExecutorService threads;
    private final long waitingLimit;

    private final SeenHashes seen = new SeenHashes();
    private final Deque<Batch> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private Batch batch = new Batch();

    private final List<TextSource> sources = new ArrayList<>();
    private final List<Manifest.Source> results = new ArrayList<>();
    private ShardStream[] streams;
    private long stored;
    private long storedTotal;
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

    /** A document as bytes of a shard. @param special how many special tokens its text became */
    private record Encoded(byte[] bytes, long special) {}

    /** Documents that are tokenised together. */
    private static final class Batch {
        private final List<Item> items = new ArrayList<>();
        private long bytes;
        private Future<List<Encoded>> encoded;
    }

    private Preparation(
            PrepareSettings settings,
            Tokenizer tokenizer,
            PreparedFolder folder,
            ExecutorService threads,
            int threadCount,
            PrepareListener listener) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.folder = folder;
        this.listener = listener;
        this.threads = threads;
        this.waitingLimit = WAITING_BYTES * threadCount;
        this.tokenBytes = MappedTokens.tokenBytes(tokenizer.vocabSize());
        this.textLeft = settings.maxBytes() == 0 ? Long.MAX_VALUE : settings.maxBytes();
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
        try (PreparedFolder target = PreparedFolder.open(folder, settings, tokenizer)) {
            if (target.isComplete()) {
                listener.message(folder + " is complete already");
                return PreparedCorpus.open(folder);
            }
            try (ExecutorService threads = Executors.newFixedThreadPool(
                    count, Thread.ofPlatform().name("tokenise-", 0).daemon().factory())) {
                try {
                    new Preparation(settings, tokenizer, target, threads, count, listener).run();
                } finally {
                    threads.shutdownNow();
                }
            }
        }
        return PreparedCorpus.open(folder);
    }

    private void run() {
        for (WeightedSource source : settings.sources()) {
            // What is missing or malformed is reported now, not after hours of work.
            TextSource text = TextSources.parse(List.of(source.spec()), settings.unlimited());
            text.notices().forEach(listener::message);
            if (text.reads(folder.path().resolve(Manifest.FILE))
                    || text.reads(folder.path().resolve(SHARD))) {
                throw new UserError(folder.path() + " lies in " + text.describe()
                        + ", so that the shards would be text there: choose another folder");
            }
            sources.add(text);
        }
        storedTotal = sources.stream().mapToLong(TextSource::storedBytes).sum();
        if (!folder.finished().isEmpty()) {
            listener.message("going on: " + Counts.of(folder.finished().size(), "finished shard") + " there already");
            folder.verifyFinished();
        }
        folder.begin();
        for (int i = 0; i < sources.size(); i++) {
            prepare(i);
        }
        List<Manifest.Shard> shards = folder.finished();
        if (shards.stream().allMatch(Manifest.Shard::validation)) {
            throw new UserError("no text to train on in "
                    + String.join(
                            ", ", sources.stream().map(TextSource::describe).toList())
                    + ": check the paths, the filters and the share that is held out");
        }
        if (shards.stream().noneMatch(Manifest.Shard::validation)
                && !settings.split().isNothing()) {
            listener.message(
                    "nothing is held out: " + settings.split().describe() + " would be, of "
                            + Counts.of(taken, "document")
                            + "; 'train --validation-data' takes text to validate on, and --hold-out 0 says that none is wanted");
        }
        folder.complete(results);
    }

    private void prepare(int index) {
        TextSource source = sources.get(index);
        duplicates = 0;
        filtered = 0;
        invalid = 0;
        spelled = 0;
        streams = new ShardStream[] {stream(index, false), stream(index, true)};
        try (ShardStream training = streams[0];
                ShardStream validation = streams[1]) {
            if (textLeft > 0) {
                source.forEach(new Reader(), this::read);
            }
            submit();
            while (!waiting.isEmpty()) {
                writeOldest();
            }
            training.finish();
            validation.finish();
        }
        if (invalid > 0) {
            listener.message("left out " + Counts.of(invalid, "document") + " of " + source.describe()
                    + " that cannot be read; the first: " + firstInvalid);
        }
        Manifest.Source result = new Manifest.Source(
                source.describe(),
                settings.sources().get(index).weight(),
                amount(index, false),
                amount(index, true),
                duplicates,
                filtered,
                invalid,
                spelled);
        if (result.weight() != null && result.training().tokens() == 0) {
            throw new UserError("nothing to train on is left of " + source.describe() + " ("
                    + Counts.of(duplicates, "document") + " came before, " + filtered
                    + " do not have the size asked for): leave it out, or" + " change the filters");
        }
        results.add(result);
    }

    private ShardStream stream(int source, boolean validation) {
        List<Manifest.Shard> finished = folder.finished().stream()
                .filter(shard -> shard.source() == source && shard.validation() == validation)
                .sorted(Comparator.comparing(Manifest.Shard::file))
                .toList();
        return new ShardStream(
                folder.path(),
                source,
                validation,
                tokenBytes,
                settings.shardTokens(),
                sources.get(source).describe(),
                finished,
                folder::add);
    }

    private Manifest.Amount amount(int source, boolean validation) {
        return folder.finished().stream()
                .filter(shard -> shard.source() == source && shard.validation() == validation)
                .map(Manifest.Shard::amount)
                .reduce(Manifest.Amount.NONE, Manifest.Amount::plus);
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
            if (!settings.skipInvalid()) {
                throw new UserError(
                        error.getMessage() + "; or leave all such documents out with --skip-invalid", error);
            }
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
        spelled += tokenizer.countSpelled(document.utf8());
        taken++;
        boolean heldOut = settings.holdOutEvery() == null
                ? hash.isWithin(settings.holdOut())
                : taken % settings.holdOutEvery() == 0;
        ShardStream stream = streams[heldOut ? 1 : 0];
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
        full.encoded = threads.submit(
                () -> full.items.stream().map(item -> encode(item.document())).toList());
        waiting.add(full);
        waitingBytes += full.bytes;
        batch = new Batch();
    }

    private Encoded encode(Document document) {
        int[] own = tokenizer.encodeBytes(document.utf8(), settings.special());
        int[] ids = tokenizer.begun(own);
        int end = tokenizer.endOfText();
        int count = ids.length + (end < 0 ? 0 : 1);
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(count, tokenBytes)).order(ByteOrder.LITTLE_ENDIAN);
        if (tokenBytes == Short.BYTES) {
            ShortBuffer shorts = bytes.asShortBuffer();
            for (int id : ids) {
                shorts.put((short) id);
            }
            if (end >= 0) {
                shorts.put((short) end);
            }
        } else {
            IntBuffer ints = bytes.asIntBuffer().put(ids);
            if (end >= 0) {
                ints.put(end);
            }
        }
        return new Encoded(
                bytes.array(), Arrays.stream(own).filter(tokenizer::isSpecial).count());
    }

    private void writeOldest() {
        Batch oldest = waiting.remove();
        waitingBytes -= oldest.bytes;
        List<Encoded> encoded = await(oldest.encoded);
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

    private static List<Encoded> await(Future<List<Encoded>> future) {
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
}
