package org.tornadomor.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;
import org.tornadomor.cli.cluster.ClusterProvider;
import org.tornadomor.data.DuckDb;
import org.tornadomor.data.Manifest;
import org.tornadomor.data.Preparation;
import org.tornadomor.data.PrepareListener;
import org.tornadomor.data.PrepareSettings;
import org.tornadomor.data.PreparedCorpus;
import org.tornadomor.data.TextCluster;
import org.tornadomor.data.WeightedSource;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;

/** What Spark makes of text is what one machine makes of it, in the order of the hashes. */
class SparkTextTest {
    private static final String BPE = "../tests/src/test/resources/tokenizer/byte-level";

    private static JavaSparkContext spark;
    private static List<String> sources;
    private static int refusals;

    @TempDir
    static Path temp;

    @BeforeAll
    static void start() throws IOException, SQLException {
        spark = SparkStart.open(new ClusterProvider.Place(
                "local[2]",
                List.of(
                        "spark.files.maxPartitionBytes=2k",
                        "spark.driver.host=127.0.0.1",
                        "spark.driver.bindAddress=127.0.0.1"),
                0));
        sources = writeSources();
    }

    @AfterAll
    static void stop() {
        spark.close();
    }

    private static String text(int i) {
        return "text é number " + i + " says " + "word ".repeat(i % 13) + "</s>";
    }

    private static String json(int i) {
        return "{\"n\": " + i + ", \"text\": \"" + text(i) + "\"}\n";
    }

    /** Each kind of file, with texts that are twice in it, in two of them, too short, or none. */
    private static List<String> writeSources() throws IOException, SQLException {
        Path folder = Files.createDirectories(temp.resolve("texts/within"));
        for (int i = 0; i < 30; i++) {
            Files.writeString((i % 2 == 0 ? folder : folder.getParent()).resolve(i + ".txt"), text(i % 25));
        }
        Files.writeString(folder.resolve("short.txt"), "a");
        Files.writeString(folder.resolve(".hidden"), "not read");
        Path lines = temp.resolve("lines.jsonl");
        StringBuilder all = new StringBuilder();
        for (int i = 20; i < 220; i++) {
            all.append(json(i % 150)).append(i % 50 == 0 ? "{\"text\": null}\n{\"text\": 7}\n" : "");
        }
        Files.writeString(lines, all);
        Path packed = temp.resolve("packed.jsonl.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            for (int i = 140; i < 170; i++) {
                out.write(json(i).getBytes(StandardCharsets.UTF_8));
            }
        }
        Path table = temp.resolve("tables [1]");
        Files.createDirectories(table);
        write(table.resolve("one.parquet"), "text", 160, 260);
        // Another column stands before it, and the text is bytes: no file of the same kind.
        write(table.resolve("two.parquet"), "n, encode(text) AS text", 250, 280);
        write(table.resolve("lists.parquet"), "[text, 'second line', 'n ' || n] AS text", 0, 20);
        return List.of(
                folder.getParent().toString(),
                lines.toString(),
                packed.toString(),
                table.toString(),
                temp + "/{lines,no}.json*");
    }

    private static void write(Path file, String columns, int from, int to) throws SQLException {
        StringBuilder rows = new StringBuilder("(-1, NULL)");
        for (int i = from; i < to; i++) {
            rows.append(", (").append(i).append(", '").append(text(i)).append("')");
        }
        try (Connection connection = DuckDb.open(false);
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (SELECT " + columns + " FROM (VALUES " + rows + ") t(n, text)) TO '" + file
                    + "' (FORMAT parquet)");
        }
    }

    private static PrepareSettings settings(boolean byHash, boolean deduplicate, boolean skip, List<String> specs) {
        return new PrepareSettings(
                WeightedSource.parse(specs),
                null,
                List.of(),
                "text",
                0,
                null,
                3,
                0,
                deduplicate,
                skip,
                0.2,
                2000,
                true,
                null,
                byHash);
    }

    private static Manifest share(PrepareSettings settings, Tokenizer tokenizer, Path out, TextCluster cluster) {
        return Preparation.share(settings, tokenizer, out, cluster, cluster.find(settings), PrepareListener.NONE)
                .manifest();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes", BPE})
    void theSameDocumentsTokensAndParts(String name) throws IOException {
        Path folder = Files.createTempDirectory(temp, "same");
        for (boolean deduplicate : new boolean[] {true, false}) {
            Path one = folder.resolve("one-" + deduplicate);
            Path many = folder.resolve("many-" + deduplicate);
            try (Tokenizer tokenizer = Tokenizers.load(name)) {
                Manifest alone = Preparation.run(
                                settings(false, deduplicate, true, sources), tokenizer, one, 1, PrepareListener.NONE)
                        .manifest();
                Manifest shared =
                        share(settings(true, deduplicate, true, sources), tokenizer, many, new SparkText(spark));
                assertEquals(alone.sources(), shared.sources());
                assertEquals(alone.tokenizer(), shared.tokenizer());
                assertTrue(
                        shared.shards().size() > 10,
                        "shards: " + shared.shards().size());
                Map<String, byte[]> sorted = documents(one, alone, tokenizer, true);
                Map<String, byte[]> written = documents(many, shared, tokenizer, false);
                assertEquals(sorted.keySet(), written.keySet());
                sorted.forEach((part, bytes) -> assertArrayEquals(bytes, written.get(part), part));
                Manifest.Source lines = shared.sources().get(1);
                assertTrue(lines.invalid() == 4 && (!deduplicate || lines.duplicates() > 40), lines.toString());
            }
        }
    }

    /** The shards of each source and part one behind the other, with their documents sorted by hash if asked. */
    private static Map<String, byte[]> documents(Path corpus, Manifest manifest, Tokenizer tokenizer, boolean sort)
            throws IOException {
        Map<String, Map<String, List<byte[]>>> parts = new TreeMap<>();
        Map<String, byte[]> whole = new TreeMap<>();
        for (Manifest.Shard shard : manifest.shards()) {
            String part = shard.source() + (shard.validation() ? " held out" : " training");
            byte[] tokens = Files.readAllBytes(corpus.resolve(shard.file()));
            whole.merge(part, tokens, SparkTextTest::joined);
            ByteBuffer ends = ByteBuffer.wrap(
                            Files.readAllBytes(corpus.resolve(shard.file().replace(".tokens", ".documents"))))
                    .order(ByteOrder.LITTLE_ENDIAN);
            for (int from = 0; ends.hasRemaining(); ) {
                int to = (int) ends.getLong() * manifest.tokenBytes();
                byte[] document = Arrays.copyOfRange(tokens, from, to);
                parts.computeIfAbsent(part, key -> new TreeMap<>())
                        .computeIfAbsent(hash(document, tokenizer), key -> new ArrayList<>())
                        .add(document);
                from = to;
            }
        }
        return sort
                ? parts.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey,
                                part -> part.getValue().values().stream()
                                        .flatMap(List::stream)
                                        .reduce(new byte[0], SparkTextTest::joined),
                                (a, b) -> a,
                                TreeMap::new))
                : whole;
    }

    private static byte[] joined(byte[] first, byte[] second) {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(first);
        both.writeBytes(second);
        return both.toByteArray();
    }

    /** The hash of the text, as it sorts. */
    private static String hash(byte[] document, Tokenizer tokenizer) {
        int[] ids = new int[document.length / Short.BYTES - 1];
        ByteBuffer shorts = ByteBuffer.wrap(document).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < ids.length; i++) {
            ids[i] = Short.toUnsignedInt(shorts.getShort());
        }
        try {
            return HexFormat.of()
                    .formatHex(java.security.MessageDigest.getInstance("SHA-256")
                            .digest(tokenizer.decode(ids).getBytes(StandardCharsets.UTF_8)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** Lets only so many documents through, and then is gone. */
    private record Lost(TextCluster cluster, int documents) implements TextCluster {
        @Override
        public List<Found> find(PrepareSettings settings) {
            return cluster.find(settings);
        }

        @Override
        public void forEach(Plan plan, Taker taker) {
            int[] left = {documents};
            cluster.forEach(plan, new Taker() {
                @Override
                public void accept(Outcome outcome) {
                    if (left[0]-- == 0) {
                        throw new UserError("lost");
                    }
                    taker.accept(outcome);
                }

                @Override
                public void progress(double share) {
                    taker.progress(share);
                }
            });
        }

        @Override
        public void close() {
            cluster.close();
        }
    }

    @Test
    void aLostAttemptGoesOnAndBecomesTheSame() throws IOException {
        PrepareSettings settings = settings(true, true, true, sources);
        Path whole = temp.resolve("whole");
        Path lost = temp.resolve("lost");
        try (Tokenizer tokenizer = Tokenizers.load("bytes")) {
            share(settings, tokenizer, whole, new SparkText(spark));
            assertThrows(UserError.class, () -> share(settings, tokenizer, lost, new Lost(new SparkText(spark), 250)));
            assertTrue(files(lost).keySet().stream().anyMatch(name -> name.endsWith(".tokens")));
            UserError other = assertThrows(
                    UserError.class,
                    () -> Preparation.run(
                            settings(false, true, true, sources), tokenizer, lost, 1, PrepareListener.NONE));
            assertTrue(other.getMessage().contains("byHash was true and is now false"), other.getMessage());
            share(settings, tokenizer, lost, new SparkText(spark));
        }
        assertEquals(files(whole).keySet(), files(lost).keySet());
        files(whole)
                .forEach((name, bytes) -> assertArrayEquals(bytes, files(lost).get(name), name));
        PreparedCorpus.open(lost).verify();
    }

    private static Map<String, byte[]> files(Path folder) {
        try (Stream<Path> paths = Files.list(folder)) {
            Map<String, byte[]> files = new TreeMap<>();
            for (Path path : paths.toList()) {
                files.put(path.getFileName().toString(), Files.readAllBytes(path));
            }
            return files;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void refused(String expected, String... specs) {
        PrepareSettings settings = settings(true, true, false, List.of(specs));
        try (Tokenizer tokenizer = Tokenizers.load("bytes")) {
            UserError error = assertThrows(
                    UserError.class,
                    () -> share(settings, tokenizer, temp.resolve("refused" + refusals++), new SparkText(spark)));
            assertTrue(error.getMessage().contains(expected), error.getMessage());
            assertEquals(1, error.getMessage().lines().count(), error.getMessage());
        }
    }

    @Test
    void whatCannotBeReadIsOneLine() throws IOException, SQLException {
        refused("no text at " + temp.resolve("none"), temp.resolve("none").toString());
        refused("no file matches", temp + "/*.none");
        refused("cannot find s4://texts/here", "s4://texts/here");
        refused("so that the shards would be text there", temp.toString());
        refused("or leave all such documents out with --skip-invalid", sources.get(1));
        Path zip = Files.write(temp.resolve("some.zip"), new byte[] {'P', 'K'});
        refused("unpack it, or make it a .tar", zip.toString());
        Files.delete(zip);
        Path damaged = Files.writeString(temp.resolve("damaged.parquet"), "PAR1 and nothing else");
        refused("it may be cut off or no Parquet file", damaged.toString());
        Files.delete(damaged);
        Path other = temp.resolve("other.parquet");
        write(other, "n, text AS body", 0, 3);
        refused("no column 'text' in " + other + "; its columns of text: body", other.toString());
        Files.delete(other);
    }
}
