package org.tornadomor.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The byte-level alphabet and the words of GPT-2: each byte is spelled as one printable character, and merges never cross
 * the border of a word. Hugging Face's library calls the same {@code ByteLevel}.
 */
final class ByteLevel {
    /** The number of bytes, and so of symbols. */
    static final int SYMBOLS = 256;

    /**
     * A contraction; letters, numbers or other signs, each with one space before them; white space, of which the last
     * character goes to the word behind it.
     */
    private static final Pattern WORDS = Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            Pattern.UNICODE_CHARACTER_CLASS);

    private static final char[] SPELLING = new char[SYMBOLS];
    private static final int[] IDS = new int[SYMBOLS];

    static {
        // Printable Latin-1 stands for itself; the other bytes take the characters from 256 on.
        char next = SYMBOLS;
        for (int b = 0; b < SYMBOLS; b++) {
            boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            SPELLING[b] = printable ? (char) b : next++;
        }
        for (int b = 0; b < SYMBOLS; b++) {
            for (char other : SPELLING) {
                IDS[b] += other < SPELLING[b] ? 1 : 0;
            }
        }
    }

    private ByteLevel() {}

    /** The character of a byte, 0 to 255. */
    static char spelling(int b) {
        return SPELLING[b];
    }

    /** The ids of the bytes of a word: the place of each in the alphabet, in the order of the characters, as in GPT-2. */
    static int[] ids(String word) {
        byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
        int[] ids = new int[bytes.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = IDS[Byte.toUnsignedInt(bytes[i])];
        }
        return ids;
    }

    /** The spelling of the symbol with an id below 256. */
    static String symbol(int id) {
        for (int b = 0; b < SYMBOLS; b++) {
            if (IDS[b] == id) {
                return String.valueOf(SPELLING[b]);
            }
        }
        throw new IllegalArgumentException("symbol " + id);
    }

    /** Cuts a text into its words, which together are the text. */
    static void words(String text, Consumer<String> consumer) {
        Matcher matcher = WORDS.matcher(text);
        while (matcher.find()) {
            consumer.accept(text.substring(matcher.start(), matcher.end()));
        }
    }
}
