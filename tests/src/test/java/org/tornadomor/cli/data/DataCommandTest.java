package org.tornadomor.cli.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadomor.cli.Outcome;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DataCommandTest {
    private static final Path BPE = Path.of("src/test/resources/tokenizer/byte-level");

    @TempDir
    Path folder;

    private Path texts;
    private Path corpus;

    @BeforeEach
    void writeTexts() throws IOException {
        texts = Files.createDirectories(folder.resolve("texts"));
        for (int i = 0; i < 40; i++) {
            Files.writeString(texts.resolve(i + ".txt"), "document " + i + " says something. ".repeat(5));
        }
        corpus = folder.resolve("corpus");
    }

    private JsonNode prepared(String holdOut, Path out) {
        Outcome outcome = Outcome.of("data", "prepare", texts, "-o", out, "--hold-out", holdOut, "--json");
        return JsonMapper.shared().readTree(outcome.succeeds().out());
    }

    private static long heldOut(JsonNode prepared) {
        return prepared.path("sources")
                .path(0)
                .path("validation")
                .path("documents")
                .asLong();
    }

    /** Both commands read the same words. */
    @Test
    void holdOutIsWrittenAsForTrain() {
        long share = heldOut(prepared("20%", folder.resolve("a")));
        assertTrue(share > 0);
        assertEquals(share, heldOut(prepared("documents 20%", folder.resolve("b"))));
        assertEquals(share, heldOut(prepared("0.2", folder.resolve("c"))));
        assertEquals(4, heldOut(prepared("every 10", folder.resolve("d"))));
        assertEquals(0, heldOut(prepared("0", folder.resolve("e"))));
        for (String wrong : new String[] {"most", "every", "every 1", "120%", "documents -1"}) {
            Outcome prepare = Outcome.of("data", "prepare", texts, "-o", folder.resolve("f"), "--hold-out", wrong);
            assertEquals(1, prepare.code(), wrong);
            assertTrue(prepare.err().startsWith("tornado-mor: --hold-out"), prepare.err());
            Outcome train = Outcome.of("train", "--data", texts, "--out", folder.resolve("g"), "--hold-out", wrong);
            assertEquals(1, train.code(), wrong);
            assertTrue(train.err().startsWith("tornado-mor: data.hold_out"), train.err());
            assertEquals(
                    prepare.err().substring("tornado-mor: --hold-out".length()),
                    train.err().substring("tornado-mor: data.hold_out".length()));
        }
    }

    /** Before anybody looks for a cluster. */
    @Test
    void whatNeedsAnOrderIsNotForClusters() {
        Outcome.of("data", "prepare", texts, "-o", corpus, "--master", "local[1]")
                .failsWith(1, "--master changes nothing here, since the preparation has no cluster");
        Outcome.of("data", "prepare", texts, "-o", corpus, "--cluster", "x", "--max-bytes", "1M")
                .failsWith(1, "--max-bytes takes text in the order of reading");
        Outcome.of("data", "prepare", texts, "-o", corpus, "--cluster", "x", "--hold-out", "every 20")
                .failsWith(1, "--hold-out 'every 20' counts documents in the order of reading");
        Outcome.of("data", "prepare", texts, "-o", corpus, "--cluster", "x", "--threads", "2")
                .failsWith(1, "--threads changes nothing here");
        Outcome.of("data", "prepare", "jdk", "-o", corpus, "--cluster", "x").failsWith(1, "jdk is made on one machine");
        Outcome.of("data", "prepare", "s3a://texts/web/", "-o", corpus).failsWith(1, "no text at s3a://texts/web/");
        Outcome.of("data", "prepare", texts, "-o", corpus, "--cluster", "x").failsWith(1, "");
        assertFalse(Files.exists(corpus));
    }

    @Test
    void goesOnWithWhatWasHeldOut() {
        prepared("every 10", corpus);
        Outcome again = Outcome.of("data", "prepare", texts, "-o", corpus, "--hold-out", "every 10");
        assertTrue(again.succeeds().err().contains("complete already"), again.err());
        Outcome.of("data", "prepare", texts, "-o", corpus, "--hold-out", "every 20")
                .failsWith(1, "holdOutEvery");
    }

    @Test
    void aFileThatHoldsNothingOutSaysSo() throws IOException {
        Path one = Files.writeString(folder.resolve("one.txt"), "just one document. ".repeat(20));
        String err = Outcome.of("data", "prepare", one, "-o", corpus).succeeds().err();
        assertTrue(err.contains("nothing is held out") && err.contains("1 document;"), err);
        err = Outcome.of("data", "prepare", one, "-o", folder.resolve("b"), "--hold-out", "0")
                .succeeds()
                .err();
        assertFalse(err.contains("nothing is held out"), err);
        Object[] train = {
            "train",
            "--data",
            one,
            "--steps",
            1,
            "--batch",
            1,
            "--context",
            16,
            "--out",
            folder.resolve("run"),
            "--hold-out",
            "every 20"
        };
        err = Outcome.of(train).succeeds().err();
        assertTrue(err.contains("nothing is held out: one document in 20 would be, of 1 document;"), err);
        // A prepared corpus is split already: another share would change nothing.
        train[2] = corpus;
        train = Arrays.copyOf(train, train.length - 2);
        train[train.length - 1] = folder.resolve("other");
        err = Outcome.of(train).succeeds().err();
        assertTrue(err.contains("of 1 document; give other text to validate on"), err);
    }

    @Test
    void preparesShowsTrainsAndEvaluates() {
        JsonNode prepared = JsonMapper.shared()
                .readTree(Outcome.of(
                                "data",
                                "prepare",
                                texts,
                                "-o",
                                corpus,
                                "--hold-out",
                                "0.2",
                                "--shard-tokens",
                                "2k",
                                "--json")
                        .succeeds()
                        .out());
        JsonNode source = prepared.path("sources").path(0);
        long documents = source.path("training").path("documents").asLong()
                + source.path("validation").path("documents").asLong();
        assertEquals(40, documents);
        assertTrue(prepared.path("shards").asInt() > 2, prepared.toString());
        String info = Outcome.of("data", "info", corpus, "--verify", "--samples", 2)
                .succeeds()
                .out();
        assertTrue(info.contains("every file is as its checksum says"), info);
        assertTrue(info.contains("document "), info);
        Path run = folder.resolve("run");
        Outcome.of(
                        "train",
                        "--data",
                        corpus,
                        "--engine",
                        "cpu",
                        "--threads",
                        1,
                        "--steps",
                        2,
                        "--context",
                        16,
                        "--batch",
                        2,
                        "--set",
                        "model.hidden_size=16",
                        "--set",
                        "model.intermediate_size=16",
                        "--set",
                        "model.num_attention_heads=2",
                        "--set",
                        "model.num_key_value_heads=1",
                        "--out",
                        run)
                .succeeds();
        JsonNode score = JsonMapper.shared()
                .readTree(Outcome.of("evaluate", "--model", run, "--data", corpus, "--engine", "cpu", "--json")
                        .succeeds()
                        .out());
        // Bytes, each text behind an end token and without its own.
        assertEquals(
                source.path("validation").path("bytes").asLong(),
                score.path("tokens").asLong());
        JsonNode across = JsonMapper.shared()
                .readTree(Outcome.of(
                                "evaluate",
                                "--model",
                                run,
                                "--data",
                                corpus,
                                "--engine",
                                "cpu",
                                "--across-documents",
                                "--json")
                        .succeeds()
                        .out());
        assertNotEquals(
                score.path("causal").path("loss_per_token").asDouble(),
                across.path("causal").path("loss_per_token").asDouble());
        Outcome.of("train", "--data", corpus, "--max-bytes", "1M", "--out", folder.resolve("no"))
                .failsWith(1, "data.max_bytes");
        Outcome.of("train", "--data", corpus, "--tokenizer", BPE, "--out", folder.resolve("no"))
                .failsWith(1, "was prepared with bytes (257 ids) and not with");
    }

    @Test
    void aCorpusCarriesItsTokenizer() {
        String out = Outcome.of(
                        "data",
                        "prepare",
                        texts + "=1",
                        texts.resolve("1.txt") + "=1",
                        "--keep-duplicates",
                        "--tokenizer",
                        BPE,
                        "--hold-out",
                        0,
                        "-o",
                        corpus)
                .succeeds()
                .out();
        assertTrue(out.contains("tokenizer tokenizer.json (275 ids)"), out);
        assertTrue(out.contains("weight 1.0"), out);
        assertTrue(Files.exists(corpus.resolve("tokenizer.json")));
        Outcome again = Outcome.of(
                        "data",
                        "prepare",
                        texts + "=1",
                        texts.resolve("1.txt") + "=1",
                        "--keep-duplicates",
                        "--tokenizer",
                        BPE,
                        "--hold-out",
                        0,
                        "-o",
                        corpus)
                .succeeds();
        assertTrue(again.err().contains("complete already"), again.err());
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        Outcome.of("data", "prepare", folder.resolve("none"), "-o", corpus).failsWith(1, "no text at");
        Outcome.of("data", "prepare", texts, "-o", corpus, "--hold-out", "most").failsWith(1, "--hold-out is 'most'");
        Outcome.of("data", "prepare", texts, "-o", corpus, "--max-bytes", "x").failsWith(1, "--max-bytes x");
        Outcome.of("data", "prepare", texts, "-o", corpus, "--threads", "-1").failsWith(1, "--threads");
        Outcome.of("data", "info", texts).failsWith(1, "no prepared corpus in");
        Outcome.of("data", "prepare", texts).failsWith(2, "--out");
        Outcome.of("data").failsWith(2, "Name a command");
        Outcome.of("data", "prepare", texts, "-o", corpus).succeeds();
        Path shard = corpus.resolve("source00-training-00000.tokens");
        Files.write(shard, new byte[] {1, 2});
        Outcome.of("data", "info", corpus).failsWith(1, shard + " is damaged (it has 2 bytes");
        Outcome.of("train", "--data", corpus, "--out", folder.resolve("no")).failsWith(1, shard + " is damaged");
    }
}
