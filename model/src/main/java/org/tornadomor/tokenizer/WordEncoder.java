package org.tornadomor.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Encodes long texts word by word and remembers the ids of words. In the layout of GPT-2 no token crosses the border of a
 * word, and most of a text are words that came before, so that the library, which spends most of its time on cutting text
 * into strings, is asked only for new words. Words are those of {@link ByteLevel}, found in the bytes of the text.
 *
 * <p>Each thread has a memory of its own, of bounded size.
 */
final class WordEncoder {
    /** Longer words are rare and not remembered. */
    private static final int LONGEST = 256;

    /** How many words are remembered; then all are forgotten. */
    private static final int MOST = 1 << 17;

    private static final int CAPACITY = 2 * MOST;

    private static final byte SPACE = 0;
    private static final byte LETTER = 1;
    private static final byte NUMBER = 2;
    private static final byte OTHER = 3;
    private static final byte[] ASCII = new byte[128];

    static {
        for (int c = 0; c < ASCII.length; c++) {
            ASCII[c] = classOf(c);
        }
    }

    private final Function<String, int[]> library;
    private final Spellings added;
    private final ThreadLocal<Memory> memory = ThreadLocal.withInitial(Memory::new);

    /**
     * An encoder.
     *
     * @param library encodes a word
     * @param added tokens that are found in the text before it is cut into words
     */
    WordEncoder(Function<String, int[]> library, List<String> added) {
        this.library = library;
        this.added = new Spellings(added);
    }

    /** The ids of a text as valid UTF-8. */
    int[] encode(byte[] utf8) {
        return added.isIn(utf8)
                ? library.apply(new String(utf8, StandardCharsets.UTF_8))
                : memory.get().encode(utf8);
    }

    /** Where the word that begins at a place ends. */
    static int wordEnd(byte[] text, int from) {
        int contraction = contraction(text, from);
        if (contraction > 0) {
            return from + contraction;
        }
        int first = from;
        byte kind = kind(text, first);
        if (text[from] == ' ' && from + 1 < text.length) {
            first = from + 1;
            kind = kind(text, first);
        }
        return kind == SPACE ? whiteSpaceEnd(text, from) : runEnd(text, first, kind);
    }

    private static int contraction(byte[] text, int at) {
        if (text[at] != '\'' || at + 1 >= text.length) {
            return 0;
        }
        byte next = text[at + 1];
        if (next == 's' || next == 't' || next == 'm' || next == 'd') {
            return 2;
        }
        byte last = at + 2 < text.length ? text[at + 2] : 0;
        return (next == 'r' || next == 'v') && last == 'e' || next == 'l' && last == 'l' ? 3 : 0;
    }

    private static int runEnd(byte[] text, int from, byte kind) {
        int at = from;
        while (at < text.length && kind(text, at) == kind) {
            at += length(text[at]);
        }
        return at;
    }

    /** White space, of which the last character is left to the word behind it, or stands alone. */
    private static int whiteSpaceEnd(byte[] text, int from) {
        int last = from;
        int end = from;
        while (end < text.length && kind(text, end) == SPACE) {
            last = end;
            end += length(text[end]);
        }
        return end == text.length || last == from ? end : last;
    }

    private static byte kind(byte[] text, int at) {
        byte b = text[at];
        return b >= 0 ? ASCII[b] : classOf(codePoint(text, at));
    }

    /** Bytes of the character that begins with a byte. */
    private static int length(byte b) {
        return b >= 0 ? 1 : b < (byte) 0xE0 ? 2 : b < (byte) 0xF0 ? 3 : 4;
    }

    private static int codePoint(byte[] text, int at) {
        int length = length(text[at]);
        int point = text[at] & 0x7F >> length;
        for (int i = 1; i < length; i++) {
            point = point << 6 | text[at + i] & 0x3F;
        }
        return point;
    }

    private static byte classOf(int point) {
        return switch (Character.getType(point)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER -> LETTER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> SPACE;
            default -> point >= '\t' && point <= '\r' || point == 0x85 ? SPACE : OTHER;
        };
    }

    /** What one thread remembers: a hash table of words and their ids. */
    private final class Memory {
        private final byte[][] words = new byte[CAPACITY][];
        private final int[][] ids = new int[CAPACITY][];
        private int used;
        private int[] result = new int[1 << 12];
        private int count;

        int[] encode(byte[] text) {
            count = 0;
            for (int from = 0; from < text.length; ) {
                int to = wordEnd(text, from);
                append(to - from <= LONGEST ? remembered(text, from, to) : ask(text, from, to));
                from = to;
            }
            return Arrays.copyOf(result, count);
        }

        private void append(int[] more) {
            if (count + more.length > result.length) {
                result = Arrays.copyOf(result, Math.max(2 * result.length, count + more.length));
            }
            System.arraycopy(more, 0, result, count, more.length);
            count += more.length;
        }

        private int[] ask(byte[] text, int from, int to) {
            return library.apply(new String(text, from, to - from, StandardCharsets.UTF_8));
        }

        private int[] remembered(byte[] text, int from, int to) {
            int place = hash(text, from, to) & CAPACITY - 1;
            while (words[place] != null) {
                if (Arrays.equals(words[place], 0, words[place].length, text, from, to)) {
                    return ids[place];
                }
                place = place + 1 & CAPACITY - 1;
            }
            int[] answer = ask(text, from, to);
            if (used == MOST) {
                Arrays.fill(words, null);
                Arrays.fill(ids, null);
                used = 0;
                place = hash(text, from, to) & CAPACITY - 1;
            }
            words[place] = Arrays.copyOfRange(text, from, to);
            ids[place] = answer;
            used++;
            return answer;
        }

        private static int hash(byte[] text, int from, int to) {
            long hash = 0;
            for (int i = from; i < to; i++) {
                hash = (hash ^ text[i]) * 0x9E3779B97F4A7C15L;
            }
            return (int) (hash >>> Integer.SIZE);
        }
    }
}
