package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON of any name and layout, its damage, and the encodings of text. */
class JsonTextTest {
    private static final Path INPUTS = Path.of("src/test/resources/inputs");

    @TempDir
    Path folder;

    /** Texts, and the complaints about what is none. */
    private static final class Collected implements DocumentConsumer {
        private final List<String> texts = new ArrayList<>();
        private final List<String> names = new ArrayList<>();
        private final List<String> refused = new ArrayList<>();

        @Override
        public boolean accept(Document document) {
            names.add(document.name());
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

    private Collected read(String name, String content) throws IOException {
        return read(Files.writeString(folder.resolve(name), content), "text");
    }

    private static String refusal(Path file) {
        UserError error =
                assertThrows(UserError.class, () -> source(file, "text").forEach(document -> true));
        assertFalse(error.getMessage().contains("\n"), error.getMessage());
        return error.getMessage();
    }

    @Test
    void linesUnderTheNameOfJson() throws IOException {
        byte[] lines = Files.readAllBytes(INPUTS.resolve("json/a.json"));
        Path jsonl = Files.write(folder.resolve("a.jsonl"), lines);
        Path zst = Files.write(folder.resolve("a.json.zst"), Zstd.compress(lines));
        List<String> expected = read(jsonl, "text").texts;
        assertEquals(40, expected.size());
        assertEquals(
                9330,
                expected.stream()
                        .mapToInt(text -> text.getBytes(StandardCharsets.UTF_8).length)
                        .sum());
        for (Path file : List.of(INPUTS.resolve("json/a.json"), INPUTS.resolve("json/a.json.gz"), zst)) {
            assertEquals(expected, read(file, "text").texts, file.toString());
            assertEquals(List.of(), source(file, "text").notices());
        }
    }

    /** The same documents in whatever way they are laid out. */
    @Test
    void layoutsMeanTheSame() throws IOException {
        Random random = new Random(1);
        JsonMapper pretty =
                JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
        for (int round = 0; round < 8; round++) {
            List<String> texts = new ArrayList<>();
            List<String> plain = new ArrayList<>();
            List<String> indented = new ArrayList<>();
            for (int i = 0; i <= random.nextInt(6); i++) {
                texts.add(i + " é\n\"[{😀 ".repeat(random.nextInt(40)));
                ObjectNode object = JsonMapper.shared().createObjectNode();
                object.put("id", i)
                        .putObject("meta")
                        .put("text", "not this one")
                        .putArray("tags")
                        .add("{")
                        .add(1.5);
                object.put("text", texts.getLast());
                plain.add(object.toString());
                indented.add(pretty.writeValueAsString(object));
            }
            String end = random.nextBoolean() ? "\n" : "";
            String mark = random.nextBoolean() ? "\uFEFF" : "";
            for (String name : List.of("x.json", "x.jsonl")) {
                assertEquals(texts, read(name, mark + String.join("\n", plain) + end).texts);
                assertEquals(texts, read(name, mark + String.join("\r\n\n", plain) + end).texts);
                assertEquals(texts, read(name, mark + String.join(" ", plain) + end).texts);
                assertEquals(texts, read(name, mark + String.join("\n", indented) + end).texts);
                assertEquals(texts, read(name, mark + "[" + String.join(",", plain) + "]" + end).texts);
                assertEquals(texts, read(name, mark + "\n [\n" + String.join(",\n", indented) + "\n]" + end).texts);
            }
        }
        assertEquals(
                List.of("x.json item 1", "x.json item 2"),
                read("x.json", "[{\"text\":\"a\"},{\"text\":\"b\"}]").names.stream()
                        .map(name -> Path.of(name).getFileName().toString())
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"name\": \"a program\", \"version\": 1}",
                "{\n  \"scripts\": {\n \"text\": \"x\"}\n}\n",
                "[1, 2]",
                "[\"a\", \"b\"]",
                "\"text\"",
                "{ // a comment\n \"a\": 1 }",
                "",
                "{"
            })
    void oneValueIsATextAndIsSaid(String json) throws IOException {
        Path file = Files.writeString(folder.resolve("settings.json"), json);
        assertEquals(List.of(json), read(file, "text").texts);
        List<String> notices = source(file, "text").notices();
        assertTrue(notices.toString().contains("taken as plain text"), notices.toString());
        // A folder of sources has many such files.
        assertEquals(List.of(), source(folder, "text").notices());
        assertFalse(source(file, "text").heeds(TextSource.Choice.TEXT_FIELD));
    }

    @Test
    void anotherFieldIsNamed() throws IOException {
        Path stories = Files.writeString(folder.resolve("data00.json"), "[{\"story\": \"once\", \"source\": \"x\"}]");
        String message = refusal(stories);
        assertTrue(message.contains("no field 'text' in") && message.contains("it has story, source"), message);
        assertEquals(List.of("once"), read(stories, "story").texts);
    }

    @Test
    void aLineThatCannotBeReadIsNamedByItsNumber() throws IOException {
        String good = "{\"text\": \"good\"}";
        for (String bad : List.of(
                "{\"text\": \"a\", \"score\": NaN}",
                "{\"text\": \"lone \\ud83d half\"}",
                "{\"text\": \"lone \\udc00 half\"}",
                "{\"text\": \"cut off",
                "{\"text\": \"cut off\", \"meta\": {",
                "{\"text\": \"a\"} garbage",
                "{\"text\": \"a\"}}",
                "{\"text\": \"a\", \"text\": \"b\"}",
                "{\"text\": 1}",
                "{\"body\": \"a\"}",
                "{}",
                "[1]",
                "1",
                "garbage",
                "{'text': 'a'}",
                "\u0000",
                "{\"text\": \"a\u0001b\"}",
                "{\"text\": \"a\", \"x\": " + "[".repeat(2000) + "]".repeat(2000) + "}")) {
            for (String name : List.of("x.jsonl", "x.json")) {
                for (int place = name.endsWith("l") ? 0 : 1; place < 3; place++) {
                    List<String> lines = new ArrayList<>(List.of(good, good, good));
                    lines.add(place, bad);
                    Path file = Files.writeString(folder.resolve(name), String.join("\n", lines));
                    Collected collected = read(file, "text");
                    assertEquals(List.of("good", "good", "good"), collected.texts, bad);
                    assertEquals(1, collected.refused.size(), bad);
                    String where = file + " line " + (place + 1);
                    assertTrue(collected.refused.getFirst().contains(where), collected.refused.toString());
                    assertTrue(refusal(file).contains(where), bad);
                }
            }
        }
    }

    @Test
    void theInputsWithOneBadLine() {
        for (String name : List.of("text/nan.jsonl", "text/lone.jsonl")) {
            Collected collected = read(INPUTS.resolve(name), "text");
            assertEquals(40, collected.texts.size());
            assertEquals(1, collected.refused.size());
            assertTrue(collected.refused.getFirst().contains(name + " line 1"), collected.refused.getFirst());
        }
    }

    @Test
    void anItemThatCannotBeReadIsNamedByItsNumber() throws IOException {
        Collected collected = read(
                "x.json", "[{\"text\": \"a\"}, {\"text\": \"\\ud83d\"}, 3, {\"body\": 1}, [{}], {\"text\": \"b\"}]");
        assertEquals(List.of("a", "b"), collected.texts);
        assertEquals(4, collected.refused.size());
        for (int i = 0; i < 4; i++) {
            assertTrue(collected.refused.get(i).contains("item " + (i + 2)), collected.refused.get(i));
        }
    }

    /** What has no lines of its own ends at the first fault: what follows cannot be told from it. */
    @Test
    void damagedArraysEnd() throws IOException {
        for (String bad : List.of(
                "[{\"text\": \"a\"}, {\"text\": \"b\"}",
                "[{\"text\": \"a\"},",
                "[{\"text\": \"a\"} {\"text\": \"b\"}]",
                "[{\"text\": \"a\"}] [{\"text\": \"b\"}]",
                "[{\"text\": \"a\"}]\n{\"text\": \"b\"}",
                "[{\"text\": NaN}]",
                "{\n\"text\": \"a\"\n}\n{\n\"text\": \"b\"")) {
            Path file = Files.writeString(folder.resolve("x.json"), bad);
            assertTrue(refusal(file).contains(file + ""), bad);
            assertThrows(UserError.class, () -> read(file, "text"), bad);
        }
        byte[] latin = "[{\"text\": \"a\"},\n{\"text\": \"caf\u00e9\"}]".getBytes(StandardCharsets.ISO_8859_1);
        assertTrue(refusal(Files.write(folder.resolve("x.json"), latin)).contains("line 2 is not valid UTF-8"));
    }

    /** A JSON parser alone would accept bytes that are no characters. */
    @Test
    void bytesThatAreNoUtf8AreNamedByLine() throws IOException {
        for (byte[] bad : List.of(
                new byte[] {(byte) 0xE9},
                new byte[] {(byte) 0xC0, (byte) 0x80},
                new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
                new byte[] {(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80},
                new byte[] {(byte) 0xE2, (byte) 0x82})) {
            ByteBuffer bytes = ByteBuffer.allocate(100);
            bytes.put("{\"text\":\"a\"}\n{\"text\":\"".getBytes(StandardCharsets.UTF_8))
                    .put(bad);
            bytes.put("\"}\n{\"text\":\"b\"}\n".getBytes(StandardCharsets.UTF_8));
            Path file = Files.write(folder.resolve("x.jsonl"), Arrays.copyOf(bytes.array(), bytes.position()));
            Collected collected = read(file, "text");
            assertEquals(List.of("a", "b"), collected.texts);
            assertTrue(
                    collected.refused.getFirst().contains("line 2 is not valid UTF-8"), collected.refused.toString());
        }
    }

    /** As strict as Java's own decoder, however the bytes come. */
    @Test
    void linesAreValidExactlyWhereADecoderSaysSo() throws IOException {
        Random random = new Random(2);
        int[] telling = {
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF4, 0xF5,
            0xFF, '\n'
        };
        for (int round = 0; round < 3000; round++) {
            byte[] bytes = new byte[random.nextInt(7)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) telling[random.nextInt(telling.length)];
            }
            boolean valid = true;
            for (String line : new String(bytes, StandardCharsets.ISO_8859_1).split("\n", -1)) {
                valid &= isUtf8(line.getBytes(StandardCharsets.ISO_8859_1));
            }
            String read = "";
            boolean refused = false;
            Utf8Lines lines = new Utf8Lines(new ByteArrayInputStream(bytes));
            while (lines.next()) {
                try {
                    read += new String(lines.readAllBytes(), StandardCharsets.ISO_8859_1) + "\n";
                } catch (CharacterCodingException e) {
                    refused = true;
                }
            }
            assertEquals(valid, !refused, Arrays.toString(bytes));
            if (valid) {
                String expected = new String(bytes, StandardCharsets.ISO_8859_1);
                assertEquals(expected.isEmpty() || expected.endsWith("\n") ? expected : expected + "\n", read);
            }
            boolean whole = true;
            try {
                new Utf8Lines(new ByteArrayInputStream(bytes)).whole().readAllBytes();
            } catch (CharacterCodingException e) {
                whole = false;
            }
            assertEquals(isUtf8(bytes), whole, Arrays.toString(bytes));
        }
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    @Test
    void theMarkOfUtf8IsNoPartOfTheText() throws IOException {
        assertEquals(
                9330,
                read(INPUTS.resolve("text/bom.txt"), "text").texts.getFirst().getBytes(StandardCharsets.UTF_8).length);
        assertEquals(List.of("a\uFEFFb"), read("x.txt", "\uFEFFa\uFEFFb").texts);
        assertEquals(List.of(""), read("x.txt", "\uFEFF").texts);
        // At a cut too.
        List<String> pieces = new ArrayList<>();
        byte[] text = "\uFEFFline one\nline two\nline three\n".getBytes(StandardCharsets.UTF_8);
        Path file = Files.write(folder.resolve("long.txt"), text);
        new DocumentReader(
                        FileFilter.of(null, List.of()),
                        "text",
                        16,
                        document -> {
                            pieces.add(new String(document.utf8(), StandardCharsets.UTF_8));
                            return true;
                        },
                        bytes -> {})
                .read(file, "long.txt");
        assertEquals("line one\nline two\nline three\n", String.join("", pieces));
    }

    @ParameterizedTest
    @CsvSource({"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"})
    void otherEncodingsAreNamed(String encoding) throws IOException {
        Charset charset = Charset.forName(encoding);
        String english = "Plain words, and more of them.\nA second line.\n";
        String russian = "Обычные слова, и ещё немного.\nВторая строка.\n";
        String chinese = "\uFEFF一些汉字，没有别的。";
        for (String text : List.of(english, "\uFEFF" + english, russian, "\uFEFF" + russian, chinese, "ab")) {
            for (String name : List.of("x.txt", "x.jsonl", "x.json")) {
                Path file = Files.write(folder.resolve(name), text.getBytes(charset));
                Collected collected = read(file, "text");
                assertEquals(List.of(), collected.texts, text);
                assertEquals(1, collected.refused.size());
                assertTrue(collected.refused.getFirst().contains("is " + encoding), collected.refused.toString());
            }
        }
        assertTrue(refusal(INPUTS.resolve("text/utf16le_nobom.txt")).contains("is UTF-16LE"));
    }

    @Test
    void textOfUtf8IsNotTakenForAnother() throws IOException {
        for (String text : List.of(
                "Plain words.",
                "Обычные слова",
                "一些汉字，没有别的",
                "a\0b",
                "\0".repeat(100_000),
                "name\0value\0other\0" + "words ".repeat(50),
                "\0\0\0\0text",
                "a".repeat(100_000) + "\0")) {
            assertEquals(List.of(text), read("x.txt", text).texts);
        }
        Random random = new Random(3);
        for (int round = 0; round < 2000; round++) {
            String text = random.ints(random.nextInt(1, 60), 1, 0x300)
                    .mapToObj(Character::toString)
                    .collect(Collectors.joining());
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            assertEquals(null, TextEncoding.other(bytes, bytes.length), text);
        }
    }
}
