package org.tornadomor.cli.options;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.tornadomor.data.PreparedCorpus;
import org.tornadomor.data.SourceOptions;
import org.tornadomor.data.TextSource;
import org.tornadomor.data.TextSources;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which files and fields of text sources a command reads. */
public final class TextOptions {
    public static final String FILTER = "--filter";
    public static final String EXTENSIONS = "--ext";
    public static final String TEXT_FIELD = "--text-field";

    @Option(names = FILTER, paramLabel = "GLOB", description = "Which files of folders, globs and archives, as *.txt.")
    private String filter;

    @Option(
            names = EXTENSIONS,
            split = ",",
            paramLabel = "NAMES",
            description = "Which files of folders, globs and archives by extension, as java,md.")
    private List<String> extensions = new ArrayList<>();

    @Option(
            names = TEXT_FIELD,
            paramLabel = "PATH",
            defaultValue = SourceOptions.TEXT_FIELD,
            description = "Field of JSON or column of Parquet that is the text, by its path, as meta.text. Default:"
                    + " ${DEFAULT-VALUE}.")
    private String textField;

    /** What they mean. */
    public SourceOptions with(long maxBytes, Path jdkFallback) {
        return new SourceOptions(filter, extensions, textField, maxBytes, jdkFallback);
    }

    /**
     * The source that a command reads.
     *
     * @param maxBytes of text at most; 0 for all
     * @throws org.tornadomor.UserError if it is missing or malformed, or an option has no effect on it
     */
    public TextSource open(CommandSpec spec, List<String> sources, long maxBytes) {
        TextSource source = TextSources.parse(sources, with(maxBytes, Installation.javaSources()));
        requireEffect(spec, sources, () -> source);
        return source;
    }

    /**
     * Refuses those of the options that were given and have no effect on a source.
     *
     * @param sources as they were given
     * @param source the same; only looked at if an option was given
     */
    public static void requireEffect(CommandSpec spec, List<String> sources, Supplier<TextSource> source) {
        NoEffect.of(spec)
                .when(
                        () -> PreparedCorpus.isAt(sources),
                        "the corpus is prepared and holds tokens",
                        FILTER,
                        EXTENSIONS,
                        TEXT_FIELD);
        requireHeeded(spec, choice -> source.get().heeds(choice));
    }

    /**
     * Refuses those of the options that were given and that no source heeds.
     *
     * @param heeds whether one does; only asked if the option was given
     */
    public static void requireHeeded(CommandSpec spec, Predicate<TextSource.Choice> heeds) {
        NoEffect.of(spec)
                .when(
                        () -> !heeds.test(TextSource.Choice.FILTER),
                        "no source is a folder, a glob or an archive without a filter of its own",
                        FILTER)
                .when(
                        () -> !heeds.test(TextSource.Choice.EXTENSIONS),
                        "no source is a folder, a glob or an archive",
                        EXTENSIONS)
                .when(
                        () -> !heeds.test(TextSource.Choice.TEXT_FIELD),
                        "no source holds JSON objects or Parquet",
                        TEXT_FIELD);
    }
}
