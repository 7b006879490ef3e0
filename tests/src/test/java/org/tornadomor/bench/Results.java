package org.tornadomor.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.ObjectMapper;

/**
 * A table of measurements: markdown on standard output as the rows come, and with {@code -Dbench.json=FILE} each row as a line of
 * JSON at the end of that file, with {@code -Dbench.section=NAME} as its section.
 */
final class Results {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String title;
    private final List<String> columns;

    /** Begins a table. */
    Results(String title, String... columns) {
        this.title = title;
        this.columns = List.of(columns);
        System.out.printf(
                "%n### %s%n%n| %s |%n|%s%n", title, String.join(" | ", columns), "---|".repeat(columns.length));
    }

    /** Adds a row: a string or a number for each column; null and NaN for what was not measured. */
    void row(Object... values) {
        if (values.length != columns.size()) {
            throw new IllegalArgumentException(Arrays.toString(values) + " for " + columns);
        }
        List<String> cells = new ArrayList<>();
        Map<String, Object> fields = new LinkedHashMap<>();
        String section = System.getProperty("bench.section");
        if (section != null) {
            fields.put("section", section);
        }
        fields.put("table", title);
        for (int i = 0; i < values.length; i++) {
            boolean missing = values[i] == null || values[i] instanceof Double d && d.isNaN();
            cells.add(missing ? "" : values[i] instanceof Double d ? number(d) : values[i].toString());
            fields.put(columns.get(i), missing ? null : values[i]);
        }
        System.out.println("| " + String.join(" | ", cells) + " |");
        System.out.flush();
        String file = System.getProperty("bench.json");
        if (file != null) {
            try {
                Files.writeString(
                        Path.of(file),
                        JSON.writeValueAsString(fields) + "\n",
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new IllegalStateException("cannot write " + file, e);
            }
        }
    }

    /** Three digits that matter. */
    private static String number(double value) {
        double size = Math.abs(value);
        int digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    /** A sentence below the table. */
    static void note(String text) {
        System.out.println("\n" + text);
    }

    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    static double geometricMean(List<Double> values) {
        return Math.exp(values.stream().mapToDouble(Math::log).average().orElse(Double.NaN));
    }
}
