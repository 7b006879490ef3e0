package org.tornadomor.terminal;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Puts text into lines. Words are never broken: one that is longer than a line has a line of its own. */
public final class Layout {
    private static final String GAP = "  ";

    private Layout() {}

    /** Prints a message that a terminal gets in lines of its width, and anything else in one line. */
    public static void paragraph(PrintWriter out, String text) {
        wrap(TerminalPrinter.shown(out, text), "", "", TerminalPrinter.columns(out))
                .forEach(out::println);
    }

    /** Prints a line for each key, with the values below each other. */
    public static void keyValues(PrintWriter out, Map<String, String> values) {
        int width = values.keySet().stream().mapToInt(String::length).max().orElse(0);
        values.forEach((key, value) -> keyValue(out, "", key, width, value).forEach(out::println));
    }

    /**
     * The lines of a key and its value.
     *
     * @param indent what stands before the key
     * @param width of the longest key
     */
    static List<String> keyValue(PrintWriter out, String indent, String key, int width, String value) {
        String before = indent + key + " ".repeat(width - key.length()) + GAP;
        String text = TerminalPrinter.line(out, value);
        int room = TerminalPrinter.columns(out) - before.length();
        if (longestWord(text) <= room) {
            return wrap(text, before, " ".repeat(before.length()), TerminalPrinter.columns(out));
        }
        List<String> lines = new ArrayList<>(List.of(before.stripTrailing()));
        String deeper = indent + GAP + GAP;
        lines.addAll(wrap(text, deeper, deeper, TerminalPrinter.columns(out)));
        return lines;
    }

    private static int longestWord(String text) {
        int longest = 0;
        for (String word : text.split(" ")) {
            longest = Math.max(longest, word.length());
        }
        return longest;
    }

    /**
     * Breaks a text at spaces.
     *
     * @param first what stands before it in the first line
     * @param next what stands before it in the others
     * @param width characters that a line may have
     */
    public static List<String> wrap(String text, String first, String next, int width) {
        if (first.length() + text.length() <= width) {
            return List.of((first + text).stripTrailing());
        }
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder(first);
        boolean empty = true;
        for (String word : text.split(" ")) {
            if (!empty && line.length() + 1 + word.length() > width) {
                lines.add(line.toString().stripTrailing());
                line = new StringBuilder(next);
                empty = true;
            }
            line.append(empty ? "" : " ").append(word);
            empty = false;
        }
        lines.add(line.toString().stripTrailing());
        return lines;
    }
}
