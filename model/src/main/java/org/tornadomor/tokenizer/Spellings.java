package org.tornadomor.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Finds tokens that a text spells. */
final class Spellings {
    private final byte[][] tokens;
    /** By byte: whether any token begins with it. */
    private final boolean[] begins = new boolean[256];

    Spellings(List<String> tokens) {
        this.tokens = tokens.stream()
                .filter(token -> !token.isEmpty())
                .map(token -> token.getBytes(StandardCharsets.UTF_8))
                .sorted(Comparator.comparingInt((byte[] token) -> -token.length))
                .toArray(byte[][]::new);
        for (byte[] token : this.tokens) {
            begins[Byte.toUnsignedInt(token[0])] = true;
        }
    }

    /** Whether a text spells any of them. */
    boolean isIn(byte[] utf8) {
        for (int i = 0; i < utf8.length; i++) {
            if (lengthAt(utf8, i) > 0) {
                return true;
            }
        }
        return false;
    }

    /** How many of them a text spells, the leftmost and of those the longest first. */
    long count(byte[] utf8) {
        long count = 0;
        int at = 0;
        while (at < utf8.length) {
            int length = lengthAt(utf8, at);
            count += length > 0 ? 1 : 0;
            at += Math.max(1, length);
        }
        return count;
    }

    private int lengthAt(byte[] utf8, int at) {
        if (begins[Byte.toUnsignedInt(utf8[at])]) {
            for (byte[] token : tokens) {
                if (at + token.length <= utf8.length
                        && Arrays.equals(utf8, at, at + token.length, token, 0, token.length)) {
                    return token.length;
                }
            }
        }
        return 0;
    }
}
