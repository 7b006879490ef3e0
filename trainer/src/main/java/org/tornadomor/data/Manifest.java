package org.tornadomor.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;
import org.tornadomor.files.InputFile;
import org.tornadomor.files.JsonFault;
import org.tornadomor.files.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a prepared corpus holds, as {@code manifest.json} says it. While the corpus is being prepared, {@code progress.json}
 * says in the same way what is finished.
 *
 * @param format {@link #FORMAT}
 * @param tokenizer that made the tokens
 * @param tokenBytes of a token in a shard, 2 or 4
 * @param settings what was asked for
 * @param sources what came of each source, in their order; empty until all is done
 * @param shards in the order of sources, training before validation
 */
public record Manifest(
        String format,
        TokenizerId tokenizer,
        int tokenBytes,
        PrepareSettings settings,
        List<Source> sources,
        List<Shard> shards) {
    /** Says what kind of file a manifest is. */
    static final String FORMAT = "tornado-mor corpus 1";

    private static final String FORMAT_START = "tornado-mor corpus";

    static final String FILE = "manifest.json";

    /** Kind and file of every tokenizer but that of bytes. */
    static final String TOKENIZER_FILE = "tokenizer.json";

    static final String PROGRESS_FILE = "progress.json";

    /** What may be null. */
    private static final Set<String> OPTIONAL = Set.of("filter", "jdkFallback", "weight", "holdOutEvery");

    /** What earlier versions did not write. */
    private static final Set<String> LATER =
            Set.of("parseSpecial", "specialSpelled", "special", "holdOutEvery", "byHash");

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    /** Which tokenizer made the tokens: its kind, its hash and its sizes. */
    public record TokenizerId(String kind, String fingerprint, int vocabSize, int endOfText) {}

    /**
     * How much text.
     *
     * @param documents how many
     * @param bytes of UTF-8 text
     * @param tokens with the end token of each document
     */
    public record Amount(long documents, long bytes, long tokens) {
        /** Nothing. */
        public static final Amount NONE = new Amount(0, 0, 0);

        /** Both together. */
        public Amount plus(Amount other) {
            return new Amount(documents + other.documents, bytes + other.bytes, tokens + other.tokens);
        }

        /** Bytes of text a token; NaN without tokens. */
        public double bytesPerToken() {
            return (double) bytes / tokens;
        }
    }

    /**
     * What came of a source.
     *
     * @param description of the source
     * @param weight of the source, or null
     * @param duplicates documents that were left out because the same text came before
     * @param filtered documents that were left out for their size
     * @param invalid documents that were left out because they cannot be read
     * @param specialSpelled special tokens that the text spells; null where that was not counted
     */
    public record Source(
            String description,
            Double weight,
            Amount training,
            Amount validation,
            long duplicates,
            long filtered,
            long invalid,
            Long specialSpelled) {}

    /**
     * A file of tokens, and beside it one of where its documents end: a little-endian long each, in tokens from the start
     * of the shard.
     *
     * @param source index of the source
     * @param validation whether it is held out
     * @param sha256 of the tokens
     * @param documentsSha256 of the file of document ends
     * @param content SHA-256 over the hashes of the documents' texts
     * @param special tokens that are special, without the one that ends each document; null for none
     */
    public record Shard(
            String file,
            int source,
            boolean validation,
            Amount amount,
            String sha256,
            String documentsSha256,
            String content,
            @JsonInclude(JsonInclude.Include.NON_NULL) Long special) {
        /** The name of the file of document ends. */
        String documentsFile() {
            return file.substring(0, file.lastIndexOf('.')) + ".documents";
        }
    }

    /** Special tokens that were parsed out of the text of a source; -1 for all sources. */
    public long specialParsed(int source) {
        return shards.stream()
                .filter(shard -> shard.special() != null && (source < 0 || shard.source() == source))
                .mapToLong(Shard::special)
                .sum();
    }

    /**
     * Whether a file is a manifest: other programs write files of that name too. A damaged manifest counts if its start is
     * there.
     */
    static boolean isAt(Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(128), StandardCharsets.UTF_8).contains(FORMAT_START);
        } catch (IOException e) {
            return false;
        }
    }

    /** Writes it into a folder. */
    void write(Path folder, String name) {
        AsideFile.writeText(folder.resolve(name), MAPPER.writeValueAsString(this) + "\n");
    }

    /**
     * Reads it.
     *
     * @throws UserError naming the file, and the key if one is missing or has an impossible value
     */
    static Manifest read(Path file) {
        JsonShape shape = new JsonShape(file.toString(), OPTIONAL, LATER, "restore it, or prepare the corpus again");
        try {
            JsonNode json = StrictJson.parse(InputFile.text(file));
            JsonNode format = json.path("format");
            if (format.isString() && !format.stringValue().equals(FORMAT)) {
                throw new UserError(file + " is of format '" + format.stringValue() + "' and not '" + FORMAT
                        + "': prepare the corpus again with this version");
            }
            shape.require(json, Manifest.class);
            Manifest manifest = MAPPER.treeToValue(json, Manifest.class);
            ManifestCheck.require(manifest, shape, !file.endsWith(PROGRESS_FILE));
            return manifest;
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        } catch (JacksonException e) {
            String reason = e.getCause() instanceof UserError error ? error.getMessage() : JsonFault.of(e);
            throw new UserError(file + " is damaged (" + reason + "): restore it, or prepare the corpus again", e);
        }
    }

    /** A hash of all that decides what is trained on. */
    String fingerprint() {
        byte[] json = MAPPER.writeValueAsString(new Object[] {tokenizer, tokenBytes, weights(), shards})
                .getBytes(StandardCharsets.UTF_8);
        return HexFormat.of().formatHex(ContentHash.sha256().digest(json));
    }

    private List<String> weights() {
        return sources.stream().map(source -> String.valueOf(source.weight())).toList();
    }
}
