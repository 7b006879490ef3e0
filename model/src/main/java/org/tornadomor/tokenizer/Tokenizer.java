package org.tornadomor.tokenizer;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Text to token ids and back. {@link #encode} adds no special tokens of its own accord, and treats text that spells one as text
 * unless told otherwise. Safe for use by several threads.
 */
public interface Tokenizer extends AutoCloseable {
    /** What it is, for messages and records: {@code bytes}, or the path it was read from. */
    String name();

    /** The largest id plus one: the least vocabulary that a model needs for this tokenizer. */
    int vocabSize();

    /** The id that ends a document and stops generation, or -1 if the tokenizer has none. */
    int endOfText();

    /** The id that begins a text, whether or not it is put before texts; -1 if the tokenizer has none. */
    default int beginOfText() {
        return -1;
    }

    /** The ids that its files put before a text: often none, or {@link #beginOfText} alone. */
    default int[] beginTokens() {
        return new int[0];
    }

    /** Puts {@link #beginTokens} before the ids of a text, unless these begin with them already. */
    default int[] begun(int[] ids) {
        return TextBoundaries.behind(beginTokens(), ids);
    }

    /** The id of a special token by its spelling, or -1. */
    default int specialToken(String spelling) {
        return -1;
    }

    /** The ids of a text, without special tokens before or after it; text that spells one stays text. */
    default int[] encode(String text) {
        return encode(text, SpecialTokens.AS_TEXT);
    }

    /**
     * The ids of a text, without special tokens before or after it.
     *
     * @param special what becomes of text that spells one
     * @throws org.tornadomor.UserError if the tokenizer cannot encode it
     */
    int[] encode(String text, SpecialTokens special);

    /** As {@link #encode(String)} for a text given as valid UTF-8. */
    default int[] encodeBytes(byte[] utf8) {
        return encodeBytes(utf8, SpecialTokens.AS_TEXT);
    }

    /** As {@link #encode(String, SpecialTokens)} for a text given as valid UTF-8. */
    int[] encodeBytes(byte[] utf8, SpecialTokens special);

    /** Whether an id is a special token, which gives no text. */
    boolean isSpecial(int id);

    /**
     * How many special tokens a text spells. Changes that the tokenizer makes to a text before it looks for them are not
     * considered.
     */
    long countSpelled(byte[] utf8);

    /**
     * The text of some ids. Special tokens give no text, and bytes that are not valid UTF-8 give replacement characters.
     *
     * @throws IllegalArgumentException if an id is negative or not below {@link #vocabSize}
     */
    String decode(int[] ids);

    /** How many bytes of UTF-8 text some ids stand for: the divisor of a loss per byte. */
    default long countBytes(int[] ids) {
        return decode(ids).getBytes(StandardCharsets.UTF_8).length;
    }

    /** A decoder for one new stream of ids. */
    StreamDecoder streamDecoder();

    /** A hash of everything that decides the ids: equal fingerprints encode equally. */
    String fingerprint();

    /**
     * Writes what {@link Tokenizers#forCheckpoint} needs to find this tokenizer again ({@code tokenizer.json} and its
     * configuration) into an existing folder. The byte tokenizer needs nothing.
     *
     * @throws org.tornadomor.UserError if a file cannot be written
     */
    void save(Path folder);

    /** Frees native memory, if there is any. */
    @Override
    void close();
}
