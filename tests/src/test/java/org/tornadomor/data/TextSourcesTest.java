package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
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
        return read(TextSources.parse(names, filter, maxBytes));
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
        assertEquals(2, read(JdkSources.open(null, List.of(bare, full), null)).size());
        assertEquals(
                List.of("java.base/java/lang/A.java=java.base/java/lang/A.java"),
                read(JdkSources.open("java.base/java/**", List.of(full), null)));
    }

    @Test
    void anotherArchiveStandsInForAJdkWithoutSource() throws IOException {
        Path bare = Files.createDirectories(folder.resolve("bare"));
        Path other = zip(folder.resolve("math.jar"), "org/C.java", "META-INF/MANIFEST.MF");
        TextSource source = JdkSources.open("java.base/java/**", List.of(bare), other);
        assertEquals(List.of("org/C.java=org/C.java"), read(source));
        assertTrue(source.notices().getFirst().contains("without its source"));
        UserError error = assertThrows(UserError.class, () -> JdkSources.open(null, List.of(bare), null));
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

    private static void expectError(String part, Runnable action) {
        UserError error = assertThrows(UserError.class, action::run);
        assertTrue(error.getMessage().contains(part), error.getMessage());
        assertFalse(error.getMessage().contains("\n"), error.getMessage());
    }
}
