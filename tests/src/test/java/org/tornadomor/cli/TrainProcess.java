package org.tornadomor.cli;

import picocli.CommandLine;

/** The command in a process of its own, to send signals to. */
public final class TrainProcess {
    private TrainProcess() {}

    /** Runs {@code train}. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new TrainCommand()).execute(args));
    }
}
