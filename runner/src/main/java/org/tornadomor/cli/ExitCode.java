package org.tornadomor.cli;

/** How a command ends. */
final class ExitCode {
    /** It did what was asked. */
    static final int OK = 0;

    /** Something that the user can mend: a file, a model, the memory. */
    static final int FAILURE = 1;

    /** The command line itself is wrong. */
    static final int USAGE = 2;

    /** A defect of the program ({@code EX_SOFTWARE} of sysexits.h). */
    static final int INTERNAL = 70;

    /** Nobody reads standard output any more: 128 + SIGPIPE, as a shell reports it of other programs. */
    static final int CLOSED_OUTPUT = 141;

    private ExitCode() {}
}
