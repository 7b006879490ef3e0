package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.tokenizer.ByteTokenizer;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;

class PreparationTest {
    private static final Path BPE = Path.of("src/test/resources/tokenizer/byte-level");

    @TempDir
    Path temporary;

    /** Texts of different lengths, some of them twice. */
    private static List<String> texts(int count, long seed) {
        Random random = new Random(seed);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean again = i > 2 && random.nextInt(5) == 0;
            texts.add(again ? texts.get(random.nextInt(i)) : "text é " + i + " " + "word ".repeat(random.nextInt(40)));
        }
        return texts;
    }

    private static Path write(Path folder, List<String> texts) throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < texts.size(); i++) {
            Files.writeString(folder.resolve(String.format("%04d.txt", i)), texts.get(i));
        }
        return folder;
    }

    private static PrepareSettings settings(double holdOut, boolean deduplicate, long shardTokens, String... sources) {
        return new PrepareSettings(
                WeightedSource.parse(List.of(sources)),
                null,
                List.of(),
                "text",
                0,
                null,
                0,
                0,
                deduplicate,
                false,
                holdOut,
                shardTokens);
    }

    private static PreparedCorpus run(PrepareSettings settings, Path folder) {
        return Preparation.run(settings, new ByteTokenizer(), folder, 2, PrepareListener.NONE);
    }

    private static List<String> documents(Corpus.Part part) {
        return List.of(new ByteTokenizer().decode(CorpusTest.ids(part.tokens())).split("(?=text é)"));
    }

    /** All files of a folder. */
    private static Map<String, byte[]> files(Path folder) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> paths = Files.list(folder)) {
            for (Path path : paths.toList()) {
                files.put(path.getFileName().toString(), Files.readAllBytes(path));
            }
        }
        return files;
    }

    private static void assertSame(Map<String, byte[]> expected, Map<String, byte[]> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, bytes) -> assertArrayEquals(bytes, actual.get(name), name));
    }

    /** Property-based tests get no temporary folder of their own. */
    private static void delete(Path folder) {
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Property(tries = 25)
    void everyDocumentIsInOnePart(
            @ForAll @IntRange(min = 1, max = 60) int count,
            @ForAll @IntRange(min = 1, max = 3000) int shardTokens,
            @ForAll @DoubleRange(max = 0.6) double holdOut,
            @ForAll boolean deduplicate,
            @ForAll boolean bpe)
            throws IOException {
        Path folder = Files.createTempDirectory("prepare");
        List<String> texts = texts(count, 11);
        Path source = write(folder.resolve("texts"), texts);
        try (Tokenizer tokenizer = bpe ? Tokenizers.load(BPE.toString()) : new ByteTokenizer()) {
            PreparedCorpus prepared;
            try {
                prepared = Preparation.run(
                        settings(holdOut, deduplicate, shardTokens, source.toString()),
                        tokenizer,
                        folder.resolve("out"),
                        3,
                        PrepareListener.NONE);
            } catch (UserError e) {
                assertTrue(e.getMessage().startsWith("no text to train on"), e.getMessage());
                return;
            }
            prepared.verify();
            List<Integer> training = new ArrayList<>();
            List<Integer> validation = new ArrayList<>();
            Set<String> seen = new HashSet<>();
            for (String text : texts) {
                if (seen.add(text) || !deduplicate) {
                    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
                    List<Integer> part =
                            ContentHash.of(new Document("", utf8)).isWithin(holdOut) ? validation : training;
                    for (int id : tokenizer.encode(text)) {
                        part.add(id);
                    }
                    part.add(tokenizer.endOfText());
                }
            }
            assertTokens(training, prepared.corpus().training());
            assertTokens(validation, prepared.corpus().validation());
        } finally {
            delete(folder);
        }
    }

    private static void assertTokens(List<Integer> expected, Corpus.Part part) {
        int[] ids = CorpusTest.ids(part.tokens());
        assertArrayEquals(expected.stream().mapToInt(Integer::intValue).toArray(), ids);
        for (int i = 0; i < ids.length; i += 7) {
            assertEquals(ids[i], part.tokens().get(i));
        }
    }

    @Test
    void anInterruptedAttemptEndsAsOneStraightThrough() throws IOException {
        String source = write(temporary.resolve("texts"), texts(120, 3)).toString();
        PrepareSettings settings = settings(0.3, true, 700, source);
        Map<String, byte[]> expected =
                files(run(settings, temporary.resolve("straight")).folder());
        assertTrue(expected.size() > 10, expected.keySet().toString());
        Path broken = temporary.resolve("broken");
        Set<Long> resumedWith = new HashSet<>();
        for (int step = 0; ; step += 7) {
            int[] left = {step};
            resumedWith.add(shardFiles(broken));
            boolean done = stopsWhen(settings, broken, () -> left[0]-- == 0);
            if (done) {
                assertTrue(step > 0);
                break;
            }
            // What a crash leaves of a shard that was being written.
            Files.write(broken.resolve("source00-training-00000.tokens.tmp"), new byte[] {1, 2, 3});
            assertTrue(step < 5000, "no progress");
        }
        assertTrue(resumedWith.size() > 3, "resumed with " + resumedWith + " shards");
        assertSame(expected, files(broken));
    }

    /** Whether an attempt, which ends when told to between two documents, came to its end. */
    private static boolean stopsWhen(PrepareSettings settings, Path folder, BooleanSupplier stop) {
        PrepareListener killer = new PrepareListener() {
            @Override
            public void progress(double share, long textBytes) {
                if (stop.getAsBoolean()) {
                    throw new IllegalStateException("killed");
                }
            }
        };
        try {
            Preparation.run(settings, new ByteTokenizer(), folder, 1, killer);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    @Test
    void aKilledProcessLeavesNothingThatHinders() throws IOException, InterruptedException {
        String source = write(temporary.resolve("texts"), texts(400, 4)).toString();
        String[] arguments = {"data", "prepare", source, "--shard-tokens", "300", "-o"};
        Path straight = temporary.resolve("straight");
        Path killed = temporary.resolve("killed");
        run(settings(0.05, true, 300, source), straight);
        for (int i = 0; i < 2 && !Files.exists(killed.resolve("manifest.json")); i++) {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    "org.tornadomor.cli.Main"));
            command.addAll(List.of(arguments));
            command.add(killed.toString());
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(temporary.resolve("log").toFile())
                    .start();
            int wanted = 4 * (i + 1);
            while (process.isAlive() && shardFiles(killed) < wanted) {
                Thread.sleep(1);
            }
            process.destroyForcibly().waitFor();
        }
        assertTrue(shardFiles(killed) >= 4, Files.readString(temporary.resolve("log")));
        PreparedCorpus prepared = run(settings(0.05, true, 300, source), killed);
        prepared.verify();
        assertSame(files(straight), files(killed));
    }

    private static long shardFiles(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(path -> path.toString().endsWith(".documents")).count();
        }
    }

    @Test
    void threadsDecideNothing() throws IOException {
        String source = write(temporary.resolve("texts"), texts(200, 5)).toString();
        PrepareSettings settings = settings(0.2, false, 1000, source);
        for (int threads : new int[] {1, 4}) {
            Preparation.run(
                    settings, new ByteTokenizer(), temporary.resolve("t" + threads), threads, PrepareListener.NONE);
        }
        assertSame(files(temporary.resolve("t1")), files(temporary.resolve("t4")));
    }

    @Test
    void moreTextMovesNoDocument() throws IOException {
        Path few = write(temporary.resolve("few"), texts(60, 6));
        Path more = write(temporary.resolve("more"), texts(60, 7));
        Corpus before = run(settings(0.3, true, 999, few.toString()), temporary.resolve("a"))
                .corpus();
        Corpus after = run(settings(0.3, true, 999, more.toString(), few.toString()), temporary.resolve("b"))
                .corpus();
        assertTrue(new HashSet<>(documents(after.training())).containsAll(documents(before.training())));
        assertTrue(new HashSet<>(documents(after.validation())).containsAll(documents(before.validation())));
        Corpus loaded = Corpus.load(
                TextSources.parse(List.of(few.toString()), SourceOptions.ALL),
                new ByteTokenizer(),
                HoldOut.byContent(0.3));
        assertEquals(new HashSet<>(documents(before.validation())), new HashSet<>(documents(loaded.validation())));
    }

    @Test
    void filtersAndLimitsAreCounted() throws IOException {
        Path source = write(temporary.resolve("texts"), List.of("a", "bb", "bb", "cccc", "ddd", "eeeeeeee"));
        Files.write(source.resolve("bad.txt"), new byte[] {'a', (byte) 0xFF});
        Files.writeString(source.resolve("other.md"), "ffff");
        PrepareSettings settings = new PrepareSettings(
                WeightedSource.parse(List.of(source.toString())),
                null,
                List.of("txt"),
                "text",
                0,
                null,
                2,
                4,
                true,
                true,
                0,
                100);
        Manifest.Source result =
                run(settings, temporary.resolve("out")).manifest().sources().getFirst();
        assertEquals(new Manifest.Amount(3, 9, 12), result.training());
        assertEquals(List.of(1L, 2L, 1L), List.of(result.duplicates(), result.filtered(), result.invalid()));
        expectError(
                "--skip-invalid", () -> run(settings(0, true, 100, source.toString()), temporary.resolve("strict")));
    }

    @Test
    void damageIsNamed() throws IOException {
        String source = write(temporary.resolve("texts"), texts(40, 8)).toString();
        Path folder =
                run(settings(0.2, true, 1000, source), temporary.resolve("out")).folder();
        Path shard = folder.resolve("source00-training-00001.tokens");
        byte[] whole = Files.readAllBytes(shard);
        byte[] flipped = whole.clone();
        flipped[100] ^= 4;
        Files.write(shard, flipped);
        PreparedCorpus.open(folder);
        expectError(
                "source00-training-00001.tokens is damaged",
                () -> PreparedCorpus.open(folder).verify());
        try (RandomAccessFile file = new RandomAccessFile(shard.toFile(), "rw")) {
            file.setLength(whole.length - 2L);
        }
        expectError("source00-training-00001.tokens is damaged", () -> PreparedCorpus.open(folder));
        Files.delete(shard);
        expectError("source00-training-00001.tokens: it does not exist", () -> PreparedCorpus.open(folder));
        Files.write(shard, whole);
        PreparedCorpus.open(folder).verify();
        Path documents = folder.resolve("source00-training-00000.documents");
        byte[] ends = Files.readAllBytes(documents);
        ends[7] = 1;
        Files.write(documents, ends);
        expectError(
                "source00-training-00000.documents is damaged",
                () -> PreparedCorpus.open(folder).verify());
        Path manifest = folder.resolve("manifest.json");
        Files.writeString(manifest, Files.readString(manifest).substring(0, 400));
        expectError("manifest.json is damaged", () -> PreparedCorpus.open(folder));
        assertTrue(PreparedCorpus.isAt(folder));
    }

    @Test
    void aDamagedShardOfAnInterruptedAttemptIsNamed() throws IOException {
        String source = write(temporary.resolve("texts"), texts(120, 3)).toString();
        PrepareSettings settings = settings(0.3, true, 700, source);
        Path folder = temporary.resolve("out");
        assertFalse(stopsWhen(settings, folder, () -> shards(folder) > 3));
        Path shard = folder.resolve("source00-training-00000.tokens");
        byte[] bytes = Files.readAllBytes(shard);
        bytes[0] ^= 1;
        Files.write(shard, bytes);
        expectError("source00-training-00000.tokens is damaged", () -> run(settings, folder));
        bytes[0] ^= 1;
        Files.write(shard, bytes);
        expectError("unfinished corpus: run the same", () -> PreparedCorpus.open(folder));
        expectError("shardTokens was 700 and is now 701", () -> run(settings(0.3, true, 701, source), folder));
        Files.writeString(Path.of(source, "0001.txt"), "another text");
        expectError("changed since", () -> run(settings, folder));
    }

    private static long shards(Path folder) {
        try {
            return shardFiles(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        String source = write(temporary.resolve("texts"), texts(9, 9)).toString();
        Path used = temporary.resolve("used");
        Files.createDirectories(used);
        Files.writeString(used.resolve("file"), "x");
        expectError("not empty and holds no corpus", () -> run(settings(0, true, 99, source), used));
        expectError("no text at", () -> run(settings(0, true, 99, "/nowhere"), temporary.resolve("n")));
        assertFalse(Files.exists(temporary.resolve("n")), "an empty folder stayed");
        expectError("no prepared corpus in", () -> PreparedCorpus.open(used));
        Files.createDirectories(temporary.resolve("empty"));
        expectError(
                "no text to train on",
                () -> run(settings(0, true, 99, temporary.resolve("empty").toString()), temporary.resolve("e")));
        expectError(
                "nothing to train on is left of",
                () -> run(settings(0, true, 99, source + "=1", source + "/0000.txt=2"), temporary.resolve("w")));
        expectError("some sources have a weight", () -> WeightedSource.parse(List.of("a=1", "b")));
        expectError("is not above 0", () -> WeightedSource.parse("a=0"));
        expectError("is not in 0", () -> settings(1, true, 99, source));
        Path out = temporary.resolve("out");
        PreparedCorpus done = run(settings(0, true, 99, source), out);
        try (Tokenizer other = Tokenizers.load(BPE.toString())) {
            expectError("prepared with bytes (257 ids) and not with", () -> done.requireTokenizer(other));
            expectError(
                    "made with other settings (tokenizer bytes",
                    () -> Preparation.run(settings(0, true, 99, source), other, out, 1, PrepareListener.NONE));
        }
        expectError(
                "is a prepared corpus", () -> TextSources.parse(List.of(out.toString(), source), SourceOptions.ALL));
        List<String> heard = new ArrayList<>();
        Preparation.run(settings(0, true, 99, source), new ByteTokenizer(), out, 1, new PrepareListener() {
            @Override
            public void message(String text) {
                heard.add(text);
            }
        });
        assertEquals(List.of(out + " is complete already"), heard);
    }

    @Test
    void samplesAreBeginningsOfDocuments() throws IOException {
        List<String> texts = texts(30, 10);
        String source = write(temporary.resolve("texts"), texts).toString();
        PreparedCorpus prepared = run(settings(0.2, true, 500, source), temporary.resolve("out"));
        List<PreparedCorpus.Sample> samples = prepared.samples(20, 1000, 1);
        assertEquals(20, samples.size());
        samples.forEach(sample -> assertTrue(texts.contains(sample.text()), sample.text()));
        assertEquals(5, prepared.samples(1, 5, 1).getFirst().text().length());
    }

    private static void expectError(String part, Runnable action) {
        UserError error = assertThrows(UserError.class, action::run);
        assertTrue(error.getMessage().contains(part), error.getMessage());
        assertFalse(error.getMessage().contains("\n"), error.getMessage());
    }
}
