package org.tornadomor.cli.options;

/** How a command ends. */
public final class ExitCode {
    /** It did what was asked. */
    public static final int OK = 0;

    /** Something that the user can mend: a file, a model, the memory. */
    public static final int FAILURE = 1;

    /** The command line itself is wrong. */
    public static final int USAGE = 2;

    /** A defect of the program ({@code EX_SOFTWARE} of sysexits.h). */
    public static final int INTERNAL = 70;

    /** Nobody reads standard output any more: 128 + SIGPIPE, as a shell reports it of other programs. */
    public static final int CLOSED_OUTPUT = 141;

    private ExitCode() {}
}
