package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;

/** Texts within objects and structs, in lists, and as bytes. */
class FieldPathsTest {
    @TempDir
    Path folder;

    /** Texts, and complaints where these do not end the reading. */
    private static final class Collected implements DocumentConsumer {
        private final List<String> texts = new ArrayList<>();
        private final List<String> refused = new ArrayList<>();

        @Override
        public boolean accept(Document document) {
            texts.add(new String(document.utf8(), StandardCharsets.UTF_8));
            return true;
        }

        @Override
        public void invalid(UserError error) {
            refused.add(error.getMessage());
        }
    }

    private static TextSource source(Path file, String field) {
        return TextSources.parse(List.of(file.toString()), new SourceOptions(null, List.of(), field, 0, null));
    }

    private static Collected read(Path file, String field) {
        Collected collected = new Collected();
        source(file, field).forEach(collected);
        return collected;
    }

    private static void expect(Path file, String field, String... parts) {
        UserError error =
                assertThrows(UserError.class, () -> source(file, field).forEach(document -> true));
        for (String part : parts) {
            assertTrue(error.getMessage().contains(part), error.getMessage());
        }
        assertFalse(error.getMessage().contains("\n"), error.getMessage());
    }

    private Path json(String... objects) throws IOException {
        return Files.writeString(folder.resolve("x.jsonl"), String.join("\n", objects));
    }

    private Path parquet(String query) throws SQLException {
        Path file = folder.resolve("x.parquet");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (" + query + ") TO '" + file + "' (FORMAT PARQUET)");
        }
        return file;
    }

    @ParameterizedTest
    @CsvSource({"meta.text, inner", "text, outer", "meta.more.body, deep", "a.b, dotted", "c.d.e.f, within"})
    void jsonFieldsByPath(String path, String expected) throws IOException {
        Path file =
                json("{\"text\": \"outer\", \"meta\": {\"id\": 1, \"text\": \"inner\", \"more\": {\"body\": \"deep\"}},"
                        + " \"a.b\": \"dotted\", \"a\": {\"x\": 1}, \"c.d\": {\"e.f\": \"within\"}}");
        assertEquals(List.of(expected), read(file, path).texts);
    }

    @Test
    void aNullOnTheWayIsNoDocument() throws IOException {
        Path file = json("{\"meta\": null}", "{\"meta\": {\"text\": null}}", "{\"meta\": {\"text\": \"a\"}}");
        Collected collected = read(file, "meta.text");
        assertEquals(List.of("a"), collected.texts);
        assertEquals(List.of(), collected.refused);
    }

    @Test
    void jsonListsOfStringsBecomeLines() throws IOException {
        Path file = json("{\"m\": {\"lines\": [\"one \u00e9\", \"two\"]}}", "{\"m\": {\"lines\": []}}");
        assertEquals(List.of("one \u00e9\ntwo", ""), read(file, "m.lines").texts);
        for (String list : List.of("[\"a\", null]", "[\"a\", 1]", "[[\"a\"]]", "[{\"text\": \"a\"}]", "{}", "1")) {
            expect(json("{\"text\": " + list + ", \"n\": 1}"), "text", "field 'text' of", "line 1 is no text");
        }
    }

    @Test
    void aJsonPathThatIsNotThereSaysWhatIs() throws IOException {
        Path file = json("{\"id\": 3, \"meta\": {\"body\": \"x\", \"at\": {\"url\": \"u\"}}, \"tags\": [\"t\"]}");
        for (String path : List.of("meta.text", "meta", "met", "meta.body.x", "text", "meta.at", "url")) {
            String there = "id, meta.body, meta.at.url, tags: name one with --text-field";
            if (path.equals("meta") || path.equals("meta.at")) {
                expect(file, path, "field '" + path + "' of", "is no text");
            } else {
                expect(file, path, "no field '" + path + "' in", "line 1; it has " + there);
            }
        }
        StringBuilder many = new StringBuilder("{\"a0\": 0");
        for (int i = 1; i < 200; i++) {
            many.append(", \"a").append(i).append("\": ").append(i % 2 == 0 ? "0" : "{\"b\": 1}");
        }
        expect(json(many.append('}').toString()), "text", "a0, a1.b, a2,", "a28, a29.b, ...: name");
    }

    @Test
    void aNameAndAPathAreTwice() throws IOException {
        expect(json("{\"meta.text\": \"a\", \"meta\": {\"text\": \"b\"}}"), "meta.text", "'meta.text' is twice in");
    }

    /** A .json file of one object is a document where the path leads to a text, else a text like any other. */
    @Test
    void thePathTellsWhetherOneObjectIsADocument() throws IOException {
        String object = "{\n  \"meta\": {\"text\": [\"a\", \"b\"]}\n}\n";
        Path file = Files.writeString(folder.resolve("x.json"), object);
        assertEquals(List.of("a\nb"), read(file, "meta.text").texts);
        assertEquals(List.of(object), read(file, "text").texts);
    }

    private static final String STRUCT = "{'text': 'inner', 'id': 7, 'l': ['p', 'q'], 'a.b': {'c''d': 'deep'},"
            + " 'raw': encode('caf\u00e9')} AS meta, 'outer' AS text, 3 AS n, [1, 2] AS numbers,"
            + " [{'text': 'x'}] AS several";

    @ParameterizedTest
    @CsvSource({"meta.text, inner", "meta.l, 'p\nq'", "meta.a.b.c'd, deep", "meta.raw, caf\u00e9", "text, outer"})
    void parquetColumnsByPath(String path, String expected) throws SQLException {
        assertEquals(List.of(expected), read(parquet("SELECT " + STRUCT), path.replace("''", "'")).texts);
    }

    @ParameterizedTest
    @ValueSource(strings = {"meta.nothing", "meta.text.x", "body"})
    void aParquetPathThatIsNotThereSaysWhatIs(String path) throws SQLException {
        expect(
                parquet("SELECT " + STRUCT),
                path,
                "no column '" + path + "' in ",
                "; its columns of text: meta.text, meta.l, meta.a.b.c'd, meta.raw, text: name one with --text-field");
    }

    @ParameterizedTest
    @ValueSource(strings = {"meta", "meta.id", "n", "numbers", "several"})
    void aParquetColumnThatIsNoTextIsRefused(String path) throws SQLException {
        expect(parquet("SELECT " + STRUCT), path, "column '" + path + "' of ", " is no text; its columns of text: ");
    }

    @Test
    void aParquetNameAndAPathAreTwice() throws SQLException {
        expect(parquet("SELECT 'a' AS \"m.t\", {'t': 'b'} AS m"), "m.t", "column 'm.t' is twice in");
    }

    @Test
    void parquetListsBecomeLinesAndNullsAreNoDocuments() throws SQLException {
        Path file =
                parquet("SELECT * FROM (VALUES (['one \u00e9', 'two']), (NULL), ([]), (['a', NULL]), (['z'])) t(text)");
        Collected collected = read(file, "text");
        assertEquals(List.of("one \u00e9\ntwo", "", "z"), collected.texts);
        assertEquals(1, collected.refused.size());
        assertTrue(collected.refused.getFirst().startsWith(file + " row 3 has a null in its list"));
        expect(file, "text", file + " row 3 has a null");
    }

    @Test
    void binaryParquetColumnsHoldUtf8() throws SQLException {
        Path file = parquet("SELECT * FROM (VALUES (encode('one \u00e9'), [encode('a'), encode('\u00e9')]),"
                + " ('\\xC3\\x28'::BLOB, ['\\xFF'::BLOB]), (NULL, NULL), (encode('two'), [])) t(text, lines)");
        Collected text = read(file, "text");
        assertEquals(List.of("one \u00e9", "two"), text.texts);
        assertEquals(1, text.refused.size());
        assertTrue(text.refused.getFirst().startsWith(file + " row 1 is not valid UTF-8 at byte 0"), text.refused + "");
        expect(file, "text", file + " row 1 is not valid UTF-8");
        Collected lines = read(file, "lines");
        assertEquals(List.of("a\n\u00e9", ""), lines.texts);
        assertTrue(lines.refused.getFirst().startsWith(file + " row 1 is not valid UTF-8 at byte 0"));
    }
}
