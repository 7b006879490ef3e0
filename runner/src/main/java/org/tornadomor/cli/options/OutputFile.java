package org.tornadomor.cli.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.data.TextSource;
import org.tornadomor.report.RunRecord;
import org.tornadomor.report.SampleLog;
import org.tornadomor.trainer.MetricsLog;
import org.tornadomor.trainer.RunFolder;

/** Where results may go: never over what they come from. */
public final class OutputFile {
    /** Files that a run writes into its folder. */
    private static final List<String> OF_RUN = List.of(
            RunFolder.CONFIG_FILE,
            MetricsLog.FILE,
            SampleLog.FILE,
            RunRecord.FILE,
            RunRecorder.LOG_FILE,
            RunRecorder.REPORT_FILE,
            ".lock");

    private OutputFile() {}

    /**
     * Refuses to write over a file that is read.
     *
     * @param input what option names it
     * @throws UserError if both are one file
     */
    public static void requireOther(Path out, String input, Path read) {
        try {
            if (Files.exists(out) && Files.exists(read) && Files.isSameFile(out, read)) {
                throw new UserError("--out " + out + " is what " + input + " names, and would take its place; choose"
                        + " another name");
            }
        } catch (IOException e) {
            throw UserError.file("read", read, e);
        }
    }

    /**
     * Refuses to write over a file.
     *
     * @throws UserError if there is one, or a folder
     */
    public static void requireNew(Path out) {
        if (Files.exists(out, LinkOption.NOFOLLOW_LINKS)) {
            throw new UserError(out + (Files.isDirectory(out) ? " is a folder" : " is there already")
                    + "; give the name of a new file, or remove it");
        }
    }

    /**
     * Refuses to write into the folder of a model that is read.
     *
     * @throws UserError if it lies there
     */
    public static void requireOutsideModel(Path out, Path checkpoint) {
        requireOutsideModel("--out", out, checkpoint);
    }

    /** The same of another option. */
    public static void requireOutsideModel(String option, Path out, Path checkpoint) {
        if (TextSource.place(out).startsWith(TextSource.place(checkpoint))) {
            throw new UserError(
                    option + " " + out + " lies in " + checkpoint + ", the model that is read; choose another place");
        }
    }

    /**
     * Refuses to write over a file of a run.
     *
     * @throws UserError if it would
     */
    public static void requireNoneOfRun(Path out) {
        Path target = TextSource.place(out);
        Path parent = target.getParent();
        boolean run = parent != null && Files.exists(parent.resolve(RunFolder.CONFIG_FILE));
        if (run && OF_RUN.contains(String.valueOf(target.getFileName()))) {
            throw new UserError("--out " + out + " would replace what a run wrote there; choose another name");
        }
    }

    /**
     * Refuses a folder of a run where a source would take the run's files for text the next time it is read.
     *
     * @throws UserError if the source would read one
     */
    public static void requireRunOutsideText(Path run, TextSource source) {
        requireOutsideText(run, source, OF_RUN.toArray(String[]::new));
    }

    /**
     * Refuses to write what a source would take for text the next time it is read.
     *
     * @param files that come into {@code out}, or none if it is a file itself
     * @throws UserError if the source would read one
     */
    public static void requireOutsideText(Path out, TextSource source, String... files) {
        boolean read = source.reads(out);
        for (String file : files) {
            read |= source.reads(out.resolve(file));
        }
        if (read) {
            throw new UserError(out + " lies where " + source.describe()
                    + " is read, so that its files would be text there; choose another --out");
        }
    }
}
