package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
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
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;

/** Archives that are cut off, damaged, of other systems or of other programs, and Parquet files of any name. */
class ArchivesTest {
    private static final Path INPUTS = Path.of("src/test/resources/inputs");
    private static final List<String> TEXTS = List.of("first text ".repeat(60), "second text ".repeat(100));

    @TempDir
    Path folder;

    @BeforeAll
    static void loadDriver() {
        // Loads the drivers here, so that this is not part of what is timed.
        assertTrue(DriverManager.drivers().findAny().isPresent());
    }

    private static List<String> read(Path file) {
        List<String> texts = new ArrayList<>();
        TextSources.parse(List.of(file.toString()), SourceOptions.ALL)
                .forEach(document -> texts.add(new String(document.utf8(), StandardCharsets.UTF_8)));
        return texts;
    }

    private List<String> read(String name, byte[] bytes) throws IOException {
        return read(Files.write(folder.resolve(name), bytes));
    }

    private String refusal(String name, byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve(name), bytes);
        return refusal(file);
    }

    private static String refusal(Path file) {
        UserError error = assertThrows(UserError.class, () -> read(file), file.toString());
        assertFalse(error.getMessage().contains("\n"), error.getMessage());
        assertTrue(error.getMessage().contains(file.getFileName().toString()), error.getMessage());
        return error.getMessage();
    }

    private static byte[] tar(Consumer<TarArchiveOutputStream> more) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(bytes)) {
            out.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
            for (int i = 0; i < TEXTS.size(); i++) {
                byte[] text = TEXTS.get(i).getBytes(StandardCharsets.UTF_8);
                TarArchiveEntry entry = new TarArchiveEntry("a/" + i + "long".repeat(30 * i) + ".txt");
                entry.setSize(text.length);
                out.putArchiveEntry(entry);
                out.write(text);
                out.closeArchiveEntry();
            }
            more.accept(out);
        }
        return bytes.toByteArray();
    }

    private static byte[] tar() throws IOException {
        return tar(out -> {});
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(compressed)) {
            out.write(bytes);
        }
        return compressed.toByteArray();
    }

    private static byte[] join(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    private byte[] zip(Consumer<ZipArchiveOutputStream> more) throws IOException {
        Path file = folder.resolve("made.zip");
        try (ZipArchiveOutputStream out = new ZipArchiveOutputStream(file)) {
            for (int i = 0; i < TEXTS.size(); i++) {
                out.putArchiveEntry(new ZipArchiveEntry("a/" + i + ".txt"));
                out.write(TEXTS.get(i).getBytes(StandardCharsets.UTF_8));
                out.closeArchiveEntry();
            }
            more.accept(out);
        }
        return Files.readAllBytes(file);
    }

    /** All of the documents or a complaint, wherever it is cut: never some of them. */
    @Test
    void aTarThatIsCutOffAnywhereIsRefused() throws IOException {
        byte[] tar = tar();
        assertEquals(TEXTS, read("x.tar", tar));
        int end = tar.length;
        while (tar[end - 1] == 0) {
            end--;
        }
        int content = (end + 511) / 512 * 512;
        for (int step = 0; step <= 3 * tar.length / 512; step++) {
            // Around every record, and somewhere within.
            int length = Math.min(tar.length, step / 3 * 512 + new int[] {0, 1, 300}[step % 3]);
            byte[] cut = Arrays.copyOf(tar, length);
            if (length >= content + 512) {
                assertEquals(TEXTS, read("x.tar", cut), "cut at " + length);
            } else {
                assertTrue(refusal("x.tar", cut).contains("cut off"), "cut at " + length);
            }
        }
        byte[] cut = Arrays.copyOf(tar, content);
        assertTrue(refusal("x.tar.gz", gzip(cut)).contains("without its end mark"));
        assertTrue(refusal("x.tgz", gzip(cut)).contains("without its end mark"));
        assertTrue(refusal("x.tar.zst", Zstd.compress(cut)).contains("without its end mark"));
        assertTrue(refusal(INPUTS.resolve("corpus/cut_at_entry.tar")).contains("cut off"));
    }

    @Test
    void whatFollowsATarIsNotPassedOver() throws IOException {
        byte[] tar = tar();
        assertTrue(refusal("x.tar", join(tar, tar)).contains("follows its end mark"));
        assertTrue(refusal("x.tar.gz", gzip(join(tar, new byte[] {1}))).contains("follows its end mark"));
        assertTrue(refusal("x.tar.gz", join(gzip(tar), gzip(tar))).contains("follows its end mark"));
        assertEquals(TEXTS, read("x.tar", join(tar, new byte[100_000])));
    }

    @Test
    void linksWithinArchivesAreNoDocuments() throws IOException {
        byte[] tar = tar(out -> {
            try {
                for (byte type : new byte[] {TarConstants.LF_SYMLINK, TarConstants.LF_LINK, TarConstants.LF_FIFO}) {
                    TarArchiveEntry link = new TarArchiveEntry("a/link.txt", type);
                    link.setLinkName("a/0.txt");
                    out.putArchiveEntry(link);
                    out.closeArchiveEntry();
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        assertEquals(TEXTS, read("x.tar", tar));
        byte[] zip = zip(out -> {
            try {
                ZipArchiveEntry link = new ZipArchiveEntry("a/link.txt");
                link.setUnixMode(0120777);
                out.putArchiveEntry(link);
                out.write("0.txt".getBytes(StandardCharsets.UTF_8));
                out.closeArchiveEntry();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        assertEquals(TEXTS, read("x.zip", zip));
    }

    @Test
    void compressedFilesThatAreCutOffOrGoOnAreRefused() throws IOException {
        byte[] text = TEXTS.getFirst().getBytes(StandardCharsets.UTF_8);
        byte[] gzip = gzip(text);
        byte[] zstd = Zstd.compress(text);
        for (int length = 0; length < gzip.length; length++) {
            refusal("x.txt.gz", Arrays.copyOf(gzip, length));
            // A second part that is damaged must not end the file without a word.
            if (length > 0) {
                refusal("y.txt.gz", join(gzip, Arrays.copyOf(gzip, length)));
            }
        }
        for (int length = 0; length < zstd.length; length++) {
            refusal("x.txt.zst", Arrays.copyOf(zstd, length));
        }
        refusal("x.txt.gz", join(gzip, "garbage".getBytes(StandardCharsets.UTF_8)));
        refusal("x.txt.zst", join(zstd, "garbage".getBytes(StandardCharsets.UTF_8)));
        assertEquals(List.of(TEXTS.getFirst().repeat(2)), read("x.txt.gz", join(gzip, gzip)));
        gzip[gzip.length - 6] ^= 1;
        refusal("x.txt.gz", gzip);
    }

    @Test
    void aZipThatIsCutOffAnywhereIsRefused() throws IOException {
        byte[] zip = zip(out -> {});
        assertEquals(TEXTS, read("x.zip", zip));
        assertTrue(refusal("x.zip", join(zip, zip)).contains("another zip archive in front"));
        for (int length = 0; length < zip.length; length += length < 200 || length > zip.length - 200 ? 1 : 23) {
            refusal("x.zip", Arrays.copyOf(zip, length));
        }
    }

    @Test
    void aZipWithDamagedContentIsRefused() throws IOException {
        Path stored = folder.resolve("stored.zip");
        try (ZipArchiveOutputStream out = new ZipArchiveOutputStream(stored)) {
            out.setMethod(ZipArchiveOutputStream.STORED);
            ZipArchiveEntry entry = new ZipArchiveEntry("a.txt");
            byte[] text = TEXTS.getFirst().getBytes(StandardCharsets.UTF_8);
            entry.setSize(text.length);
            CRC32 sum = new CRC32();
            sum.update(text);
            entry.setCrc(sum.getValue());
            out.putArchiveEntry(entry);
            out.write(text);
            out.closeArchiveEntry();
        }
        assertEquals(List.of(TEXTS.getFirst()), read(stored));
        byte[] zip = Files.readAllBytes(stored);
        int place = new String(zip, StandardCharsets.ISO_8859_1).indexOf("first text");
        zip[place] = 'F';
        assertTrue(refusal("x.zip", zip).contains("checksum"));
    }

    @Test
    void namesOfOtherSystems() throws IOException {
        assertEquals(1, read(INPUTS.resolve("text/latinname.zip")).size());
        for (String encoding : List.of("IBM437", "ISO-8859-1", "windows-1252", "Shift_JIS", "UTF-8")) {
            Path file = folder.resolve("x.zip");
            try (ZipArchiveOutputStream out = new ZipArchiveOutputStream(file)) {
                out.setEncoding(encoding);
                out.setUseLanguageEncodingFlag(false);
                out.setCreateUnicodeExtraFields(ZipArchiveOutputStream.UnicodeExtraFieldPolicy.NEVER);
                String name = encoding.equals("Shift_JIS") ? "\u30c6\u30ad\u30b9\u30c8.txt" : "caf\u00e9 \u00fc.txt";
                assertTrue(Charset.forName(encoding).newEncoder().canEncode(name));
                out.putArchiveEntry(new ZipArchiveEntry(name));
                out.write(TEXTS.getFirst().getBytes(StandardCharsets.UTF_8));
                out.closeArchiveEntry();
            }
            assertEquals(List.of(TEXTS.getFirst()), read(file), encoding);
            SourceOptions options = new SourceOptions("*.txt", List.of("txt"), "text", 0, null);
            List<Document> filtered = new ArrayList<>();
            TextSources.parse(List.of(file.toString()), options).forEach(filtered::add);
            assertEquals(1, filtered.size(), encoding);
        }
        assertTrue(refusal(INPUTS.resolve("corpus/zip_nul_name/a.zip")).contains("a NUL in its name ('a\\0txt')"));
    }

    /** Changes two bytes of each header of a zip archive, at places that the format gives. */
    private static byte[] patched(byte[] zip, int local, int central, int value) {
        byte[] patched = zip.clone();
        for (int i = 0; i < zip.length - 4; i++) {
            if (zip[i] == 'P' && zip[i + 1] == 'K') {
                int place = zip[i + 2] == 3 ? i + local : zip[i + 2] == 1 ? i + central : -1;
                if (place >= 0) {
                    patched[place] = (byte) (local == 6 ? zip[place] | value : value);
                }
            }
        }
        return patched;
    }

    @Test
    void encryptedAndUnknownMethodsAreNamed() throws IOException {
        byte[] zip = zip(out -> {});
        String encrypted = refusal("x.zip", patched(zip, 6, 8, 1));
        assertTrue(encrypted.contains("'a/0.txt'") && encrypted.contains("is encrypted"), encrypted);
        for (int method : new int[] {97, 98, 5}) {
            String unknown = refusal("x.zip", patched(zip, 8, 10, method));
            assertTrue(unknown.contains("'a/0.txt'") && unknown.contains("method " + method), unknown);
        }
        // An entry that nobody reads may be anything.
        Path file = Files.write(folder.resolve("x.zip"), patched(zip, 8, 10, 97));
        List<Document> none = new ArrayList<>();
        TextSources.parse(List.of(file.toString()), "*.md", 0, null).forEach(none::add);
        assertEquals(List.of(), none);
        try (ZipFile sound =
                ZipFile.builder().setPath(folder.resolve("made.zip")).get()) {
            assertTrue(sound.getEntries().hasMoreElements());
        }
    }

    private Path parquet(Path file, String query) throws IOException, SQLException {
        Files.createDirectories(file.getParent());
        Path plain = folder.resolve("plain.parquet");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (" + query + ") TO '" + plain + "' (FORMAT PARQUET)");
        }
        return Files.move(plain, file);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void parquetFilesHaveNamesAndNotPatterns() throws IOException, SQLException {
        assertEquals(40, read(INPUTS.resolve("parquet-glob/a[1].parquet")).size());
        Path place = Files.createDirectories(folder.resolve("p"));
        List<Path> made = new ArrayList<>();
        for (String decoy : List.of("a1.parquet", "ab.parquet", "a.parquet", "b.parquet", "[1].parquet")) {
            parquet(place.resolve(decoy), "SELECT 'DECOY' AS text");
        }
        for (String name : List.of(
                "a[1].parquet",
                "a*.parquet",
                "a?.parquet",
                "a**.parquet",
                "[!x]b.parquet",
                "a[a-z].parquet",
                "a[].parquet",
                "a].parquet",
                "a[.parquet",
                "{a,b}.parquet",
                "a'b.parquet",
                "a\"b.parquet",
                "a b%20.parquet",
                "~.parquet",
                "text=no/lang=en/x.parquet",
                "[d]*/x?.parquet")) {
            Path file = parquet(place.resolve(name), "SELECT 'of " + name.replace("'", "''") + "' AS text");
            assertEquals(List.of("of " + name), read(file), name);
            made.add(file);
        }
        List<String> ofFolder = read(place);
        for (Path file : made) {
            assertEquals(
                    1,
                    ofFolder.stream()
                            .filter(("of " + place.relativize(file))::equals)
                            .count(),
                    file::toString);
        }
    }

    /** A backslash is one of the two things that DuckDB makes a path of: the right file, or a refusal. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void neverAnotherParquetFile() throws IOException, SQLException {
        Path place = Files.createDirectories(folder.resolve("p"));
        parquet(place.resolve("a1.parquet"), "SELECT 'DECOY' AS text");
        for (String name : List.of("a\\[1].parquet", "a\\*.parquet", "a\\1.parquet")) {
            Path file = parquet(place.resolve(name), "SELECT 'right' AS text");
            try {
                assertEquals(List.of("right"), read(file), name);
            } catch (UserError e) {
                assertTrue(e.getMessage().contains(name), e.getMessage());
            }
            Files.delete(file);
        }
    }
}
