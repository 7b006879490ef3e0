package org.tornadomor.data;

import java.util.Arrays;

/**
 * What the first bytes of a file say of its encoding. Text of UTF-16 or UTF-32 is refused by name: read as UTF-8 it would be no
 * text at all or, if plain English, a text with a NUL beside each letter.
 */
final class TextEncoding {
    /** The byte order mark in UTF-8, which some editors put before a text and which is no part of it. */
    private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    /** Bytes that are looked at. */
    private static final int START = 1 << 16;

    /** The least share of UTF-16 units with a zero byte; spaces and line ends alone are more in every script that has them. */
    private static final double LEAST_SHARE = 0.08;

    /** One zero may be a character of its own. */
    private static final int LEAST_ZEROS = 2;

    /** How much rarer zeros are in the other bytes. */
    private static final int RARER = 20;

    private TextEncoding() {}

    /** How many bytes a mark takes at the start of a text. */
    static int markLength(byte[] bytes, int length) {
        return length >= MARK.length && Arrays.equals(bytes, 0, MARK.length, MARK, 0, MARK.length) ? MARK.length : 0;
    }

    /** The name of an encoding that is certainly not UTF-8, as iconv knows it, or null. */
    static String other(byte[] bytes, int length) {
        String marked = marked(bytes, length);
        return marked != null ? marked : unmarked(bytes, Math.min(length, START) & ~3);
    }

    private static String marked(byte[] bytes, int length) {
        if (startsWith(bytes, length, 0xFF, 0xFE, 0, 0)) {
            return "UTF-32LE";
        }
        if (startsWith(bytes, length, 0, 0, 0xFE, 0xFF)) {
            return "UTF-32BE";
        }
        if (startsWith(bytes, length, 0xFF, 0xFE)) {
            return "UTF-16LE";
        }
        return startsWith(bytes, length, 0xFE, 0xFF) ? "UTF-16BE" : null;
    }

    private static boolean startsWith(byte[] bytes, int length, int... start) {
        if (length < start.length) {
            return false;
        }
        for (int i = 0; i < start.length; i++) {
            if (Byte.toUnsignedInt(bytes[i]) != start[i]) {
                return false;
            }
        }
        return true;
    }

    /** Letters of most scripts are small numbers, so that zeros stand in every second byte, or in two or three of four. */
    private static String unmarked(byte[] bytes, int length) {
        int[] zeros = new int[4];
        for (int i = 0; i < length; i++) {
            zeros[i & 3] += bytes[i] == 0 ? 1 : 0;
        }
        int wide = length / 4;
        if (wide == 0) {
            return null;
        }
        // No character is above U+10FFFF.
        if (zeros[3] == wide && zeros[2] > wide / 2 && zeros[0] < wide) {
            return "UTF-32LE";
        }
        if (zeros[0] == wide && zeros[1] > wide / 2 && zeros[3] < wide) {
            return "UTF-32BE";
        }
        int first = zeros[0] + zeros[2];
        int second = zeros[1] + zeros[3];
        double least = Math.max(LEAST_ZEROS, LEAST_SHARE * length / 2);
        if (second >= least && second > RARER * first) {
            return "UTF-16LE";
        }
        return first >= least && first > RARER * second ? "UTF-16BE" : null;
    }
}
