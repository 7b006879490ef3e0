package org.tornadomor.tasks;

import java.nio.charset.StandardCharsets;
import org.tornadomor.template.PyText;

/** How the harness measures text, besides the methods of Python's own text ({@link PyText}). */
final class PythonText {
    private PythonText() {}

    /** Whether a text is a number of ASCII digits and nothing else. */
    static boolean isDigits(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
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
            boolean space = PyText.isSpace(text.codePointAt(at));
            count += space && !blank ? 1 : 0;
            blank = space;
        }
        return count;
    }
}
