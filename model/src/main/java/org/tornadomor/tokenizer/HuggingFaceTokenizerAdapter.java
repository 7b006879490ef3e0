package org.tornadomor.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.model.io.TokenizerFiles;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Any Hugging Face {@code tokenizer.json}, run by DJL's binding of the Hugging Face library. */
public final class HuggingFaceTokenizerAdapter implements Tokenizer {
    static {
        // Without this DJL asks a cloud metadata service who we are and fetches GPU builds of its library on machines
        // with
        // CUDA. It reads the property when it first needs it, so it has to be set before.
        if (System.getProperty("ai.djl.offline") == null) {
            System.setProperty("ai.djl.offline", "true");
        }
    }

    private static final Map<String, String> PLAIN =
            Map.of("addSpecialTokens", "false", "truncation", "do_not_truncate", "padding", "do_not_pad");

    private final String name;
    private final TokenizerFiles files;
    private final TokenizerJson description;
    private final HuggingFaceTokenizer delegate;
    /** Null if only the library knows how text is cut. */
    private final WordEncoder words;

    private HuggingFaceTokenizerAdapter(
            String name, TokenizerFiles files, TokenizerJson description, HuggingFaceTokenizer delegate) {
        this.name = name;
        this.files = files;
        this.description = description;
        this.delegate = delegate;
        this.words = description.words() ? new WordEncoder(this::encode, description.added()) : null;
    }

    /**
     * Reads a {@code tokenizer.json}, and what belongs to it beside it.
     *
     * @throws UserError if a file cannot be read or is not a tokenizer, or if the native library does not load
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
        Path folder = file.toAbsolutePath().getParent();
        TokenizerFiles files = TokenizerFiles.read(folder).with(Tokenizers.FILE, readAll(file));
        TokenizerJson description = description(file, files);
        if (bos != null && bos != !description.special().begin().isEmpty()) {
            files = withBos(file, files, description, bos);
            description = description(file, files);
        }
        HuggingFaceTokenizer delegate = build(file, files.get(Tokenizers.FILE));
        return new HuggingFaceTokenizerAdapter(file.toString(), files, description, delegate);
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
        BoundaryTokens.write(root, config, bos, TokenizerJson.spelling(root, id), id);
        return files.with(Tokenizers.FILE, mapper.writeValueAsBytes(root))
                .with(
                        TokenizerFiles.CONFIG,
                        mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(config));
    }

    private static HuggingFaceTokenizer build(Path file, byte[] json) {
        try {
            return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), PLAIN);
        } catch (LinkageError | ai.djl.engine.EngineException e) {
            throw new UserError(
                    "the native tokenizer library does not load here (" + rootCause(e)
                            + "): it needs 64-bit Linux, macOS or Windows and a writable folder in DJL_CACHE_DIR;"
                            + " --tokenizer bytes works without it",
                    e);
        } catch (IOException | RuntimeException e) {
            throw new UserError(
                    file + " is not a tokenizer that the Hugging Face library reads (" + rootCause(e)
                            + "): save it again with a current version of that library",
                    e);
        }
    }

    private static String rootCause(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
        return message.lines().findFirst().orElse("").strip();
    }

    private static byte[] readAll(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UserError("cannot read " + file + ": check that it is there and readable", e);
        }
    }

    @Override
    public String name() {
        return name;
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
    public int[] encode(String text) {
        return encode(text, false);
    }

    /**
     * The ids of a text.
     *
     * @param specialTokens whether the tokenizer adds what its post-processor asks for, such as a first token
     */
    public int[] encode(String text, boolean specialTokens) {
        // DJL's own encode also copies masks, spans and spellings over from native memory, which takes as long again.
        long encoding = TokenizersLibrary.LIB.encode(delegate.getHandle(), text, specialTokens);
        try {
            return narrow(TokenizersLibrary.LIB.getTokenIds(encoding));
        } finally {
            TokenizersLibrary.LIB.deleteEncoding(encoding);
        }
    }

    @Override
    public int[] encodeBytes(byte[] utf8) {
        return words == null ? encode(new String(utf8, StandardCharsets.UTF_8)) : words.encode(utf8);
    }

    private static int[] narrow(long[] ids) {
        int[] narrow = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            narrow[i] = Math.toIntExact(ids[i]);
        }
        return narrow;
    }

    @Override
    public String decode(int[] ids) {
        return decode(ids, ids.length);
    }

    private String decode(int[] ids, int count) {
        long[] wide = new long[count];
        for (int i = 0; i < count; i++) {
            if (ids[i] < 0 || ids[i] >= vocabSize()) {
                throw new IllegalArgumentException(
                        "id " + ids[i] + " is not one of the " + vocabSize() + " of " + name);
            }
            wide[i] = ids[i];
        }
        return delegate.decode(wide, true);
    }

    @Override
    public StreamDecoder streamDecoder() {
        return new WindowStream();
    }

    @Override
    public String fingerprint() {
        try {
            MessageDigest hash = MessageDigest.getInstance("SHA-256");
            hash.update(files.get(Tokenizers.FILE));
            if (!description.special().begin().isEmpty()) {
                // Documents of a corpus begin with these, and another file may ask for them.
                hash.update(description.special().begin().toString().getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(hash.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    @Override
    public void save(Path folder) {
        files.write(folder);
    }

    @Override
    public void close() {
        delegate.close();
    }

    /**
     * Decodes a window of ids again with each new one. What a token means can depend on its neighbours (a first token
     * loses its space, bytes join to characters), and only the library knows how, so the window starts with the ids of the
     * text given out last, and new text is what the longer window adds.
     */
    private final class WindowStream implements StreamDecoder {
        private int[] window = new int[16];
        private int known; // ids at the start of the window whose text was given out
        private int count;

        @Override
        public String accept(int id) {
            if (count == window.length) {
                window = Arrays.copyOf(window, 2 * count);
            }
            window[count++] = id;
            String text = decode(window, count);
            // An unfinished character shows as a replacement character until its last byte is there.
            return text.endsWith("\uFFFD") ? "" : advance(text);
        }

        @Override
        public String flush() {
            String rest = advance(decode(window, count));
            known = 0;
            count = 0;
            return rest;
        }

        private String advance(String text) {
            String before = decode(window, known);
            if (text.length() <= before.length()) {
                return "";
            }
            System.arraycopy(window, known, window, 0, count - known);
            count -= known;
            known = count;
            return text.substring(before.length());
        }
    }
}
