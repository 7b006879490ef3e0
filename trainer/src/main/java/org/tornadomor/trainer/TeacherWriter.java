package org.tornadomor.trainer;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntConsumer;
import org.tornadomor.UserError;
import org.tornadomor.data.BatchSampler;
import org.tornadomor.data.PreparedCorpus;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.tokenizer.Tokenizer;

/**
 * Writes what a teacher says of each token of a corpus's training part, for {@link StoredTeacher} to read. Samples are those that
 * training takes ({@link BatchSampler}), so that a row's context is the same: the tokens before it in its sample, and within its
 * document unless attention crosses documents. Whatever ends the process, the next one goes on behind the last finished file,
 * and the files become the same, byte by byte.
 */
public final class TeacherWriter {
    /** Bytes of a file, unless a sample is larger. */
    private static final long SHARD_BYTES = 32L << 20;

    /** Tokens that are computed at once. Not a setting, since their number may decide the last bit of a logit. */
    private static final int BATCH_TOKENS = 4096;

    private static final String ASIDE = ".tmp";

    private final Path folder;
    private final CheckpointFolder model;
    private final BatchSampler sampler;
    private final int batch;
    private TeacherManifest manifest;

    private TeacherWriter(Path folder, CheckpointFolder model, BatchSampler sampler, TeacherManifest manifest) {
        this.folder = folder;
        this.model = model;
        this.sampler = sampler;
        this.manifest = manifest;
        batch = Math.clamp(BATCH_TOKENS / manifest.context(), 1, manifest.samplesPerShard());
    }

    /**
     * What is asked for.
     *
     * @param topK k
     * @param context T
     * @param acrossDocuments whether attention crosses from one document to the next
     */
    public record Settings(int topK, int context, boolean acrossDocuments, double temperature) {
        public Settings {
            TrainingConfig.positive("--top-k", topK);
            TrainingConfig.positive("--context", context);
            TrainingConfig.positive("--kd-temperature", temperature);
        }
    }

    /**
     * Prepares to write, or to go on.
     *
     * @param folder new, empty, or of the same teacher, corpus and settings
     * @param model the teacher
     * @param path where the teacher was found
     * @throws UserError if teacher and corpus do not fit, or the folder holds something else, named by what differs
     */
    public static TeacherWriter open(
            Path folder, CheckpointFolder model, Path path, PreparedCorpus corpus, Settings settings) {
        return open(folder, model, path, corpus, settings, SHARD_BYTES);
    }

    /** @param shardBytes of a file, unless a sample is larger */
    static TeacherWriter open(
            Path folder, CheckpointFolder model, Path path, PreparedCorpus corpus, Settings settings, long shardBytes) {
        try (Tokenizer tokenizer = corpus.tokenizer()) {
            Teacher.requireFits(model, tokenizer, model.config().vocabSize(), settings.context());
            int vocabulary = model.config().vocabSize();
            if (settings.topK() > vocabulary) {
                throw new UserError("--top-k is " + settings.topK() + ", and " + path + " knows " + vocabulary
                        + " tokens: give at most that");
            }
            if (tokenizer.vocabSize() > vocabulary) {
                throw new UserError(path + " knows " + vocabulary + " tokens, and the corpus has "
                        + tokenizer.vocabSize() + ": use a teacher with the same tokenizer");
            }
            BatchSampler sampler =
                    new BatchSampler(corpus.corpus().training(), settings.context(), BatchSampler.Order.SEQUENTIAL, 0);
            TeacherManifest wanted = new TeacherManifest(
                    TeacherManifest.FORMAT,
                    path.toString(),
                    ModelFingerprint.of(model),
                    tokenizer.fingerprint(),
                    vocabulary,
                    corpus.folder().toString(),
                    corpus.corpus().fingerprint(),
                    settings.context(),
                    settings.acrossDocuments() ? -1 : tokenizer.endOfText(),
                    settings.topK(),
                    settings.temperature(),
                    sampler.samplesPerEpoch(),
                    1,
                    List.of());
            wanted = wanted.inShardsOf((int) Math.clamp(shardBytes / wanted.sampleBytes(), 1, wanted.samples()));
            return new TeacherWriter(folder, model, sampler, begun(folder, wanted));
        }
    }

    /** What is there already. */
    private static TeacherManifest begun(Path folder, TeacherManifest wanted) {
        if (!TeacherManifest.isAt(folder)) {
            try {
                Files.createDirectories(folder);
                try (var entries = Files.list(folder)) {
                    if (entries.anyMatch(entry -> !isAside(entry))) {
                        throw new UserError(folder + " is not empty, and holds no stored teacher: choose a new folder");
                    }
                }
            } catch (IOException e) {
                throw UserError.file("write", folder, e);
            }
            wanted.write(folder);
            return wanted;
        }
        TeacherManifest there = TeacherManifest.read(folder);
        String differs = difference(there, wanted);
        if (differs != null) {
            throw new UserError(folder + " was begun with " + differs + ": give that again, or another --out");
        }
        StoredTeacher.verify(folder, there);
        return there;
    }

    /** What is now different from what a folder was begun with, or null. */
    private static String difference(TeacherManifest there, TeacherManifest wanted) {
        if (!there.modelFingerprint().equals(wanted.modelFingerprint())) {
            return "another teacher (that of " + there.model() + " as it was then)";
        }
        if (!there.corpusFingerprint().equals(wanted.corpusFingerprint())) {
            return "other text (that of " + there.corpus() + " as it was then)";
        }
        if (there.context() != wanted.context()) {
            return "--context " + there.context();
        }
        if (there.documentEnd() != wanted.documentEnd()) {
            return there.documentEnd() < 0 ? "--across-documents" : "attention inside documents";
        }
        if (there.topK() != wanted.topK()) {
            return "--top-k " + there.topK();
        }
        return there.temperature() == wanted.temperature() ? null : "--kd-temperature " + there.temperature();
    }

    private static boolean isAside(Path path) {
        return path.getFileName().toString().endsWith(ASIDE);
    }

    /** What is written so far. */
    public TeacherManifest manifest() {
        return manifest;
    }

    /**
     * Writes what is missing.
     *
     * @param progress hears how many samples are done
     * @throws UserError if a logit is not finite, or the disk refuses
     */
    public void write(Engine engine, IntConsumer progress) {
        if (manifest.complete()) {
            return;
        }
        try (ParameterSet weights = new ParameterSet(engine, "teacher", model.config())) {
            Checkpoints.load(engine, model, weights);
            try (Scorer scorer = new Scorer(engine, weights, batch, manifest.context())) {
                scorer.keepWithinDocuments(manifest.documentEnd());
                Rows rows = new Rows(scorer);
                while (!manifest.complete()) {
                    manifest = manifest.with(shard(rows, progress));
                    manifest.write(folder);
                }
            }
        }
    }

    private TeacherManifest.Shard shard(Rows rows, IntConsumer progress) {
        String name = TeacherManifest.fileName(manifest.shards().size());
        Path file = folder.resolve(name);
        Path aside = folder.resolve(name + ASIDE);
        long from = manifest.finished();
        int count = (int) Math.min(manifest.samplesPerShard(), manifest.samples() - from);
        MessageDigest hash = ModelFingerprint.sha256();
        double mass = 0;
        try {
            try (OutputStream out =
                    new DigestOutputStream(new BufferedOutputStream(Files.newOutputStream(aside), 1 << 20), hash)) {
                for (int done = 0; done < count; ) {
                    int now = Math.min(batch, count - done);
                    mass += rows.write(from + done, now, out);
                    done += now;
                    progress.accept(now);
                }
            }
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw UserError.file("write", file, e);
        }
        return new TeacherManifest.Shard(name, count, HexFormat.of().formatHex(hash.digest()), mass / count);
    }

    /** Memory for some samples at once. */
    private final class Rows {
        private final Scorer scorer;
        private final int context = manifest.context();
        private final int k = manifest.topK();
        private final int[] inputs = new int[batch * context];
        private final int[] targets = new int[batch * context];
        private final int[] ids = new int[batch * context * k];
        private final float[] logProbs = new float[batch * context * (k + 1)];
        private final ByteBuffer bytes =
                ByteBuffer.allocate(Math.toIntExact(manifest.sampleBytes())).order(ByteOrder.LITTLE_ENDIAN);

        Rows(Scorer scorer) {
            this.scorer = scorer;
        }

        /** Writes some samples. @return the sum over them of the mean probability of the k tokens together */
        double write(long sample, int count, OutputStream out) throws IOException {
            for (int i = 0; i < count; i++) {
                sampler.fillWith(sample + i, inputs, targets, i);
            }
            double[] mass = {0};
            TopTokens tokens = new TopTokens(manifest.vocabSize(), k, manifest.temperature());
            int[] rowIds = new int[k];
            float[] rowLogProbs = new float[k + 1];
            scorer.scoreShowing(inputs, targets, count, context, true, (from, rows, logits) -> {
                for (int row = 0; row < rows; row++) {
                    mass[0] += tokens.of(logits, row, rowIds, rowLogProbs);
                    System.arraycopy(rowIds, 0, ids, (from + row) * k, k);
                    System.arraycopy(rowLogProbs, 0, logProbs, (from + row) * (k + 1), k + 1);
                }
            });
            for (int i = 0; i < count; i++) {
                put(i, out);
            }
            return mass[0] / context;
        }

        private void put(int sample, OutputStream out) throws IOException {
            bytes.clear();
            for (int i = sample * context * k; i < (sample + 1) * context * k; i++) {
                if (manifest.idBytes() == Short.BYTES) {
                    bytes.putShort((short) ids[i]);
                } else {
                    bytes.putInt(ids[i]);
                }
            }
            for (int i = sample * context * (k + 1); i < (sample + 1) * context * (k + 1); i++) {
                if (!Float.isFinite(logProbs[i])) {
                    throw new UserError("the teacher " + manifest.model()
                            + " says something that is no number: it is damaged, use another");
                }
                bytes.putFloat(logProbs[i]);
            }
            out.write(bytes.array());
        }
    }
}
