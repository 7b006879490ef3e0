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
import org.tornadomor.model.io.InputFile;

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
    private final byte[] json;
    private final byte[] config;
    private final TokenizerJson description;
    private final HuggingFaceTokenizer delegate;
    /** Null if only the library knows how text is cut. */
    private final WordEncoder words;

    private HuggingFaceTokenizerAdapter(
            String name, byte[] json, byte[] config, TokenizerJson description, HuggingFaceTokenizer delegate) {
        this.name = name;
        this.json = json;
        this.config = config;
        this.description = description;
        this.delegate = delegate;
        this.words = description.words() ? new WordEncoder(this::encode, description.added()) : null;
    }

    /**
     * Reads a {@code tokenizer.json}, and the {@code tokenizer_config.json} beside it where there is one.
     *
     * @throws UserError if a file cannot be read or is not a tokenizer, or if the native library does not load
     */
    public static HuggingFaceTokenizerAdapter read(Path file) {
        byte[] json = readAll(file);
        Path configFile = file.resolveSibling("tokenizer_config.json");
        byte[] config = Files.isRegularFile(configFile) ? readAll(configFile) : null;
        TokenizerJson description = TokenizerJson.parse(file, json, config);
        return new HuggingFaceTokenizerAdapter(file.toString(), json, config, description, build(file, json));
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
            return InputFile.bytes(file);
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
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(json));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
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
