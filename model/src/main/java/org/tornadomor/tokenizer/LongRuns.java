package org.tornadomor.tokenizer;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts texts within runs of a million characters of one kind. A regular expression that goes through a whole run and back, as
 * those of published tokenizers do with white space, takes as many steps back as the run has characters, and the library ends
 * the process at ten millions. Elsewhere no text is cut.
 */
final class LongRuns {
    private static final int LONGEST = 1 << 20;

    private LongRuns() {}

    /** The pieces, which together are the text; mostly one. */
    static List<String> cut(String text) {
        return cut(text, LONGEST);
    }

    static List<String> cut(String text, int longest) {
        if (text.length() <= longest) {
            return List.of(text);
        }
        List<String> pieces = new ArrayList<>();
        int piece = 0;
        int run = 0;
        int kind = -1;
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (Character.isLowSurrogate(c)) {
                continue;
            }
            int now = kind(c);
            if (now != kind) {
                kind = now;
                run = at;
            } else if (at - run >= longest) {
                pieces.add(text.substring(piece, at));
                piece = at;
                run = at;
            }
        }
        pieces.add(text.substring(piece));
        return pieces;
    }

    /** Letters with their marks, numbers, white space and the rest, as expressions tell them apart. */
    private static int kind(char c) {
        if (Character.isLetter(c) || Character.getType(c) == Character.NON_SPACING_MARK) {
            return 0;
        }
        if (Character.isWhitespace(c) || Character.isSpaceChar(c)) {
            return 1;
        }
        return Character.isDigit(c) ? 2 : 3;
    }
}
