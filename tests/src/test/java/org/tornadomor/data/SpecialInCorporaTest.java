package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.UserError;
import org.tornadomor.tokenizer.SpecialTokens;
import org.tornadomor.tokenizer.TinyTokenizers;
import org.tornadomor.tokenizer.Tokenizer;

/** HTML has {@code <s>} and {@code </s>}, which are tokens of many models. */
class SpecialInCorporaTest {
    private static final String PAGE = "old <s>price</s> new";
    private static final int PAGES = 12;

    @TempDir
    Path folder;

    private Path texts;
    private Tokenizer tokenizer;

    @BeforeEach
    void write() throws IOException {
        texts = Files.createDirectories(folder.resolve("texts"));
        for (int i = 0; i < PAGES; i++) {
            Files.writeString(texts.resolve(i + ".html"), PAGE + " old".repeat(i));
        }
        tokenizer = TinyTokenizers.open(folder, TinyTokenizers.unigram());
    }

    @AfterEach
    void close() {
        tokenizer.close();
    }

    private PrepareSettings settings(boolean parse) {
        PrepareSettings plain = PrepareSettings.of(WeightedSource.parse(List.of(texts.toString())));
        return new PrepareSettings(
                plain.sources(),
                plain.filter(),
                plain.extensions(),
                plain.textField(),
                0,
                null,
                0,
                0,
                true,
                false,
                0,
                40,
                parse,
                null,
                false);
    }

    private Manifest prepare(boolean parse, Path out) {
        return Preparation.run(settings(parse), tokenizer, out, 2, PrepareListener.NONE)
                .manifest();
    }

    private static long special(Corpus.Part part) {
        return Arrays.stream(CorpusTest.ids(part.tokens()))
                .filter(id -> id == 1 || id == 2)
                .count();
    }

    @Test
    void theyAreTextAndCounted() {
        Manifest manifest = prepare(false, folder.resolve("out"));
        assertEquals(2L * PAGES, manifest.sources().getFirst().specialSpelled());
        assertEquals(0, manifest.specialParsed(-1));
        // One ends each document.
        assertEquals(
                PAGES,
                special(PreparedCorpus.open(folder.resolve("out")).corpus().training()));
    }

    @Test
    void theyAreTokensWhereThatIsAskedFor() {
        Manifest manifest = prepare(true, folder.resolve("out"));
        assertEquals(2L * PAGES, manifest.sources().getFirst().specialSpelled());
        assertEquals(2L * PAGES, manifest.specialParsed(0));
        assertEquals(
                3L * PAGES,
                special(PreparedCorpus.open(folder.resolve("out")).corpus().training()));
    }

    @Test
    void anotherChoiceIsAnotherCorpus() {
        prepare(false, folder.resolve("out"));
        UserError error = assertThrows(UserError.class, () -> prepare(true, folder.resolve("out")));
        assertTrue(error.getMessage().contains("parseSpecial was false and is now true"), error.getMessage());
        prepare(false, folder.resolve("out"));
    }

    /** What versions before this wrote. */
    @Test
    void aManifestThatSaysNothingIsOfParsedText() throws IOException {
        prepare(true, folder.resolve("out"));
        Path file = folder.resolve("out").resolve(Manifest.FILE);
        String json = Files.readString(file).replaceAll(",\\s*\"(parse_special|special_spelled|special)\" : \\w+", "");
        Files.writeString(file, json);
        assertTrue(Manifest.read(file).settings().parseSpecial());
        assertEquals(0, Manifest.read(file).specialParsed(-1));
        assertEquals(
                Long.valueOf(2 * PAGES),
                prepare(true, folder.resolve("new")).sources().getFirst().specialSpelled());
        assertEquals(null, Manifest.read(file).sources().getFirst().specialSpelled());
    }

    @Test
    void aCorpusInMemoryIsTheSame() {
        TextSource source = TextSources.parse(List.of(texts.toString()), SourceOptions.ALL);
        Corpus plain = Corpus.load(source, tokenizer, HoldOut.tail(0));
        Corpus parsed = Corpus.load(source, tokenizer, SpecialTokens.PARSED, HoldOut.tail(0));
        assertEquals(PAGES, special(plain.training()));
        assertEquals(3L * PAGES, special(parsed.training()));
        assertNotEquals(plain.fingerprint(), parsed.fingerprint());
        prepare(false, folder.resolve("out"));
        assertArrayEquals(
                CorpusTest.ids(plain.training().tokens()),
                CorpusTest.ids(PreparedCorpus.open(folder.resolve("out"))
                        .corpus()
                        .training()
                        .tokens()));
    }

    /** Runs of versions before this go on where no text tells the difference. */
    @Test
    void withoutSuchTextTheFingerprintStays() throws IOException {
        Path plainText = Files.writeString(folder.resolve("plain.txt"), "old new old");
        TextSource source = TextSources.parse(List.of(plainText.toString()), SourceOptions.ALL);
        assertEquals(
                Corpus.load(source, tokenizer, HoldOut.tail(0)).fingerprint(),
                Corpus.load(source, tokenizer, SpecialTokens.PARSED, HoldOut.tail(0))
                        .fingerprint());
    }
}
