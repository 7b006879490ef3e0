package org.tornadomor.tasks;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** What Python's text methods do, as far as the harness itself uses them; lengths are in code points. */
final class PythonText {
    private PythonText() {}

    /** Whether {@code isspace} holds of a character. */
    static boolean isSpace(int point) {
        return point >= 9 && point <= 13
                || point >= 0x1c && point <= 0x20
                || point == 0x85
                || point >= 0xa0 && Character.isSpaceChar(point);
    }

    /** As {@code rstrip}. */
    static String stripEnd(String text) {
        int to = text.length();
        while (to > 0 && isSpace(text.codePointBefore(to))) {
            to -= Character.charCount(text.codePointBefore(to));
        }
        return text.substring(0, to);
    }

    /** As {@code lstrip}. */
    static String stripStart(String text) {
        int from = 0;
        while (from < text.length() && isSpace(text.codePointAt(from))) {
            from += Character.charCount(text.codePointAt(from));
        }
        return text.substring(from);
    }

    /** As {@code strip}. */
    static String strip(String text) {
        return stripStart(stripEnd(text));
    }

    /** As {@code capitalize}: the first letter large, all others small. */
    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.offsetByCodePoints(0, 1);
        int title = Character.toTitleCase(text.codePointAt(0));
        return Character.toString(title) + text.substring(first).toLowerCase(Locale.ROOT);
    }

    /** Whether a text is a number of ASCII digits and nothing else. */
    static boolean isDigits(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** As {@code len}. */
    static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Bytes in UTF-8. */
    static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** Parts between runs of blanks, as the harness counts words: {@code len(re.split(r"\s+", text))}. */
    static int words(String text) {
        int count = 1;
        boolean blank = false;
        for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
            boolean space = isSpace(text.codePointAt(at));
            count += space && !blank ? 1 : 0;
            blank = space;
        }
        return count;
    }
}
