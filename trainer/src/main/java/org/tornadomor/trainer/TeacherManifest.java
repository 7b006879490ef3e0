package org.tornadomor.trainer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;
import org.tornadomor.files.InputFile;
import org.tornadomor.files.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a folder of {@link TeacherWriter} holds, as {@code teacher.json} says it. The file is written anew after each finished
 * shard.
 *
 * @param format {@link #FORMAT}
 * @param model where the teacher was found
 * @param modelFingerprint its {@link ModelFingerprint}
 * @param tokenizerFingerprint of the corpus
 * @param vocabSize V
 * @param corpus where the corpus was found
 * @param corpusFingerprint of its content
 * @param context T, tokens of a sample; a row's context are the tokens before it in its sample and document
 * @param documentEnd the token that attention does not cross, or -1
 * @param topK k
 * @param temperature that probabilities were softened by
 * @param samples of the training part
 * @param samplesPerShard of every shard but the last
 * @param shards finished ones, in order
 */
public record TeacherManifest(
        String format,
        String model,
        String modelFingerprint,
        String tokenizerFingerprint,
        int vocabSize,
        String corpus,
        String corpusFingerprint,
        int context,
        int documentEnd,
        int topK,
        double temperature,
        long samples,
        int samplesPerShard,
        List<Shard> shards) {
    /** The name of the file. */
    static final String FILE = "teacher.json";

    /** Says what kind of file a manifest is. */
    static final String FORMAT = "tornado-mor teacher 1";

    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /**
     * A file of rows.
     *
     * @param samples in it
     * @param sha256 of the file
     * @param mass mean probability of the k tokens together
     */
    public record Shard(String file, int samples, String sha256, double mass) {}

    public TeacherManifest {
        shards = List.copyOf(shards);
    }

    /** Whether a folder has a manifest. */
    static boolean isAt(Path folder) {
        return Files.isRegularFile(folder.resolve(FILE));
    }

    /**
     * Reads the manifest of a folder.
     *
     * @throws UserError if it is damaged
     */
    static TeacherManifest read(Path folder) {
        Path file = folder.resolve(FILE);
        try {
            TeacherManifest manifest = JSON.treeToValue(StrictJson.parse(InputFile.text(file)), TeacherManifest.class);
            if (manifest == null || !manifest.isPossible()) {
                throw damaged(file, "its numbers do not fit together", null);
            }
            return manifest;
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        } catch (JacksonException e) {
            throw damaged(file, e.getOriginalMessage().lines().findFirst().orElse("no JSON"), e);
        }
    }

    private static UserError damaged(Path file, String how, Exception cause) {
        return new UserError(
                file + " is damaged (" + how + "): restore it, or remove the folder and write it again with 'teacher'",
                cause);
    }

    private boolean isPossible() {
        boolean positive = vocabSize > 0 && context > 0 && samples > 0 && samplesPerShard > 0 && temperature > 0;
        if (!FORMAT.equals(format) || !positive || topK < 1 || topK > vocabSize) {
            return false;
        }
        for (int i = 0; i < shards.size(); i++) {
            Shard shard = shards.get(i);
            long from = (long) i * samplesPerShard;
            if (!shard.file().equals(fileName(i)) || shard.samples() != Math.min(samplesPerShard, samples - from)) {
                return false;
            }
        }
        return true;
    }

    void write(Path folder) {
        AsideFile.writeText(folder.resolve(FILE), JSON.writeValueAsString(this) + "\n");
    }

    /** The name of a shard's file. */
    static String fileName(int shard) {
        return String.format("teacher-%05d.rows", shard);
    }

    /** The same with one shard more. */
    TeacherManifest with(Shard shard) {
        List<Shard> all = new ArrayList<>(shards);
        all.add(shard);
        return with(samplesPerShard, all);
    }

    /** What was asked for, to be written in files of so many samples. */
    TeacherManifest inShardsOf(int count) {
        return with(count, shards);
    }

    private TeacherManifest with(int perShard, List<Shard> all) {
        return new TeacherManifest(
                format,
                model,
                modelFingerprint,
                tokenizerFingerprint,
                vocabSize,
                corpus,
                corpusFingerprint,
                context,
                documentEnd,
                topK,
                temperature,
                samples,
                perShard,
                all);
    }

    /** Samples in finished shards. */
    public long finished() {
        return shards.stream().mapToLong(Shard::samples).sum();
    }

    /** Whether all samples are there. */
    public boolean complete() {
        return finished() == samples;
    }

    /** Mean probability of the k tokens together, over all rows. */
    public double mass() {
        return shards.stream().mapToDouble(s -> s.mass() * s.samples()).sum() / finished();
    }

    /** Bytes of an id in a file: two where the vocabulary fits, else four. */
    int idBytes() {
        return vocabSize <= 1 << Short.SIZE ? Short.BYTES : Integer.BYTES;
    }

    /** Bytes of a sample: ids [T, k], then logarithms [T, k + 1]. */
    long sampleBytes() {
        return (long) context * (topK * idBytes() + (topK + 1) * Float.BYTES);
    }

    /** A hash of all that decides what is learnt. */
    String fingerprint() {
        byte[] json = JSON.writeValueAsString(new Object[] {
                    modelFingerprint, corpusFingerprint, context, documentEnd, topK, temperature, shards
                })
                .getBytes(StandardCharsets.UTF_8);
        return ModelFingerprint.hash(json);
    }
}
