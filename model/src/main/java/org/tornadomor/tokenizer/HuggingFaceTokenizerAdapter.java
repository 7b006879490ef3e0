package org.tornadomor.tokenizer;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.tornadomor.UserError;
import org.tornadomor.model.io.TokenizerFiles;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Any Hugging Face {@code tokenizer.json}. The Hugging Face library encodes; what it knows of ids is read here too, and text is
 * decoded here ({@link TextDecoder}).
 */
public final class HuggingFaceTokenizerAdapter implements Tokenizer {
    private final Path file;
    private final TokenizerFiles files;
    private final TokenizerJson description;
    private final String fingerprint;
    private final Spellings special;
    private final Encoder parsing;
    /** Made when first needed; finds no special tokens. */
    private Encoder plain;

    private HuggingFaceTokenizerAdapter(Path file, TokenizerFiles files, TokenizerJson description) {
        this.file = file;
        this.files = files;
        this.description = description;
        fingerprint = fingerprint(json(), description.special().begin());
        List<String> spellings = description.tokens().specialSpellings();
        special = new Spellings(spellings);
        List<String> added = java.util.stream.Stream.concat(
                        spellings.stream(), description.tokens().otherAdded().stream())
                .toList();
        parsing = encoder(json(), added);
        plain = spellings.isEmpty() ? parsing : null;
    }

    private byte[] json() {
        return files.get(Tokenizers.FILE);
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
            byte[] content = PlainTextJson.of(file, json(), Set.copyOf(tokens.specialSpellings()), fingerprint);
            plain = encoder(content, tokens.otherAdded());
        }
        return plain;
    }

    private Encoder encoder(SpecialTokens how) {
        return how == SpecialTokens.PARSED ? parsing : plain();
    }

    /**
     * Reads a {@code tokenizer.json}, and what belongs to it beside it. A file that the native library did not read before is
     * first tried in a process of its own ({@link TokenizerTrial}).
     *
     * @throws UserError if a file cannot be read or is not a tokenizer, if the library crashes or hangs on it, or if it does not
     *     load
     */
    public static HuggingFaceTokenizerAdapter read(Path file) {
        return read(file, null);
    }

    /**
     * The same with the beginning token before each text, or without, whatever the files say; {@link #save} writes files
     * that say so.
     *
     * @param bos null leaves it to the files
     * @throws UserError as {@link #read(Path)}, and if the beginning token is wanted and there is none, or it is the end token
     */
    public static HuggingFaceTokenizerAdapter read(Path file, Boolean bos) {
        return read(file, bos, true);
    }

    /** As {@link #read(Path)}, but without the trial: for the process that may crash. */
    static HuggingFaceTokenizerAdapter readUntried(Path file) {
        return read(file, null, false);
    }

    private static HuggingFaceTokenizerAdapter read(Path file, Boolean bos, boolean tries) {
        TokenizerFiles files = TokenizerFiles.of(file);
        TokenizerJson description = description(file, files);
        if (tries) {
            TokenizerTrial.require(file, sha256(files.get(Tokenizers.FILE)));
        }
        if (bos != null && bos != !description.special().begin().isEmpty()) {
            // This needs no new trial: only the post-processor changes, to a kind that the library takes.
            files = withBos(file, files, description, bos);
            description = description(file, files);
        }
        return new HuggingFaceTokenizerAdapter(file, files, description);
    }

    private static TokenizerJson description(Path file, TokenizerFiles files) {
        return TokenizerJson.parse(
                file,
                files.get(Tokenizers.FILE),
                files.get(TokenizerFiles.CONFIG),
                files.get(TokenizerFiles.SPECIAL_TOKENS));
    }

    private static TokenizerFiles withBos(Path file, TokenizerFiles files, TokenizerJson description, boolean bos) {
        int id = description.special().bos();
        if (bos && (id < 0 || id == description.endOfText())) {
            throw new UserError("--bos asks for a token that begins a text, and " + file
                    + (id < 0 ? " names none" : " begins texts behind the end token of the one before")
                    + "; leave it away");
        }
        JsonMapper mapper = JsonMapper.shared();
        ObjectNode root = (ObjectNode) mapper.readTree(files.get(Tokenizers.FILE));
        byte[] before = files.get(TokenizerFiles.CONFIG);
        ObjectNode config = before == null ? mapper.createObjectNode() : (ObjectNode) mapper.readTree(before);
        String spelling = id < 0 ? null : description.tokens().spelling(id);
        BoundaryTokens.write(root, config, bos, spelling, id);
        return files.with(Tokenizers.FILE, mapper.writeValueAsBytes(root))
                .with(
                        TokenizerFiles.CONFIG,
                        mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(config));
    }

    private static String fingerprint(byte[] json, List<Integer> begin) {
        MessageDigest hash = sha256();
        hash.update(json);
        if (!begin.isEmpty()) {
            // Documents of a corpus begin with these, and another file may ask for them.
            hash.update(begin.toString().getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    private static String sha256(byte[] content) {
        return HexFormat.of().formatHex(sha256().digest(content));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
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
    public int beginOfText() {
        return description.special().bos();
    }

    @Override
    public int[] beginTokens() {
        return description.special().begin().stream().mapToInt(id -> id).toArray();
    }

    @Override
    public int specialToken(String spelling) {
        return description.special().added().getOrDefault(spelling, -1);
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
        files.write(folder);
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
        public boolean holds() {
            return way.holds();
        }

        @Override
        public String finish() {
            String rest = way.finish();
            way = description.decoder().open();
            return rest;
        }
    }

    /** What a regular expression of the library's dialect may still match is not known here, so all text comes at the end. */
    private final class WholeStream implements StreamDecoder {
        private final IntArray ids = new IntArray();

        @Override
        public String accept(int id) {
            requireKnown(id);
            ids.add(id);
            return "";
        }

        @Override
        public boolean holds() {
            return ids.count > 0;
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
