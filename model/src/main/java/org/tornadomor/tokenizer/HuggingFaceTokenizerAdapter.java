package org.tornadomor.tokenizer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.tornadomor.UserError;
import org.tornadomor.model.io.InputFile;

/**
 * Any Hugging Face {@code tokenizer.json}. The Hugging Face library encodes; what it knows of ids is read here too, and text is
 * decoded here ({@link TextDecoder}).
 */
public final class HuggingFaceTokenizerAdapter implements Tokenizer {
    /** Published files have 35 MB at most. */
    private static final long MOST_BYTES = 512L << 20;

    private final Path file;
    private final byte[] json;
    private final byte[] config;
    private final TokenizerJson description;
    private final String fingerprint;
    private final Spellings special;
    private final Encoder parsing;
    /** Made when first needed; finds no special tokens. */
    private Encoder plain;

    private HuggingFaceTokenizerAdapter(Path file, byte[] json, byte[] config, TokenizerJson description) {
        this.file = file;
        this.json = json;
        this.config = config;
        this.description = description;
        fingerprint = sha256(json);
        List<String> spellings = description.tokens().specialSpellings();
        special = new Spellings(spellings);
        List<String> added = java.util.stream.Stream.concat(
                        spellings.stream(), description.tokens().otherAdded().stream())
                .toList();
        parsing = encoder(json, added);
        plain = spellings.isEmpty() ? parsing : null;
    }

    /** The library, and a short cut around it. @param words null if only the library knows how text is cut */
    private record Encoder(NativeTokenizer library, WordEncoder words) {
        int[] encodeBytes(byte[] utf8) {
            return words == null ? library.encode(new String(utf8, StandardCharsets.UTF_8), false) : words.encode(utf8);
        }
    }

    private Encoder encoder(byte[] content, List<String> added) {
        NativeTokenizer library = NativeTokenizer.build(name(), content, description.expressions());
        return new Encoder(
                library, description.words() ? new WordEncoder(text -> library.encode(text, false), added) : null);
    }

    private synchronized Encoder plain() {
        if (plain == null) {
            TokenTable tokens = description.tokens();
            byte[] content = PlainTextJson.of(file, json, Set.copyOf(tokens.specialSpellings()), fingerprint);
            plain = encoder(content, tokens.otherAdded());
        }
        return plain;
    }

    private Encoder encoder(SpecialTokens how) {
        return how == SpecialTokens.PARSED ? parsing : plain();
    }

    /**
     * Reads a {@code tokenizer.json}, and the {@code tokenizer_config.json} beside it where there is one. A file that the native
     * library did not read before is first tried in a process of its own ({@link TokenizerTrial}).
     *
     * @throws UserError if a file cannot be read or is not a tokenizer, if the library crashes or hangs on it, or if it does not
     *     load
     */
    public static HuggingFaceTokenizerAdapter read(Path file) {
        return read(file, true);
    }

    /** As {@link #read(Path)}, and at once: for the process that may crash. */
    static HuggingFaceTokenizerAdapter readUntried(Path file) {
        return read(file, false);
    }

    private static HuggingFaceTokenizerAdapter read(Path file, boolean tries) {
        byte[] json = readAll(file);
        Path configFile = file.resolveSibling("tokenizer_config.json");
        byte[] config = Files.isRegularFile(configFile) ? readAll(configFile) : null;
        TokenizerJson description = TokenizerJson.parse(file, json, config);
        if (tries) {
            TokenizerTrial.require(file, sha256(json));
        }
        return new HuggingFaceTokenizerAdapter(file, json, config, description);
    }

    private static byte[] readAll(Path file) {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new UserError(file + " has " + (Files.size(file) >> 20)
                        + " MiB, and no tokenizer is that large: give" + " the path of a tokenizer.json");
            }
            return InputFile.bytes(file);
        } catch (IOException e) {
            throw new UserError("cannot read " + file + ": check that it is there and readable", e);
        }
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    @Override
    public String name() {
        return file.toString();
    }

    @Override
    public int vocabSize() {
        return description.vocabSize();
    }

    @Override
    public int endOfText() {
        return description.endOfText();
    }

    @Override
    public int[] encode(String text, SpecialTokens how) {
        return encoder(how).library().encode(text, false);
    }

    /**
     * The ids of a text, in which spelled special tokens are parsed.
     *
     * @param specialTokens whether the tokenizer adds what its post-processor asks for, such as a first token
     */
    public int[] encode(String text, boolean specialTokens) {
        return parsing.library().encode(text, specialTokens);
    }

    @Override
    public int[] encodeBytes(byte[] utf8, SpecialTokens how) {
        return encoder(how).encodeBytes(utf8);
    }

    @Override
    public boolean isSpecial(int id) {
        return description.tokens().isSpecial(id);
    }

    @Override
    public long countSpelled(byte[] utf8) {
        return special.count(utf8);
    }

    @Override
    public String decode(int[] ids) {
        StreamDecoder stream = streamDecoder();
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(stream.accept(id));
        }
        return text.append(stream.finish()).toString();
    }

    /** As {@link #decode}, by the library: where its own regular expressions are needed, and to compare. */
    String decodeByLibrary(int[] ids) {
        return parsing.library().decode(ids);
    }

    private void requireKnown(int id) {
        if (id < 0 || id >= vocabSize()) {
            throw new IllegalArgumentException("id " + id + " is not one of the " + vocabSize() + " of " + name());
        }
    }

    @Override
    public StreamDecoder streamDecoder() {
        return description.decoder().known() ? new SteppedStream() : new WholeStream();
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public void save(Path folder) {
        write(folder.resolve(Tokenizers.FILE), json);
        if (config != null) {
            write(folder.resolve("tokenizer_config.json"), config);
        }
    }

    private static void write(Path file, byte[] content) {
        try {
            Files.write(file, content);
        } catch (IOException e) {
            throw new UserError(
                    "cannot write " + file + " (" + e.getMessage() + "): check the folder and its space", e);
        }
    }

    @Override
    public synchronized void close() {
        parsing.library().close();
        if (plain != null && plain != parsing) {
            plain.library().close();
        }
    }

    private final class SteppedStream implements StreamDecoder {
        private TextDecoder.Way way = description.decoder().open();

        @Override
        public String accept(int id) {
            requireKnown(id);
            String spelling = description.tokens().spelling(id);
            return spelling == null || isSpecial(id) ? "" : way.accept(spelling);
        }

        @Override
        public String finish() {
            String rest = way.finish();
            way = description.decoder().open();
            return rest;
        }
    }

    /** Nobody can say what a regular expression of the library's dialect may still match: all comes at the end. */
    private final class WholeStream implements StreamDecoder {
        private final IntArray ids = new IntArray();

        @Override
        public String accept(int id) {
            requireKnown(id);
            ids.add(id);
            return "";
        }

        @Override
        public String finish() {
            return decodeByLibrary(ids.take());
        }
    }

    private static final class IntArray {
        private int[] values = new int[16];
        private int count;

        void add(int value) {
            if (count == values.length) {
                values = java.util.Arrays.copyOf(values, 2 * count);
            }
            values[count++] = value;
        }

        int[] take() {
            int[] taken = java.util.Arrays.copyOf(values, count);
            count = 0;
            return taken;
        }
    }
}
