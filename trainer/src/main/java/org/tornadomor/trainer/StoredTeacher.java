package org.tornadomor.trainer;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tornadomor.UserError;
import org.tornadomor.engine.Divergence;
import org.tornadomor.tokenizer.Tokenizer;

/**
 * The answers of a teacher for the training part of a corpus, written before by {@link TeacherWriter}: for each token the k
 * likeliest next tokens with the logarithms of their probabilities, and that of all others together. A file has the samples of
 * {@link org.tornadomor.data.BatchSampler} one after the other, each as ids [T, k], ascending in each row, then as logarithms
 * [T, k + 1], little-endian.
 */
public final class StoredTeacher {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path folder;
    private final TeacherManifest manifest;
    private final List<MemorySegment> shards = new ArrayList<>();

    private StoredTeacher(Path folder, TeacherManifest manifest) {
        this.folder = folder;
        this.manifest = manifest;
    }

    /** Whether a path is a folder of a stored teacher, finished or not. */
    public static boolean isAt(Path path) {
        return TeacherManifest.isAt(path);
    }

    /**
     * Opens a stored teacher and compares its checksums.
     *
     * @throws UserError if it is unfinished or damaged
     */
    public static StoredTeacher open(Path folder) {
        TeacherManifest manifest = TeacherManifest.read(folder);
        if (!manifest.complete()) {
            throw new UserError(folder + " holds " + manifest.finished() + " of " + manifest.samples()
                    + " samples of its teacher: run the same 'teacher' command again, which goes on");
        }
        StoredTeacher stored = new StoredTeacher(folder, manifest);
        verify(folder, manifest);
        for (TeacherManifest.Shard shard : manifest.shards()) {
            stored.shards.add(map(folder.resolve(shard.file())));
        }
        return stored;
    }

    /**
     * Reads all finished shards and compares them with their checksums.
     *
     * @throws UserError naming the first that is missing or differs
     */
    static void verify(Path folder, TeacherManifest manifest) {
        for (TeacherManifest.Shard shard : manifest.shards()) {
            Path file = folder.resolve(shard.file());
            try (InputStream in = Files.newInputStream(file)) {
                if (Files.size(file) != shard.samples() * manifest.sampleBytes()
                        || !ModelFingerprint.hash(in).equals(shard.sha256())) {
                    throw new UserError(file + " is damaged (its checksum is not that of " + TeacherManifest.FILE
                            + "): restore it, or remove the folder and write it again with 'teacher'");
                }
            } catch (NoSuchFileException e) {
                throw new UserError(file + " is missing, which " + TeacherManifest.FILE
                        + " names: restore it, or remove the folder and write it again with 'teacher'");
            } catch (IOException e) {
                throw UserError.file("read", file, e);
            }
        }
    }

    private static MemorySegment map(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        }
    }

    /** What it holds. */
    public TeacherManifest manifest() {
        return manifest;
    }

    /**
     * Refuses a run that the stored teacher was not made for.
     *
     * @param corpusFingerprint of the run's text
     * @param documentEnd the token that the run's attention does not cross, or -1
     * @throws UserError naming what differs
     */
    void requireFits(
            Distill settings,
            Tokenizer tokenizer,
            int vocabulary,
            String corpusFingerprint,
            int context,
            int documentEnd) {
        String name = "the stored teacher " + folder;
        if (!manifest.tokenizerFingerprint().equals(tokenizer.fingerprint())) {
            throw new UserError(name + " was written with another tokenizer than the model's (" + tokenizer.name()
                    + "), so that their tokens mean different things; use a teacher with the same");
        }
        if (manifest.vocabSize() != vocabulary) {
            throw new UserError(name + " knows " + manifest.vocabSize() + " tokens where the model knows " + vocabulary
                    + "; use a teacher with the same vocabulary, or set model.vocab_size");
        }
        if (!manifest.corpusFingerprint().equals(corpusFingerprint)) {
            throw new UserError(name + " was written for other text, the prepared corpus " + manifest.corpus()
                    + " as it was then: train on that, or write another with 'teacher --data'");
        }
        if (manifest.context() != context) {
            throw new UserError(name + " saw samples of " + manifest.context() + " tokens where context is " + context
                    + ": set context to " + manifest.context() + ", or write another with 'teacher --context "
                    + context + "'");
        }
        if (manifest.documentEnd() != documentEnd) {
            throw new UserError(name
                    + (documentEnd < 0
                            ? " kept attention inside documents, which this run does not: leave --across-documents away, or write"
                                    + " another with 'teacher --across-documents'"
                            : " let attention cross documents, which this run does not: give --across-documents, or write another"
                                    + " without it"));
        }
        requireFits(settings, name);
    }

    private void requireFits(Distill settings, String name) {
        if (settings.kind() != Divergence.FORWARD) {
            throw new UserError("distill.kind is "
                    + settings.kind().name().toLowerCase(Locale.ROOT) + ", and " + name
                    + " has the likeliest tokens alone, which only forward can learn from: leave distill.kind away, or give"
                    + " the model itself as distill.teacher");
        }
        if (manifest.temperature() != settings.temperature()) {
            throw new UserError(name + " was written at temperature " + manifest.temperature()
                    + " where distill.temperature is " + settings.temperature()
                    + ": set it to that, or write another with"
                    + " 'teacher --kd-temperature " + settings.temperature() + "'");
        }
    }

    /**
     * Copies the teacher's answers for a sample.
     *
     * @param sample its number in the corpus
     * @param row of the batch that it goes into
     * @param ids [rows, T, k]
     * @param logProbs [rows, T, k + 1]
     * @throws UserError if an id is invalid or a number is not finite
     */
    void read(long sample, int row, int[] ids, float[] logProbs) {
        int shard = (int) (sample / manifest.samplesPerShard());
        MemorySegment segment = shards.get(shard);
        long from = sample % manifest.samplesPerShard() * manifest.sampleBytes();
        int k = manifest.topK();
        int count = manifest.context() * k;
        boolean wide = manifest.idBytes() == Integer.BYTES;
        int into = row * count;
        for (int i = 0; i < count; i++) {
            int id = wide
                    ? segment.get(INT, from + (long) i * Integer.BYTES)
                    : Short.toUnsignedInt(segment.get(SHORT, from + (long) i * Short.BYTES));
            if (id < 0 || id >= manifest.vocabSize() || i % k > 0 && id <= ids[into + i - 1]) {
                throw damaged(shard, sample);
            }
            ids[into + i] = id;
        }
        from += (long) count * manifest.idBytes();
        int numbers = manifest.context() * (k + 1);
        for (int i = 0; i < numbers; i++) {
            float value = segment.get(FLOAT, from + (long) i * Float.BYTES);
            if (!Float.isFinite(value)) {
                throw damaged(shard, sample);
            }
            logProbs[row * numbers + i] = value;
        }
    }

    private UserError damaged(int shard, long sample) {
        return new UserError(folder.resolve(manifest.shards().get(shard).file()) + " holds nonsense in sample " + sample
                + ": remove the folder and write it again with 'teacher'");
    }
}
