package org.tornadomor.cli;

import java.nio.file.Path;
import java.util.List;

/** Command lines for tests outside of this package. */
public final class CommandLines {
    private CommandLines() {}

    /**
     * Reads a command line and runs nothing.
     *
     * @throws picocli.CommandLine.ParameterException if there is no such command or option, or a value does not fit
     */
    public static void parse(List<String> words) {
        Main.commandLine(new Failures()).parseArgs(words.toArray(String[]::new));
    }

    /** An untrained plain model of bytes with 8 layers. */
    public static Path plainModel(Path folder) {
        return Folders.bytes(folder, null);
    }
}
