package org.tornadomor.tasks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.data.DuckDb;
import org.tornadomor.files.InputFile;
import org.tornadomor.files.JsonFault;
import org.tornadomor.files.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Reads the documents of files: JSON objects a line or in an array, Parquet, and CSV with a line of names. */
final class Documents {
    /** Answers of CSV files without a line of names. */
    private static final String LETTERS = "ABCDEFGH";

    private Documents() {}

    /**
     * The documents of some files, in order.
     *
     * @param bare columns of a CSV file that has no line of names: a question, choices under the letters from A on, and the letter of
     *     the answer; empty if there is no such file
     * @throws UserError naming the file and place of what cannot be read
     */
    static List<Doc> read(List<Path> files, List<String> bare) {
        List<Doc> docs = new ArrayList<>();
        for (Path file : files) {
            String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
            try {
                if (name.endsWith(".parquet")) {
                    readTable(file, docs, DuckDb.parquet(file));
                } else if (name.endsWith(".csv")) {
                    readCsv(file, docs, bare);
                } else {
                    readJson(file, docs);
                }
            } catch (IOException e) {
                throw UserError.file("read", file, e);
            }
        }
        return docs;
    }

    private static void readJson(Path file, List<Doc> docs) throws IOException {
        String text;
        try {
            text = InputFile.text(file);
        } catch (CharacterCodingException e) {
            throw new UserError(file + " is not valid UTF-8; convert it", e);
        }
        text = text.startsWith("\ufeff") ? text.substring(1) : text;
        if (text.stripLeading().startsWith("[")) {
            int item = 0;
            for (JsonNode node : json(text, file.toString(), true)) {
                add(docs, file + " item " + ++item, node);
            }
            return;
        }
        int line = 0;
        // Not at every line end that Unicode knows: some of them occur within texts.
        for (String written : text.split("\n", -1)) {
            line++;
            if (!written.isBlank()) {
                String place = file + " line " + line;
                add(docs, place, json(written, place, false));
            }
        }
    }

    /** @param whole whether the place does not name the line */
    private static JsonNode json(String text, String place, boolean whole) {
        try {
            return StrictJson.parse(text);
        } catch (JacksonException e) {
            String fault = whole ? JsonFault.of(e) : JsonFault.inLine(e);
            throw new UserError(place + " is not valid JSON (" + fault + "): mend or remove it", e);
        }
    }

    private static void add(List<Doc> docs, String place, JsonNode node) {
        if (!node.isObject()) {
            throw new UserError(place + " is no JSON object; each document is one");
        }
        docs.add(new Doc(docs.size(), place, fields(node)));
    }

    /** The fields of a JSON object as a document has them. */
    static Map<String, Object> fields(JsonNode object) {
        Map<String, Object> fields = new LinkedHashMap<>();
        object.properties().forEach(entry -> fields.put(entry.getKey(), value(entry.getValue())));
        return fields;
    }

    private static Object value(JsonNode node) {
        if (node.isObject()) {
            return fields(node);
        }
        if (node.isArray()) {
            List<Object> items = new ArrayList<>();
            node.forEach(item -> items.add(value(item)));
            return items;
        }
        if (node.isString()) {
            return node.stringValue();
        }
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        if (node.isIntegralNumber()) {
            return node.canConvertToLong() ? (Object) node.longValue() : node.bigIntegerValue();
        }
        return node.isNumber() ? (Object) node.doubleValue() : null;
    }

    private static void readCsv(Path file, List<Doc> docs, List<String> bare) throws IOException {
        String options = "delim = ',', quote = '\"', escape = '\"', sample_size = -1,"
                + " auto_type_candidates = ['BIGINT', 'DOUBLE', 'VARCHAR'], ";
        String table = "read_csv('" + DuckDb.pattern(file) + "', " + options;
        if (bare.isEmpty() || hasNames(file, bare)) {
            readTable(file, docs, table + "header = true)");
            return;
        }
        String columns = "{'" + String.join("': 'VARCHAR', '", bare) + "': 'VARCHAR'}";
        int before = docs.size();
        readTable(file, docs, table + "header = false, auto_detect = false, columns = " + columns + ")");
        docs.subList(before, docs.size()).replaceAll(Documents::lettered);
    }

    /** Whether the first line of a file holds names: one of them is the name of the first column. */
    private static boolean hasNames(Path file, List<String> bare) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(InputFile.require(file))) {
            String first = String.valueOf(lines.readLine()).replace("\ufeff", "");
            return List.of(first.replace("\"", "").split(",")).contains(bare.getFirst());
        } catch (CharacterCodingException e) {
            throw new UserError(file + " is not valid UTF-8; convert it", e);
        }
    }

    /** A document whose choices are columns named by letters. */
    private static Doc lettered(Doc row) {
        Map<String, Object> fields = new LinkedHashMap<>();
        List<Object> choices = new ArrayList<>();
        row.fields().forEach((name, value) -> {
            if (name.length() == 1) {
                choices.add(String.valueOf(value));
            } else {
                fields.put(name, value);
            }
        });
        fields.put("choices", choices);
        int answer = LETTERS.indexOf(String.valueOf(fields.get("answer")).strip());
        if (answer < 0
                || answer >= choices.size()
                || String.valueOf(fields.get("answer")).isBlank()) {
            throw new UserError(row.place() + " has the answer '" + fields.get("answer")
                    + "', which is no letter of its " + choices.size() + " choices: mend it");
        }
        fields.put("answer", (long) answer);
        return new Doc(row.index(), row.place(), fields);
    }

    /**
     * Reads what DuckDB calls a table. DuckDB takes a file name for a pattern; the pattern given here matches only the file
     * itself.
     */
    private static void readTable(Path file, List<Doc> docs, String table) {
        boolean csv = table.startsWith("read_csv");
        try (Connection connection = DuckDb.open(false);
                Statement statement = connection.createStatement()) {
            InputFile.require(file);
            try (ResultSet rows = statement.executeQuery("SELECT to_json(t)::VARCHAR FROM " + table + " t")) {
                int row = 0;
                while (rows.next()) {
                    String place = file + " row " + ++row;
                    JsonNode node = StrictJson.parse(rows.getString(1));
                    Doc doc = new Doc(docs.size(), place, fields(node));
                    if (csv) {
                        doc.fields().replaceAll((name, value) -> cell(value));
                    }
                    docs.add(doc);
                }
            }
        } catch (SQLException e) {
            throw new UserError(
                    "cannot read " + file + " (" + DuckDb.reason(e) + "): it may be cut off or of another format", e);
        }
    }

    /** A cell of a CSV file: a list may be written as in JSON or Python, and nothing is an empty text. */
    private static Object cell(Object value) {
        if (value == null) {
            return "";
        }
        if (!(value instanceof String text) || text.isEmpty() || "[{".indexOf(text.charAt(0)) < 0) {
            return value;
        }
        try {
            return value(StrictJson.parse(text));
        } catch (JacksonException e) {
            try {
                return PythonLiteral.parse(text);
            } catch (IllegalArgumentException f) {
                return text;
            }
        }
    }
}
