package org.tornadomor.cli;

import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.util.Arrays;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.ExitCode;
import org.tornadomor.cli.options.Installation;
import org.tornadomor.formats.CheckpointSource;
import org.tornadomor.terminal.ResultStream;
import org.tornadomor.terminal.TerminalPrinter;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns whatever goes wrong into one line on standard error and an exit code; {@code --debug} adds the stack trace. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
    static final String DEBUG_OPTION = "--debug";

    private static final int MEGABYTE = 1 << 20;

    private final boolean debug;

    /** @param args the command line: where parsing fails, no option object says what was asked for */
    Failures(String... args) {
        debug = Arrays.asList(args).contains(DEBUG_OPTION);
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine line, ParseResult parsed) {
        return report(failure, line.getErr());
    }

    @Override
    public int handleParseException(ParameterException failure, String[] args) {
        CommandLine line = failure.getCommandLine();
        say(
                line.getErr(),
                firstLine(failure.getMessage()) + suggestions(failure) + "; see '"
                        + line.getCommandSpec().qualifiedName() + " --help'");
        trace(failure, line.getErr());
        return ExitCode.USAGE;
    }

    /** Reports a failure and gives the exit code for it. */
    int report(Throwable failure, PrintWriter err) {
        int code = ExitCode.INTERNAL;
        String message = "internal error: " + firstLine(failure.toString())
                + (debug ? "" : "; run again with " + DEBUG_OPTION + " for the details and report them");
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ResultStream.Closed) {
                return ExitCode.CLOSED_OUTPUT;
            }
            if (cause instanceof UserError) {
                code = ExitCode.FAILURE;
                message = cause.getMessage();
                break;
            }
            if (cause instanceof InvalidPathException path) {
                code = ExitCode.FAILURE;
                message = "'" + path.getInput() + "' is no path on this system (" + path.getReason()
                        + "): check it, or set a locale that has its letters, such as LC_ALL=C.UTF-8";
                break;
            }
            if (cause instanceof OutOfMemoryError) {
                code = ExitCode.FAILURE;
                message = outOfMemory();
                break;
            }
        }
        say(err, message);
        trace(failure, err);
        return code;
    }

    private static String outOfMemory() {
        return "Not enough memory: the JVM may take " + Runtime.getRuntime().maxMemory() / MEGABYTE
                + " MiB; choose a smaller batch, context or model, or allow more, as in JAVA_OPTS=-Xmx8g";
    }

    private static void say(PrintWriter err, String message) {
        err.println(Installation.NAME + ": "
                + TerminalPrinter.line(err, UserError.oneLine(CheckpointSource.shown(String.valueOf(message)))));
        err.flush();
    }

    private void trace(Throwable failure, PrintWriter err) {
        if (debug) {
            failure.printStackTrace(err);
            err.flush();
        }
    }

    private static String suggestions(ParameterException failure) {
        List<String> near =
                failure instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        return near.isEmpty() ? "" : " (near: " + String.join(", ", near) + ")";
    }

    private static String firstLine(String text) {
        return String.valueOf(text).strip().lines().findFirst().orElse("");
    }
}
