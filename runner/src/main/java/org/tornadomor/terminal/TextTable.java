package org.tornadomor.terminal;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Lines of words in columns: the first, or the first few, to the left, the others, mostly numbers, to the right. */
public final class TextTable {
    private static final String GAP = "  ";

    /** Up to this many lines, headings included, a table that is too wide is easier to read as lists. */
    private static final int FEW_ROWS = 3;

    private final List<String[]> rows = new ArrayList<>();
    private int left = 1;

    /** A table with these headings. */
    public TextTable(String... headings) {
        rows.add(headings);
    }

    /** Puts so many columns to the left instead of one. */
    public TextTable left(int columns) {
        left = columns;
        return this;
    }

    /** Adds a line with as many cells as there are headings. */
    public TextTable row(String... cells) {
        if (cells.length != rows.getFirst().length) {
            throw new IllegalArgumentException(Arrays.toString(cells));
        }
        rows.add(cells);
        return this;
    }

    /**
     * Prints all lines. A terminal that is too narrow for them gets the columns in several parts, each with the first ones before it; or
     * where that does not go, or there are but a few rows, each row as a list.
     */
    public void print(PrintWriter out) {
        rows.replaceAll(row ->
                Arrays.stream(row).map(cell -> TerminalPrinter.line(out, cell)).toArray(String[]::new));
        int limit = TerminalPrinter.columns(out);
        int[] widths = new int[rows.getFirst().length];
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        List<List<Integer>> parts = parts(widths, limit);
        if (parts.size() == 1) {
            print(out, widths, parts.getFirst());
        } else if (parts.isEmpty() || rows.size() <= FEW_ROWS) {
            rows.subList(1, rows.size()).forEach(row -> printList(out, row));
        } else {
            for (int i = 0; i < parts.size(); i++) {
                if (i > 0) {
                    out.println();
                }
                print(out, widths, parts.get(i));
            }
        }
    }

    /** Which columns go side by side within a number of characters; nothing if even a single one does not fit. */
    private List<List<Integer>> parts(int[] widths, int limit) {
        List<Integer> first = new ArrayList<>();
        long before = 0;
        for (int i = 0; i < left; i++) {
            first.add(i);
            before += widths[i] + (i == 0 ? 0 : GAP.length());
        }
        List<List<Integer>> parts = new ArrayList<>();
        List<Integer> part = new ArrayList<>(first);
        long length = before;
        for (int i = left; i < widths.length; i++) {
            int more = widths[i] == 0 ? 0 : widths[i] + GAP.length();
            if (length + more > limit && part.size() > left) {
                parts.add(part);
                part = new ArrayList<>(first);
                length = before;
            }
            if (length + more > limit) {
                return List.of();
            }
            part.add(i);
            length += more;
        }
        parts.add(part);
        return before > limit || parts.size() > 1 && before > limit / 2 ? List.of() : parts;
    }

    private void print(PrintWriter out, int[] widths, List<Integer> columns) {
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i : columns) {
                String space = " ".repeat(widths[i] - row[i].length());
                line.append(i == 0 || widths[i] == 0 ? "" : GAP).append(i < left ? row[i] + space : space + row[i]);
            }
            out.println(line.toString().stripTrailing());
        }
    }

    /** A row below its first cell, with a line for each other one. */
    private void printList(PrintWriter out, String[] row) {
        String[] headings = rows.getFirst();
        int width = Arrays.stream(headings, 1, headings.length)
                .mapToInt(String::length)
                .max()
                .orElse(0);
        String name = row[0].stripLeading();
        String indent = row[0].substring(0, row[0].length() - name.length());
        if (!name.isEmpty()) {
            Layout.wrap(name, indent, indent, TerminalPrinter.columns(out)).forEach(out::println);
        }
        for (int i = 1; i < row.length; i++) {
            if (!row[i].isEmpty()) {
                Layout.keyValue(out, indent + GAP, headings[i], width, row[i]).forEach(out::println);
            }
        }
    }
}
