package org.tornadomor.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.ExitCode;
import org.tornadomor.cli.options.Installation;
import org.tornadomor.terminal.NativeOutput;
import org.tornadomor.terminal.ResultStream;
import org.tornadomor.terminal.Terminal;
import org.tornadomor.terminal.TerminalPrinter;
import picocli.CommandLine;

/** Starts the command line. */
public final class Main {
    /** The width of the column of options in help, where there is room; half a terminal at most. */
    private static final int HELP_OPTIONS_WIDTH = 32;

    private static final int HELP_WIDTH = 80;

    /** picocli shows help in no fewer columns. */
    private static final int LEAST_HELP_WIDTH = 55;

    private static final int LEAST_HELP_OPTIONS_WIDTH = 20;

    private static final String COLOURS_PROPERTY = "picocli.ansi";

    /** A property that the flags of every SDK set. */
    private static final String SDK_PROPERTY = "tornado.load.runtime.implementation";

    /** Where Logback looks for its configuration. In the jar it has a name of its own, so that a host that embeds the jar keeps its. */
    private static final String LOGGING_PROPERTY = "logback.configurationFile";

    private static final String LOGGING = "org/tornadomor/cli/logback.xml";

    private Main() {}

    /** Runs one command and ends the JVM with its exit code. */
    public static void main(String[] args) {
        configureLogging();
        PrintWriter notes = Terminal.messages();
        Charset charset = resultCharset();
        PrintStream out = new PrintStream(new ResultStream(standardOutput()), false, charset);
        // Whatever prints to standard output, a library included, must notice when nobody reads it any more. TornadoVM
        // prints messages there.
        System.setOut(onSdk() ? System.err : out);
        System.exit(run(TerminalPrinter.on(out, charset, Terminal.showsResults(), false), notes, args));
    }

    /** Call it before the first logger is made. A configuration that the user chose stays. */
    static void configureLogging() {
        if (System.getProperty(LOGGING_PROPERTY) == null) {
            System.setProperty(LOGGING_PROPERTY, LOGGING);
        }
    }

    /**
     * Runs one command within this JVM, whose logging stays as it is.
     *
     * @param out where results go
     * @param err where messages go
     * @return the exit code, see {@link ExitCode}
     */
    public static int run(PrintWriter out, PrintWriter err, String... args) {
        Failures failures = new Failures(args);
        int columns = TerminalPrinter.columns(out);
        int code;
        try {
            code = commandLine(failures, columns == Integer.MAX_VALUE ? HELP_WIDTH : columns, args)
                    .setOut(out)
                    .setErr(err)
                    .execute(args);
            out.flush();
        } catch (Throwable e) {
            code = failures.report(e, err);
        }
        err.flush();
        return code;
    }

    /** The command that reads a command line, or shows what there is. */
    static CommandLine commandLine(Failures failures, String... args) {
        return commandLine(failures, HELP_WIDTH, args);
    }

    /** As {@link #commandLine(Failures, String...)}, with help in so many columns. */
    private static CommandLine commandLine(Failures failures, int columns, String... args) {
        int width = Math.max(LEAST_HELP_WIDTH, columns);
        CommandLine line = RootCommand.commandLine(args);
        Map<String, CommandLine.IHelpSectionRenderer> sections = new HashMap<>(line.getHelpSectionMap());
        sections.put(
                CommandLine.Model.UsageMessageSpec.SECTION_KEY_FOOTER,
                help -> String.join(
                                System.lineSeparator(),
                                Examples.lines(help.commandSpec().usageMessage().footer(), width))
                        + System.lineSeparator());
        // The property of picocli wins over what we find out, since picocli does not know terminals without colours.
        CommandLine.Help.Ansi colours = System.getProperty(COLOURS_PROPERTY) != null
                ? CommandLine.Help.Ansi.AUTO
                : Terminal.showsColours() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF;
        return line.setHelpSectionMap(sections)
                .setColorScheme(CommandLine.Help.defaultColorScheme(colours))
                .setExecutionStrategy(parsed -> execute(parsed, failures))
                .setExecutionExceptionHandler(failures)
                .setParameterExceptionHandler(failures)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(width)
                .setUsageHelpLongOptionsMaxWidth(Math.clamp(
                        width / 2 - LEAST_HELP_OPTIONS_WIDTH / 2, LEAST_HELP_OPTIONS_WIDTH, HELP_OPTIONS_WIDTH));
    }

    /** As picocli's own strategy, which prints a stack trace when help cannot be written. */
    private static int execute(CommandLine.ParseResult parsed, Failures failures) {
        try {
            if (parsed.asCommandLineList().stream()
                    .anyMatch(line -> line.isUsageHelpRequested() || line.isVersionHelpRequested())) {
                CommandLine root = parsed.commandSpec().commandLine();
                // Help has colours of its own.
                root.setOut(TerminalPrinter.unchanged(root.getOut()));
            }
            return new CommandLine.RunLast().execute(parsed);
        } catch (ResultStream.Closed | UserError e) {
            return failures.report(e, parsed.commandSpec().commandLine().getErr());
        }
    }

    /**
     * Where results go. Drivers print to standard output: where there may be drivers, what they print is kept apart from the
     * results.
     */
    private static OutputStream standardOutput() {
        if (onSdk() && !Installation.onWindows()) {
            try {
                return NativeOutput.takeOver();
            } catch (UnsupportedOperationException e) {
                System.err.println(
                        Installation.NAME + ": what drivers print may get between the results: " + e.getMessage());
            }
        }
        return new FileOutputStream(FileDescriptor.out);
    }

    private static boolean onSdk() {
        return System.getProperty(SDK_PROPERTY) != null;
    }

    /** UTF-8 for files, pipes and every terminal but that of Windows, which has a code page. */
    private static Charset resultCharset() {
        boolean terminal = System.console() != null && System.console().isTerminal();
        return Installation.onWindows() && terminal ? System.out.charset() : StandardCharsets.UTF_8;
    }
}
