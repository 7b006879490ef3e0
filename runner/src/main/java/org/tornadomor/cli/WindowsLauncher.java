package org.tornadomor.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.cli.options.ExitCode;
import org.tornadomor.cli.options.Installation;
import org.tornadomor.cli.options.Sdk;
import org.tornadomor.terminal.Terminal;
import org.tornadomor.terminal.TerminalPrinter;

/**
 * What {@code tornado-mor.cmd} starts. It runs the command in this JVM if that has all the flags that the command needs, else
 * in a second JVM. So nothing is decided in the language of the Windows shell. It works on other systems too, where nobody
 * needs it.
 */
public final class WindowsLauncher {
    private WindowsLauncher() {}

    /** Runs the command and ends the JVM with its exit code. */
    public static void main(String[] args) throws IOException, InterruptedException {
        List<String> more;
        try {
            more = EngineFlags.of(args);
        } catch (UserError e) {
            PrintWriter err = Terminal.messages();
            err.println(Installation.NAME + ": " + TerminalPrinter.line(err, e.getMessage()));
            err.flush();
            System.exit(ExitCode.FAILURE);
            return;
        }
        if (more.isEmpty()) {
            Main.main(args);
            return;
        }
        List<String> here = ManagementFactory.getRuntimeMXBean().getInputArguments();
        Process process = new ProcessBuilder(command(here, more, System.getProperty("java.class.path"), args))
                .inheritIO()
                .start();
        // Ctrl-C reaches both: the command saves what it has, and this JVM must not end before it.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> await(process)));
        System.exit(process.waitFor());
    }

    private static void await(Process process) {
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The command line of a second JVM. The JVM gets one garbage collector: the user's choice, else that of the SDK.
     *
     * @param here the flags of this JVM
     * @param more those that an engine needs beside them
     */
    static List<String> command(List<String> here, List<String> more, String classPath, String... args) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        boolean chosen = here.stream().anyMatch(Sdk::choosesCollector);
        for (String flag : here) {
            // The debugger's agent of this JVM has the port already.
            if (!flag.startsWith("-agentlib:") && !flag.startsWith("-Xrunjdwp")) {
                command.add(flag);
            }
        }
        for (String flag : more) {
            if (!chosen || !Sdk.choosesCollector(flag)) {
                command.add(flag);
            }
        }
        command.addAll(List.of("-cp", classPath, Main.class.getName()));
        command.addAll(Arrays.asList(args));
        return command;
    }
}
