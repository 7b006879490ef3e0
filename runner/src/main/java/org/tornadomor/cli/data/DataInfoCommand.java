package org.tornadomor.cli.data;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.JsonOption;
import org.tornadomor.cli.options.NoEffect;
import org.tornadomor.cli.options.SeedOption;
import org.tornadomor.data.PreparedCorpus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code tornado-mor data info}: what a prepared corpus holds. */
@Command(
        name = "info",
        description = "Shows what a prepared corpus holds, with the beginnings of some documents.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  tornado-mor data info corpora/jdk",
            "  tornado-mor data info corpora/jdk --verify --samples 0",
            "      compares every byte with the checksums",
        })
final class DataInfoCommand implements Runnable {
    /** Tokens of a document that are decoded to show its beginning. */
    private static final int LONGEST = 256;

    private static final int SHOWN = 160;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "A folder of 'data prepare'.")
    private Path folder;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "3",
            description = "Documents to show the beginning of. Default: ${DEFAULT-VALUE}.")
    private int samples;

    @Mixin
    private SeedOption seed;

    @Option(names = "--verify", description = "Read everything and compare it with the checksums.")
    private boolean verify;

    @Mixin
    private JsonOption json;

    @Override
    public void run() {
        if (samples < 0) {
            throw new UserError("--samples is " + samples + "; give 0 or more");
        }
        NoEffect.of(spec).when(() -> samples == 0, "no samples are shown", SeedOption.NAME);
        PreparedCorpus corpus = PreparedCorpus.open(folder);
        if (verify) {
            corpus.verify();
        }
        List<PreparedCorpus.Sample> shown = samples == 0 ? List.of() : corpus.samples(samples, LONGEST, seed.value());
        PrintWriter out = spec.commandLine().getOut();
        if (json.wanted()) {
            ObjectNode object = CorpusReport.json(corpus);
            object.put("verified", verify);
            for (PreparedCorpus.Sample sample : shown) {
                ObjectNode one = object.withArray("samples").addObject();
                one.put("source", sample.source());
                one.put("validation", sample.validation());
                one.put("tokens", sample.tokens());
                one.put("text", sample.text());
            }
            JsonOption.print(out, object);
        } else {
            CorpusReport.print(out, corpus);
            if (verify) {
                out.println("every file is as its checksum says");
            }
            for (PreparedCorpus.Sample sample : shown) {
                out.println();
                out.println("a document of " + Counts.of(sample.tokens(), "token") + ", "
                        + (sample.validation() ? "held out" : "for training") + ":");
                out.println("    " + beginning(sample.text()));
            }
        }
        out.flush();
    }

    /** The first words in one line. */
    private static String beginning(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() <= SHOWN
                ? line
                : line.substring(0, line.offsetByCodePoints(0, line.codePointCount(0, SHOWN))) + " ...";
    }
}
