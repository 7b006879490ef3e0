package org.tornadomor.cli.data;

import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.cli.cluster.ClusterChoice;
import org.tornadomor.cli.options.BosOption;
import org.tornadomor.cli.options.Installation;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.NoEffect;
import org.tornadomor.cli.options.Quantity;
import org.tornadomor.cli.options.TextOptions;
import org.tornadomor.data.HoldOut;
import org.tornadomor.data.Preparation;
import org.tornadomor.data.PrepareSettings;
import org.tornadomor.data.PreparedCorpus;
import org.tornadomor.data.SourceOptions;
import org.tornadomor.data.Synthetic;
import org.tornadomor.data.TextCluster;
import org.tornadomor.data.TextSources;
import org.tornadomor.data.WeightedSource;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tornado-mor data prepare}: text into tokens on disk. */
@Command(
        name = "prepare",
        description = {
            "Tokenises text into a folder that train and evaluate take behind --data.",
            "Documents end with the end token, and some, picked by their text, are held out. Interrupted at any point, the"
                    + " same command goes on.",
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor data prepare jdk -o corpora/jdk",
            "      the source of this JDK, byte by byte",
            "  tornado-mor data prepare jdk=2 notes/=1 --ext java,md --tokenizer bpe4096 -o corpora/mixed",
            "      two samples in three are of the JDK, whatever the sizes",
            "  tornado-mor data prepare 'wiki/*.jsonl.zst' web.parquet --text-field body -o corpora/web",
            "  tornado-mor data prepare s3a://texts/web/ --cluster spark --master spark://host:7077 -o corpora/web",
            "      processes of a cluster read and tokenise; the corpus is written here, its documents by their hashes",
        })
final class DataPrepareCommand implements Runnable {
    /** How addresses begin, which a cluster reads; one letter is a drive of Windows. */
    private static final String SCHEME = "[A-Za-z][A-Za-z0-9+.-]+:/.*";

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "SOURCE[=WEIGHT]",
            arity = "1..*",
            description =
                    "jdk (the source of this JDK), jdk:GLOB, or a file, folder or quoted glob. Files are plain text, "
                            + "JSON objects one a line or in an array (.jsonl, .json), Parquet (.parquet), archives (.zip, "
                            + ".jar, .tar, .tar.gz, .tgz, .tar.zst), or any of the first two with .gz or .zst. Weights say how "
                            + "often samples of a source come; without, each token counts the same. A cluster reads "
                            + "files, folders and globs, but no .zip and .jar, also at addresses that Spark knows, such as "
                            + "s3a://BUCKET/FOLDER.")
    private List<String> sources;

    @Option(
            names = {"-o", "--out"},
            required = true,
            paramLabel = "DIR",
            description = "The folder to fill: new, empty, or of an interrupted attempt.")
    private Path out;

    @Option(
            names = "--tokenizer",
            paramLabel = "NAME",
            defaultValue = "bytes",
            description = "bytes (default), a tokenizer.json, or a folder with one.")
    private String tokenizer;

    @Mixin
    private BosOption bos;

    @Option(
            names = "--parse-special",
            description =
                    "Take what spells a special token of the tokenizer, such as </s>, for the token. Default: it is "
                            + "text like any other, and data info says how often it came.")
    private boolean parseSpecial;

    @Mixin
    private TextOptions text;

    @Option(names = "--max-bytes", paramLabel = "N", description = "How much text to take at most, such as 2G.")
    private String maxBytes;

    @Option(
            names = "--min-document",
            paramLabel = "N",
            description = "Leave out documents of fewer bytes, such as 200.")
    private String minDocument;

    @Option(names = "--max-document", paramLabel = "N", description = "Leave out documents of more bytes, such as 1M.")
    private String maxDocument;

    @Option(names = "--keep-duplicates", description = "Keep a document whose whole text came before.")
    private boolean keepDuplicates;

    @Option(
            names = "--skip-invalid",
            description =
                    "Leave out documents that cannot be read instead of ending: text that is not UTF-8, and lines or "
                            + "items of JSON that are damaged or lack the text field.")
    private boolean skipInvalid;

    @Option(
            names = "--hold-out",
            paramLabel = "SHARE",
            defaultValue = "5%",
            description =
                    "Documents to validate on: a share of them, picked by their text, so that more text moves none (5%%,"
                            + " default; 'documents 5%%' is the same), or one in n ('every 20'); 0 for none.")
    private String holdOut;

    @Option(
            names = "--shard-tokens",
            paramLabel = "N",
            description = "Tokens of a file, after which an interrupted attempt goes on. Default: 64Mi.")
    private String shardTokens;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Threads that tokenise; 0 (default) for all processors. The result does not depend on it.")
    private int threads;

    @Mixin
    private ClusterChoice cluster;

    @Mixin
    private JsonOption json;

    @Override
    public void run() {
        if (threads < 0) {
            throw new UserError("--threads is " + threads + "; give 0 or more");
        }
        cluster.requireEffect(spec, "the preparation");
        PrintWriter err = spec.commandLine().getErr();
        PreparedCorpus corpus;
        try (Tokenizer chosen = Tokenizers.load(CheckpointSource.tokenizer(tokenizer), bos.wanted());
                PrepareView view = PrepareView.on(err)) {
            PrepareSettings settings = settings();
            corpus = cluster.wanted() ? share(settings, chosen, view) : prepare(settings, chosen, view);
        }
        PrintWriter results = spec.commandLine().getOut();
        if (json.wanted()) {
            JsonOption.print(results, CorpusReport.json(corpus));
        } else {
            CorpusReport.print(results, corpus);
            results.println("train on it:  tornado-mor train --data " + out);
        }
        results.flush();
    }

    private PreparedCorpus prepare(PrepareSettings settings, Tokenizer chosen, PrepareView view) {
        if (!PreparedCorpus.isAt(out)) {
            requireEffect(settings);
        }
        return Preparation.run(settings, chosen, out, threads, view);
    }

    private PreparedCorpus share(PrepareSettings settings, Tokenizer chosen, PrepareView view) {
        try (TextCluster processes = cluster.provider().openText(cluster.place(0))) {
            List<TextCluster.Found> found = processes.find(settings);
            TextOptions.requireHeeded(
                    spec, choice -> found.stream().anyMatch(it -> it.heeds().contains(choice)));
            return Preparation.share(settings, chosen, out, processes, found, view);
        }
    }

    /** What needs an order of reading, or this machine's files, is not for a cluster. */
    private void requireForCluster(List<WeightedSource> weighted, HoldOut heldOut) {
        NoEffect.of(spec).when(() -> true, "a cluster tokenises with the cores that Spark gives it", "--threads");
        if (maxBytes != null) {
            throw new UserError(
                    "--max-bytes takes text in the order of reading, which a cluster does not have: leave it"
                            + " out, or name less text");
        }
        if (heldOut instanceof HoldOut.EveryNth) {
            throw new UserError("--hold-out '" + holdOut + "' counts documents in the order of reading, which a cluster"
                    + " does not have: give a share, such as 5%");
        }
        for (WeightedSource source : weighted) {
            if (TextSources.isJdk(source.spec()) || Synthetic.is(source.spec())) {
                throw new UserError(source.spec() + " is made on one machine, and a cluster reads files and folders:"
                        + " leave " + ClusterChoice.CLUSTER + " away, or name files");
            }
        }
    }

    private void requireEffect(PrepareSettings settings) {
        List<String> specs =
                settings.sources().stream().map(WeightedSource::spec).toList();
        Path fallback = settings.jdkFallback() == null ? null : Path.of(settings.jdkFallback());
        // Several prepared ones are no source, and are refused as such.
        TextOptions.requireEffect(spec, List.of(), () -> TextSources.parse(specs, text.with(0, fallback)));
    }

    private PrepareSettings settings() {
        List<WeightedSource> weighted = WeightedSource.parse(sources).stream()
                .map(source -> new WeightedSource(absolute(source.spec()), source.weight()))
                .toList();
        SourceOptions options = text.with(0, null);
        HoldOut heldOut = heldOut();
        if (cluster.wanted()) {
            requireForCluster(weighted, heldOut);
        }
        boolean jdk = weighted.stream().anyMatch(source -> TextSources.isJdk(source.spec()));
        Path fallback = jdk ? Installation.javaSources() : null;
        return new PrepareSettings(
                weighted,
                options.filter(),
                options.extensions(),
                options.textField(),
                Quantity.bytes("--max-bytes", maxBytes),
                fallback == null ? null : fallback.toString(),
                Quantity.bytes("--min-document", minDocument),
                Quantity.bytes("--max-document", maxDocument),
                !keepDuplicates,
                skipInvalid,
                heldOut instanceof HoldOut.ByContent share ? share.fraction() : 0,
                shardTokens == null ? PrepareSettings.SHARD_TOKENS : Quantity.bytes("--shard-tokens", shardTokens),
                parseSpecial,
                heldOut instanceof HoldOut.EveryNth every ? every.n() : null,
                cluster.wanted());
    }

    /** A share means documents here: tokens are written to disk before it is known where the last part of the text begins. */
    private HoldOut heldOut() {
        HoldOut parsed = HoldOut.parse("--hold-out", holdOut);
        return parsed instanceof HoldOut.Tail tail ? HoldOut.byContent(tail.fraction()) : parsed;
    }

    /** Paths are made absolute, since an interrupted attempt may be repeated from another folder. */
    private static String absolute(String spec) {
        if (TextSources.isJdk(spec) || Synthetic.is(spec) || spec.matches(SCHEME)) {
            return spec;
        }
        try {
            return Path.of(spec).toAbsolutePath().normalize().toString();
        } catch (InvalidPathException e) {
            // A glob is no path on Windows.
            return Path.of("").toAbsolutePath() + "/" + spec;
        }
    }
}
