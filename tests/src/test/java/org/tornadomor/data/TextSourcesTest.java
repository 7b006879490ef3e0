package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;

class TextSourcesTest {
    @TempDir
    Path folder;

    private Path texts;

    @BeforeEach
    void writeTexts() throws IOException {
        texts = folder.resolve("texts");
        write("b/two.java", "two");
        write("a.txt", "one");
        write("b/c/three.java", "three");
        write(".hidden/four.java", "four");
    }

    private void write(String name, String text) throws IOException {
        Path file = texts.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Path zip(Path file, String... names) throws IOException {
        Files.createDirectories(file.getParent());
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
            for (String name : names) {
                out.putNextEntry(new ZipEntry(name));
                out.write(name.getBytes(StandardCharsets.UTF_8));
            }
        }
        return file;
    }

    private static List<String> read(TextSource source) {
        List<String> read = new ArrayList<>();
        source.forEach(
                document -> read.add(document.name() + "=" + new String(document.utf8(), StandardCharsets.UTF_8)));
        return read;
    }

    private List<String> read(String filter, long maxBytes, Object... specs) {
        List<String> names = new ArrayList<>();
        for (Object spec : specs) {
            names.add(spec.toString());
        }
        return read(TextSources.parse(names, filter, maxBytes, null));
    }

    @Test
    void aFolderGivesItsFilesByName() {
        assertEquals(List.of("a.txt=one", "b/c/three.java=three", "b/two.java=two"), read(null, 0, texts));
        assertEquals(List.of("b/c/three.java=three", "b/two.java=two"), read("*.java", 0, texts));
        assertEquals(List.of("b/two.java=two"), read("b/*.java", 0, texts));
    }

    @Test
    void anArchiveGivesItsEntriesByName() throws IOException {
        Path archive = zip(folder.resolve("x.jar"), "m/b.java", "m/a.java", "n/c.txt");
        assertEquals(List.of("m/a.java=m/a.java", "m/b.java=m/b.java"), read("m/**", 0, archive));
    }

    @Test
    void sourcesFollowEachOtherUpToTheLimit() throws IOException {
        Path file = texts.resolve("a.txt");
        assertEquals(4, read(null, 0, file, texts).size());
        assertEquals(List.of(file + "=one", "a.txt=o"), read(null, 4, file, texts));
        assertEquals(List.of(file + "=one"), read(null, 3, file, texts));
    }

    @Test
    void theLimitCutsNoCharacter() throws IOException {
        write("a.txt", "x€y");
        Path file = texts.resolve("a.txt");
        assertEquals(List.of(file + "=x"), read(null, 3, file));
        assertEquals(List.of(file + "=x€"), read(null, 4, file));
    }

    @Test
    void theSourceOfAJdk() throws IOException {
        Path bare = Files.createDirectories(folder.resolve("bare"));
        Path full = folder.resolve("full");
        zip(full.resolve("lib/src.zip"), "java.base/java/lang/A.java", "java.base/sun/B.java", "java.base/legal.txt");
        assertEquals(
                2,
                read(JdkSources.open(null, List.of(bare, full), SourceOptions.ALL))
                        .size());
        assertEquals(
                List.of("java.base/java/lang/A.java=java.base/java/lang/A.java"),
                read(JdkSources.open("java.base/java/**", List.of(full), SourceOptions.ALL)));
    }

    @Test
    void anotherArchiveStandsInForAJdkWithoutSource() throws IOException {
        Path bare = Files.createDirectories(folder.resolve("bare"));
        Path other = zip(folder.resolve("math.jar"), "org/C.java", "META-INF/MANIFEST.MF");
        TextSource source = JdkSources.open("java.base/java/**", List.of(bare), SourceOptions.of(null, 0, other));
        assertEquals(List.of("org/C.java=org/C.java"), read(source));
        assertTrue(source.notices().getFirst().contains("without its source"));
        UserError error = assertThrows(UserError.class, () -> JdkSources.open(null, List.of(bare), SourceOptions.ALL));
        assertTrue(error.getMessage().contains("--data"), error.getMessage());
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        expectError("no text at", () -> read(null, 0, folder.resolve("nowhere")));
        expectError("no training text", () -> read(null, 0));
        expectError("is not a glob", () -> read("{a", 0, texts));
        expectError("makes no sense", () -> read(null, -1, texts));
        Files.write(folder.resolve("bad.zip"), new byte[] {1, 2, 3});
        expectError("cannot read archive", () -> read(null, 0, folder.resolve("bad.zip")));
        Files.write(texts.resolve("z"), new byte[] {'a', (byte) 0xC3, (byte) 0xA9, (byte) 0xFF, 'b'});
        expectError("z is not valid UTF-8 at byte 3", () -> read(null, 0, texts));
        byte[] late = "é".repeat(20_000).getBytes(StandardCharsets.UTF_8);
        late[30_001] = 'x';
        Files.write(texts.resolve("z"), late);
        expectError("z is not valid UTF-8 at byte 30000", () -> read(null, 0, texts));
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(compressed)) {
            out.write(bytes);
        }
        return compressed.toByteArray();
    }

    private static byte[] zstd(byte[] bytes) {
        return Zstd.compress(bytes);
    }

    private static byte[] tar(String... names) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(bytes)) {
            for (String name : names) {
                TarArchiveEntry entry = new TarArchiveEntry(name);
                byte[] content = name.getBytes(StandardCharsets.UTF_8);
                entry.setSize(content.length);
                out.putArchiveEntry(entry);
                out.write(content);
                out.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    @Test
    void archivesAndCompressedFiles() throws IOException {
        byte[] tar = tar("m/b.java", "m/a.java", "c.txt");
        for (Path archive : List.of(
                file("a.tar", tar),
                file("a.tgz", gzip(tar)),
                file("a.TAR.GZ", gzip(tar)),
                file("a.tar.zst", zstd(tar)))) {
            // In the archive's own order.
            assertEquals(List.of("m/b.java=m/b.java", "m/a.java=m/a.java"), read("*.java", 0, archive));
        }
        byte[] text = "é one".getBytes(StandardCharsets.UTF_8);
        for (Path compressed : List.of(file("t.txt.gz", gzip(text)), file("t.zst", zstd(text)))) {
            assertEquals(List.of(compressed + "=é one"), read(null, 0, compressed));
        }
        ByteArrayOutputStream members = new ByteArrayOutputStream();
        members.write(gzip(text));
        members.write(gzip(text));
        Path twice = file("twice.gz", members.toByteArray());
        assertEquals(List.of(twice + "=é oneé one"), read(null, 0, twice));
    }

    @Test
    void jsonLines() throws IOException {
        String lines =
                "{\"id\": {\"text\": 1}, \"text\": \"one\\n\u00e9\"}\n\n{\"text\":null}\n{\"text\": \"two\", \"x\": [1]}";
        Path file = file("x.jsonl", lines.getBytes(StandardCharsets.UTF_8));
        assertEquals(List.of(file + " line 1=one\né", file + " line 4=two"), read(null, 0, file));
        Path compressed = file("y.jsonl.zst", zstd(lines.getBytes(StandardCharsets.UTF_8)));
        assertEquals(2, read(null, 0, compressed).size());
        expectError("no field 'text' in", () -> read(null, 0, put("z.jsonl", "{\"body\": \"x\", \"n\": 1}")));
        expectError("it has body, n: name one with --text-field", () -> read(null, 0, folder.resolve("z.jsonl")));
        expectError(
                "line 2 is not valid JSON", () -> read(null, 0, put("z.jsonl", "{\"text\": \"a\"}\n{\"text\": \"b")));
        expectError("line 1 is no JSON object", () -> read(null, 0, put("z.jsonl", "[1]")));
        expectError("is no text", () -> read(null, 0, put("z.jsonl", "{\"text\": 1}")));
    }

    private Path put(String name, String text) {
        try {
            return Files.writeString(folder.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path parquet(String name, String query) throws SQLException {
        Path file = folder.resolve(name);
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (" + query + ") TO '" + file.toString().replace("'", "''") + "' (FORMAT PARQUET)");
        }
        return file;
    }

    @Test
    void parquet() throws IOException, SQLException {
        Path file = parquet(
                "x's.parquet",
                "SELECT * FROM (VALUES (1, 'one é', 'a'), (2, NULL, 'b'), (3, 'two', 'c')) t(n, text, \"the body\")");
        assertEquals(List.of(file + " row 0=one é", file + " row 2=two"), read(null, 0, file));
        SourceOptions body = new SourceOptions(null, List.of(), "the body", 0, null);
        assertEquals(3, read(TextSources.parse(List.of(file.toString()), body)).size());
        SourceOptions number = new SourceOptions(null, List.of(), "n", 0, null);
        expectError("column 'n' of", () -> read(TextSources.parse(List.of(file.toString()), number)));
        SourceOptions missing = new SourceOptions(null, List.of(), "content", 0, null);
        expectError(
                "no column 'content' in " + file + "; its columns of text: text, the body",
                () -> read(TextSources.parse(List.of(file.toString()), missing)));
        expectError("cannot read Parquet file", () -> read(null, 0, put("bad.parquet", "PAR1 and nothing")));
        Path large = parquet("large.parquet", "SELECT 'text ' || range AS text FROM range(20000)");
        List<String> texts = read(null, 0, large);
        assertEquals(20_000, texts.size());
        assertEquals(large + " row 19999=text 19999", texts.getLast());
        TextSource source = TextSources.parse(List.of(large.toString()), SourceOptions.ALL);
        long[] stored = {0};
        source.forEach(document -> true, bytes -> stored[0] += bytes);
        assertEquals(source.storedBytes(), stored[0]);
    }

    @Test
    void globsAndExtensions() throws IOException {
        assertEquals(
                List.of(texts.resolve("b/c/three.java") + "=three", texts.resolve("b/two.java") + "=two"),
                read(null, 0, texts + "/b/**.java"));
        assertEquals(List.of(texts.resolve("a.txt") + "=one"), read(null, 0, texts + "/*.{txt,md}"));
        expectError("no file matches", () -> read(null, 0, texts + "/*.md"));
        SourceOptions java = new SourceOptions(null, List.of("java", ".md"), "text", 0, null);
        assertEquals(2, read(TextSources.parse(List.of(texts.toString()), java)).size());
        zip(texts.resolve("inner.zip"), "x.java", "y.txt");
        assertEquals(3, read("*.java", 0, texts).size());
    }

    @Test
    void whatIsReadOfTheFilesIsTold() throws IOException {
        zip(texts.resolve("inner.zip"), "x.java", "y.txt");
        file("t.txt.gz", gzip(new byte[100_000]));
        TextSource source = TextSources.parse(List.of(texts.toString(), folder + "/t.txt.gz"), SourceOptions.ALL);
        long[] stored = {0};
        source.forEach(document -> true, bytes -> stored[0] += bytes);
        assertEquals(source.storedBytes(), stored[0]);
        assertTrue(stored[0] > 0);
    }

    @Property(tries = 100)
    void longTextIsCutAtLineEnds(
            @ForAll @IntRange(max = 300) int length, @ForAll @IntRange(min = 8, max = 60) int largest)
            throws IOException {
        StringBuilder text = new StringBuilder();
        Random random = new Random(length);
        while (text.length() < length) {
            text.append("é".repeat(random.nextInt(9))).append(random.nextInt(4) == 0 ? "\n" : " ");
        }
        Path file = Files.createTempFile("long", ".txt");
        Files.writeString(file, text);
        List<Document> pieces = new ArrayList<>();
        new DocumentReader(FileFilter.of(null, List.of()), "text", largest, pieces::add, bytes -> {})
                .read(file, file.toString());
        StringBuilder joined = new StringBuilder();
        for (Document piece : pieces) {
            assertTrue(piece.utf8().length <= largest);
            String name = joined.isEmpty()
                    ? file.toString()
                    : file + ", from byte " + joined.toString().getBytes(StandardCharsets.UTF_8).length;
            assertEquals(name, piece.name());
            joined.append(new String(piece.utf8(), StandardCharsets.UTF_8));
        }
        assertEquals(text.toString(), joined.toString());
        Files.delete(file);
    }

    @Test
    void damagedAndUnknownFilesAreNamed() throws IOException {
        byte[] tar = gzip(tar("a.txt", "b.txt"));
        Path cut = file("cut.tar.gz", Arrays.copyOf(tar, tar.length / 2));
        expectError("cannot read archive " + cut, () -> read(null, 0, cut));
        byte[] frame = zstd("some text, some text".getBytes(StandardCharsets.UTF_8));
        Path half = file("half.txt.zst", Arrays.copyOf(frame, frame.length - 3));
        expectError("cannot read archive " + half, () -> read(null, 0, half));
        expectError("cannot read archive", () -> read(null, 0, put("none.gz", "no gzip")));
        expectError("cannot read archive", () -> read(null, 0, put("none.zst", "no zstd")));
        expectError("cannot read archive", () -> read(null, 0, put("none.tar", "no tar".repeat(200))));
        expectError(".7z is none of", () -> read(null, 0, put("x.7z", "x")));
        expectError("unpack the outer", () -> read(null, 0, put("x.parquet.gz", "x")));
        Path outer = file("outer.tar", tar("inner.zip"));
        expectError("inner.zip within " + outer, () -> read(null, 0, outer));
    }

    private static void expectError(String part, Runnable action) {
        UserError error = assertThrows(UserError.class, action::run);
        assertTrue(error.getMessage().contains(part), error.getMessage());
        assertFalse(error.getMessage().contains("\n"), error.getMessage());
    }
}
