package org.tornadomor.cli.tokenizer;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.OutputFile;
import org.tornadomor.cli.options.Quantity;
import org.tornadomor.cli.options.TextOptions;
import org.tornadomor.data.TextSource;
import org.tornadomor.terminal.Figures;
import org.tornadomor.terminal.Progress;
import org.tornadomor.tokenizer.BpeTrainer;
import org.tornadomor.tokenizer.BpeVocabulary;
import org.tornadomor.tokenizer.WordCounts;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor tokenizer train}: a byte-level byte-pair encoding of a text. */
@Command(
        name = "train",
        description =
                "Learns a byte-level BPE from text and writes tokenizer.json, which Hugging Face's library reads.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor tokenizer train jdk --vocab-size 4096 -o bpe4096",
            "  tornado-mor tokenizer train notes/ --filter '*.md' --max-bytes 50M -o notes.json",
        })
final class TokenizerTrainCommand implements Runnable {
    /** Text that is read before its words are counted. */
    private static final int BATCH_BYTES = 1 << 24;

    private static final double NANOS = 1e9;

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "TEXT",
            arity = "1..*",
            description = "jdk (the source of this JDK), jdk:GLOB, or whatever else train takes behind --data.")
    private List<String> sources;

    @Option(
            names = "--vocab-size",
            paramLabel = "N",
            defaultValue = "4096",
            description = "Tokens, the 256 bytes and the end of text among them. Default: ${DEFAULT-VALUE}.")
    private int vocabSize;

    @Option(
            names = "--min-count",
            paramLabel = "N",
            defaultValue = "2",
            description = "How often a pair has to occur to become a token. Default: ${DEFAULT-VALUE}.")
    private long minCount;

    @Mixin
    private TextOptions textOptions;

    @Option(
            names = "--max-bytes",
            paramLabel = "N",
            description = "How much text to take at most, such as 20M. Default: all.")
    private String maxBytes;

    @Option(
            names = {"-o", "--out"},
            required = true,
            paramLabel = "PATH",
            description = "The folder to write tokenizer.json into, or the path of a file that ends in .json.")
    private Path out;

    @Mixin
    private JsonOption json;

    /** What was read, and how long it took. */
    private record Text(String name, WordCounts words, long documents, long bytes, double seconds) {}

    @Override
    public void run() {
        Path file = BpeVocabulary.file(out);
        if (Files.exists(file)) {
            throw new UserError(
                    file + " is there already, and models may depend on it: choose another --out, or remove it");
        }
        if (vocabSize < BpeTrainer.SMALLEST) {
            throw new UserError("--vocab-size " + vocabSize + " has no room for the bytes and the end of text; give "
                    + BpeTrainer.SMALLEST + " or more");
        }
        Text text = count();
        long start = System.nanoTime();
        BpeVocabulary vocabulary;
        try (Progress progress = Progress.start("merge", "tok", vocabSize)) {
            vocabulary = BpeTrainer.train(text.words, vocabSize, minCount, tokens -> progress.advance(1));
        }
        double mergeSeconds = (System.nanoTime() - start) / NANOS;
        report(vocabulary.save(out), vocabulary, text, mergeSeconds);
    }

    private Text count() {
        long start = System.nanoTime();
        TextSource source = textOptions.open(spec, sources, Quantity.bytes("--max-bytes", maxBytes));
        OutputFile.requireOutsideText(BpeVocabulary.file(out), source);
        PrintWriter err = spec.commandLine().getErr();
        source.notices().forEach(err::println);
        WordCounts words = new WordCounts();
        List<String> batch = new ArrayList<>();
        long[] read = new long[3];
        try (Progress progress = Progress.start("read", "B", -1)) {
            source.forEach(document -> {
                batch.add(new String(document.utf8(), StandardCharsets.UTF_8));
                read[0]++;
                read[1] += document.utf8().length;
                read[2] += document.utf8().length;
                progress.advance(document.utf8().length);
                if (read[2] >= BATCH_BYTES) {
                    words.add(batch);
                    batch.clear();
                    read[2] = 0;
                }
                return true;
            });
            words.add(batch);
        }
        if (read[1] == 0) {
            throw new UserError("no text in " + source.describe() + ": check the path and the file filter");
        }
        if (words.forgotten() > 0) {
            err.println("left out " + Figures.grouped(words.forgotten()) + " rare words for want of memory");
        }
        return new Text(source.describe(), words, read[0], read[1], (System.nanoTime() - start) / NANOS);
    }

    private void report(Path file, BpeVocabulary vocabulary, Text text, double mergeSeconds) {
        PrintWriter results = spec.commandLine().getOut();
        if (json.wanted()) {
            ObjectNode object = JsonOption.object();
            object.put("tokenizer", file.toString());
            object.put("vocab_size", vocabulary.size());
            object.put("merges", vocabulary.merges().size());
            object.put("documents", text.documents);
            object.put("bytes", text.bytes);
            object.put("words", text.words.size());
            object.put("read_seconds", text.seconds);
            object.put("merge_seconds", mergeSeconds);
            JsonOption.print(results, object);
            return;
        }
        results.printf(
                "%s: %s documents, %sB, %s different words, read in %.1f s%n",
                text.name,
                Figures.grouped(text.documents),
                Figures.scaled(text.bytes),
                Figures.grouped(text.words.size()),
                text.seconds);
        results.printf(
                "%s: %s tokens, %s merges, learnt in %.1f s%n",
                file,
                Figures.grouped(vocabulary.size()),
                Figures.grouped(vocabulary.merges().size()),
                mergeSeconds);
        if (vocabulary.size() < vocabSize) {
            results.println("no more: the text has no further pair that occurs " + minCount + " times");
        }
    }
}
