package org.tornadomor.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;

/** Starts the command line. */
public final class Main {
    private static final int HELP_OPTIONS_WIDTH = 32;

    private Main() {}

    /** Runs one command and ends the JVM with its exit code. */
    public static void main(String[] args) {
        PrintWriter notes = new PrintWriter(System.err, true);
        Charset charset = resultCharset();
        PrintStream out = new PrintStream(new ResultStream(new FileOutputStream(FileDescriptor.out)), false, charset);
        // Whatever prints to standard output, a library included, must notice when nobody reads it any more.
        System.setOut(out);
        System.exit(run(new PrintWriter(out, false, charset), notes, args));
    }

    /**
     * Runs one command within this JVM.
     *
     * @param out where results go
     * @param err where messages go
     * @return the exit code, see {@link ExitCode}
     */
    public static int run(PrintWriter out, PrintWriter err, String... args) {
        Failures failures = new Failures(args);
        int code;
        try {
            code = commandLine(failures).setOut(out).setErr(err).execute(args);
            out.flush();
        } catch (Throwable e) {
            code = failures.report(e, err);
        }
        err.flush();
        return code;
    }

    /** The command with all that hangs below it. */
    static CommandLine commandLine(Failures failures) {
        return new CommandLine(new RootCommand())
                .setExecutionExceptionHandler(failures)
                .setParameterExceptionHandler(failures)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setUsageHelpLongOptionsMaxWidth(HELP_OPTIONS_WIDTH);
    }

    /** UTF-8 for files, pipes and every terminal but that of Windows, which has a code page. */
    private static Charset resultCharset() {
        boolean windows = System.getProperty("os.name").startsWith("Windows");
        boolean terminal = System.console() != null && System.console().isTerminal();
        return windows && terminal ? System.out.charset() : StandardCharsets.UTF_8;
    }
}
