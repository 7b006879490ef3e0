package org.tornadomor.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Lines of words in columns: the first, or the first few, to the left, the others, mostly numbers, to the right. */
public final class TextTable {
    private static final String GAP = "  ";

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

    /** Prints all lines. */
    public void print(PrintWriter out) {
        rows.replaceAll(row ->
                Arrays.stream(row).map(cell -> TerminalPrinter.line(out, cell)).toArray(String[]::new));
        int[] widths = new int[rows.getFirst().length];
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                String space = " ".repeat(widths[i] - row[i].length());
                line.append(i == 0 ? "" : GAP).append(i < left ? row[i] + space : space + row[i]);
            }
            out.println(line.toString().stripTrailing());
        }
    }
}
