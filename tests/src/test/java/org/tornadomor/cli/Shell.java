package org.tornadomor.cli;

import java.util.ArrayList;
import java.util.List;

/** Words of a command as a shell has them: quotes and backslashes, as far as examples need them. */
public final class Shell {
    private Shell() {}

    /** The words, the quotes taken away. */
    public static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean any = false;
        char quote = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quote != 0 && c == quote) {
                quote = 0;
            } else if (quote == 0 && (c == '\'' || c == '"')) {
                quote = c;
                any = true;
            } else if (quote == 0 && Character.isWhitespace(c)) {
                if (any) {
                    words.add(word.toString());
                }
                word.setLength(0);
                any = false;
            } else {
                word.append(c);
                any = true;
            }
        }
        if (quote != 0) {
            throw new IllegalArgumentException("a quote is open: " + line);
        }
        if (any) {
            words.add(word.toString());
        }
        return words;
    }
}
