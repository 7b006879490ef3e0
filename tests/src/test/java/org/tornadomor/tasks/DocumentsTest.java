package org.tornadomor.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;

class DocumentsTest {
    private static final List<String> BARE = List.of("question", "A", "B", "C", "D", "answer");

    @TempDir
    Path folder;

    private List<Doc> read(String name, String text, List<String> bare) throws IOException {
        return Documents.read(List.of(Files.writeString(folder.resolve(name), text)), bare);
    }

    @Test
    void jsonLinesAndArrays() throws IOException {
        Map<String, Object> fields = Map.of("a", 1L, "b", List.of("x", 2.5), "c", Map.of("d", true));
        String object = "{\"a\": 1, \"b\": [\"x\", 2.5], \"c\": {\"d\": true}}";
        for (String text : List.of(object + "\n\n" + object + "\n", "[" + object + ",\n" + object + "]")) {
            List<Doc> docs = read("docs.json", text, List.of());
            assertEquals(List.of(fields, fields), docs.stream().map(Doc::fields).toList());
            assertEquals(1, docs.get(1).index());
        }
    }

    @Test
    void parquet() throws SQLException {
        Path file = folder.resolve("docs.parquet");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (SELECT 'q' || i AS question, {'text': ['a', 'b'], 'label': ['A', 'B']} AS choices,"
                    + " i AS answer FROM range(3) t(i)) TO '" + file + "' (FORMAT parquet)");
        }
        List<Doc> docs = Documents.read(List.of(file), List.of());
        assertEquals(3, docs.size());
        assertEquals(
                Map.of(
                        "question",
                        "q2",
                        "choices",
                        Map.of("text", List.of("a", "b"), "label", List.of("A", "B")),
                        "answer",
                        2L),
                docs.get(2).fields());
    }

    @Test
    void csvWithNames() throws IOException {
        List<Doc> docs = read(
                "docs.csv",
                "question,choices,answer,note\n\"a, \"\"b\"\"\nc\",\"['x', \"\"it's\"\"]\",1,\n2,\"[\"\"y\"\"]\",0,n\n",
                BARE);
        assertEquals(
                Map.of("question", "a, \"b\"\nc", "choices", List.of("x", "it's"), "answer", 1L, "note", ""),
                docs.get(0).fields());
        assertEquals("2", docs.get(1).fields().get("question"));
    }

    @Test
    void csvWithoutNames() throws IOException {
        List<Doc> docs = read("docs.csv", "\"Why, so?\",1,2,3,4,C\nHow?,a,b,c,d,A\n", BARE);
        assertEquals(
                Map.of("question", "Why, so?", "choices", List.of("1", "2", "3", "4"), "answer", 2L),
                docs.get(0).fields());
        UserError error = assertThrows(UserError.class, () -> read("docs.csv", "How?,a,b,c,d,E\n", BARE));
        assertTrue(error.getMessage().contains("row 1 has the answer 'E'"), error.getMessage());
    }

    @Test
    void filesAsOnTheHub() throws IOException {
        TaskConfig task = new TaskLibrary().find("arc_easy").getFirst().tasks().getFirst();
        Path hub = Files.createDirectories(folder.resolve("ai2_arc/ARC-Easy"));
        List<Path> parts = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            parts.add(Files.createFile(hub.resolve("test-0000" + i + "-of-00002.parquet")));
        }
        DataFiles files = new DataFiles(folder);
        assertEquals(parts, files.find(task, "test"));
        Path flat = Files.createFile(folder.resolve("arc_easy_train.csv"));
        assertEquals(List.of(flat), files.find(task, "train"));
        Files.delete(parts.getLast());
        UserError error = assertThrows(UserError.class, () -> files.find(task, "test"));
        assertTrue(error.getMessage().contains("part 1 is missing"), error.getMessage());
        error = assertThrows(UserError.class, () -> files.find(task, "validation"));
        assertTrue(error.getMessage().contains("ai2_arc/ARC-Easy/validation.jsonl"), error.getMessage());
    }

    /** What the makers of MMLU offer, and the table of all subjects on the hub. */
    @Test
    void filesOfSubjects() throws IOException {
        TaskConfig task =
                new TaskLibrary().find("mmlu_anatomy").getFirst().tasks().getFirst();
        Path own = Files.createDirectories(folder.resolve("dev")).resolve("anatomy_dev.csv");
        Files.writeString(own, "How?,a,b,c,d,B\n");
        Path all = Files.createDirectories(folder.resolve("mmlu/all")).resolve("test.jsonl");
        Files.writeString(
                all,
                "{\"question\": \"q\", \"subject\": \"virology\", \"choices\": [\"a\", \"b\"], \"answer\": 0}\n"
                        + "{\"question\": \"r\", \"subject\": \"anatomy\", \"choices\": [\"a\", \"b\"], \"answer\": 0}\n");
        TaskData data = new TaskData(new DataFiles(folder), note -> {});
        assertEquals(1, data.split(task, "dev").size());
        List<Doc> docs = data.split(task, "test");
        assertEquals(
                List.of("r"), docs.stream().map(doc -> doc.text("question")).toList());
        assertEquals(0, docs.getFirst().index());
        Files.writeString(all, Files.readString(all).replaceAll("\"subject\": \"\\w+\", ", ""));
        UserError error = assertThrows(
                UserError.class, () -> new TaskData(new DataFiles(folder), note -> {}).split(task, "test"));
        assertTrue(error.getMessage().contains("has no subject"), error.getMessage());
    }
}
