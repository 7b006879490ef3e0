package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.JsonMutations;
import org.tornadomor.UserError;
import org.tornadomor.cli.Main;
import org.tornadomor.tokenizer.ByteTokenizer;

/** Manifests that were damaged, or made to do harm. */
class ManifestTest {
    private static final Path INPUTS = Path.of("src/test/resources/inputs/manifest");
    private static final int FEW = 600;
    private static final int MANY = 20_000;

    @TempDir
    Path folder;

    private Path corpus;
    private Path file;
    private String sound;

    @BeforeEach
    void prepare() throws IOException {
        Path texts = Files.createDirectories(folder.resolve("texts"));
        for (int i = 0; i < 12; i++) {
            Files.writeString(texts.resolve(i + ".txt"), "text number " + i + " " + "word ".repeat(i));
        }
        Path more = Files.createDirectories(folder.resolve("more"));
        for (int i = 0; i < 8; i++) {
            Files.writeString(more.resolve(i + ".txt"), "more text " + i);
        }
        corpus = folder.resolve("corpus");
        PrepareSettings settings = new PrepareSettings(
                WeightedSource.parse(List.of(texts + "=2", more + "=1")),
                null,
                List.of("txt"),
                "text",
                0,
                null,
                0,
                0,
                false,
                false,
                0.2,
                150);
        Preparation.run(settings, new ByteTokenizer(), corpus, 1, PrepareListener.NONE);
        file = corpus.resolve("manifest.json");
        sound = Files.readString(file);
    }

    private String refusal() {
        UserError error = assertThrows(UserError.class, () -> PreparedCorpus.open(corpus));
        assertFalse(error.getMessage().contains("\n"), error.getMessage());
        assertTrue(error.getMessage().startsWith(file.toString()), error.getMessage());
        return error.getMessage();
    }

    @ParameterizedTest
    @CsvSource({
        "no-tokenizer, key tokenizer is missing",
        "shards-null, key shards is null",
        "traversal, key shards[0].file is '../outside/secret.tokens'"
    })
    void theInputs(String name, String expected) throws IOException {
        Files.copy(INPUTS.resolve(name + ".json"), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertTrue(refusal().contains(expected), this::refusal);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "source00-training-00000.tokens\" | ../x.tokens\" | key shards[0].file",
                "source00-training-00000.tokens\" | /etc/passwd\" | key shards[0].file",
                "source00-training-00000.tokens\" | ..\\\\source00-training-00000.tokens\" | key shards[0].file",
                "source00-training-00000.tokens\" | a/source00-training-00000.tokens\" | key shards[0].file",
                "source00-training-00000.tokens\" | a\\u0000.tokens\" | key shards[0].file has a NUL",
                "source00-training-00000.tokens\" | source00-training-00001.tokens\" | for the second time",
                "\"token_bytes\" : 2 | \"token_bytes\" : \"2\" | key token_bytes is no whole number",
                "\"token_bytes\" : 2 | \"token_bytes\" : 2.0 | key token_bytes is no whole number",
                "\"token_bytes\" : 2 | \"token_bytes\" : 4 | key token_bytes is 4",
                "\"token_bytes\" : 2 | \"token_bytes\" : 2, \"token_bytes\" : 2 | is damaged",
                "\"token_bytes\" : 2 | \"token_byte\" : 2 | key token_bytes is missing",
                "\"token_bytes\" : 2 | \"token_bytes\" : 2, \"more\" : 2 | key more is none",
                "\"vocab_size\" : 257 | \"vocab_size\" : 9999999999 | key tokenizer.vocab_size is no whole number",
                "\"end_of_text\" : 256 | \"end_of_text\" : 257 | key tokenizer.end_of_text",
                "\"kind\" : \"bytes\" | \"kind\" : \"../bytes\" | key tokenizer.kind",
                "\"hold_out\" : 0.2 | \"hold_out\" : 1e400 | key settings.hold_out",
                "\"hold_out\" : 0.2 | \"hold_out\" : 7 | is damaged (a validation share",
                "\"weight\" : 2.0 | \"weight\" : null | weight",
                "\"weight\" : 2.0 | \"weight\" : -2.0 | weight",
                "\"source\" : 0 | \"source\" : 1 | key shards",
                "\"validation\" : false | \"validation\" : true | key shards",
                "\"sha256\" : \" | \"sha256\" : \"g | sha256",
                "\"parse_special\" : false | \"parse_special\" : 0 | key settings.parse_special is no true or false but 0",
                "\"special_spelled\" : 0 | \"special_spelled\" : 0.5 | key sources[0].special_spelled is no whole number",
                "\"special_spelled\" : 0 | \"special_spelled\" : -1 | key sources[0].special_spelled is -1",
                "\"duplicates\" : 0 | \"duplicates\" : -1 | key sources[0].duplicates"
            })
    void keysAreNamed(String of, String with, String expected) throws IOException {
        assertTrue(sound.contains(of), of);
        Files.writeString(
                file,
                sound.replaceFirst(java.util.regex.Pattern.quote(of), java.util.regex.Matcher.quoteReplacement(with)));
        assertTrue(refusal().contains(expected), this::refusal);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aShardThatIsALinkOutOfTheFolderIsRefused() throws IOException {
        for (String name : List.of("source00-training-00000.tokens", "source00-training-00000.documents")) {
            Path shard = corpus.resolve(name);
            Path outside = Files.move(shard, folder.resolve(name));
            Files.createSymbolicLink(shard, outside);
            UserError error = assertThrows(UserError.class, () -> PreparedCorpus.open(corpus));
            assertTrue(error.getMessage().contains("outside the corpus"), error.getMessage());
            Files.delete(shard);
            Path inside = Files.move(outside, corpus.resolve(name + ".moved"));
            Files.createSymbolicLink(shard, inside);
            PreparedCorpus.open(corpus).verify();
        }
        // The whole folder may be a link.
        Path link = Files.createSymbolicLink(folder.resolve("link"), corpus);
        PreparedCorpus.open(link).verify();
    }

    @Test
    void aManifestWithoutItsStartIsNoText() throws IOException {
        Files.writeString(file, "x" + sound.substring(200));
        assertTrue(PreparedCorpus.isAt(corpus));
        assertTrue(refusal().contains("is damaged"));
    }

    /** Refused in one line, or of no consequence: the tokens and their mixture are those of the sound one. */
    @Test
    void damagedManifestsAreRefusedOrMeanTheSame() throws IOException {
        tryAll(0, FEW);
    }

    @Test
    @Tag("slow")
    void manyDamagedManifestsAreRefusedOrMeanTheSame() throws IOException {
        tryAll(FEW, MANY);
    }

    private void tryAll(long seed, int count) throws IOException {
        int[] training =
                CorpusTest.ids(PreparedCorpus.open(corpus).corpus().training().tokens());
        int refused = 0;
        for (JsonMutations.Mutant mutant : JsonMutations.of(sound, seed, count).toList()) {
            Files.writeString(file, mutant.text().replaceAll("[\ud800-\udfff]", "?"));
            try {
                Corpus.Part part = PreparedCorpus.open(corpus).corpus().training();
                assertArrayEquals(training, CorpusTest.ids(part.tokens()), mutant.what());
                long mixed = part.mixture().stream()
                        .mapToLong(Corpus.Stretch::length)
                        .sum();
                assertEquals(training.length, mixed, mutant.what());
            } catch (UserError e) {
                refused++;
                assertFalse(e.getMessage().contains("\n"), mutant.what());
                assertTrue(e.getMessage().length() <= 2000, mutant.what());
                assertTrue(e.getMessage().contains(corpus.toString()), mutant.what() + ": " + e.getMessage());
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError(mutant.what(), e);
            }
            StringWriter err = new StringWriter();
            if (mutant.what().hashCode() % 30 == 0) {
                int code = Main.run(
                        new PrintWriter(new StringWriter()),
                        new PrintWriter(err),
                        "data",
                        "info",
                        corpus.toString(),
                        "--verify");
                assertTrue(code == 0 || code == 1 && err.toString().lines().count() == 1, mutant.what() + err);
            }
        }
        assertTrue(refused > count * 3 / 4, refused + " of " + count);
    }

    /** What is finished of an interrupted attempt is read with the same distrust. */
    @Test
    void damagedProgressIsRefusedOrMeansTheSame() throws IOException {
        PrepareSettings settings = PreparedCorpus.open(corpus).manifest().settings();
        byte[] expected = Files.readAllBytes(file);
        Path progress = corpus.resolve("progress.json");
        String begun = sound.replaceFirst(
                "(?s)\"sources\" : \\[ \\{\\s+\"description.*?\\} \\],\\s+\"shards", "\"sources\" : [ ],\n  \"shards");
        assertTrue(begun.length() < sound.length());
        int finished = 0;
        for (JsonMutations.Mutant mutant : JsonMutations.of(begun, 0, 60).toList()) {
            Files.deleteIfExists(file);
            Files.writeString(progress, mutant.text().replaceAll("[\ud800-\udfff]", "?"));
            try {
                Preparation.run(settings, new ByteTokenizer(), corpus, 1, PrepareListener.NONE);
                assertArrayEquals(expected, Files.readAllBytes(file), mutant.what());
                finished++;
            } catch (UserError e) {
                assertFalse(e.getMessage().contains("\n"), mutant.what());
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError(mutant.what(), e);
            }
        }
        Files.deleteIfExists(file);
        Files.writeString(progress, begun);
        Preparation.run(settings, new ByteTokenizer(), corpus, 1, PrepareListener.NONE);
        assertArrayEquals(expected, Files.readAllBytes(file));
        try (Stream<Path> left = Files.list(corpus)) {
            assertTrue(left.noneMatch(path -> path.toString().endsWith(".tmp")));
        }
        assertTrue(finished < 40, finished + " of 60");
    }
}
