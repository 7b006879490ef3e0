package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class HelpTest {
    private static final Pattern COMMAND = Pattern.compile("tornado-mor ([a-z]+)(?: ([a-z]+))?");
    private static final Pattern OPTION = Pattern.compile("(?<= )--[a-z][a-z-]*");

    @TempDir
    Path folder;

    private static Stream<CommandLine> commands() {
        return Main.commandLine(new Failures()).getSubcommands().values().stream();
    }

    @TestFactory
    Stream<DynamicTest> everyCommandHasHelpWithExamples() {
        return commands()
                .map(CommandLine::getCommandName)
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    String help = Outcome.of(name, "--help").succeeds().out();
                    assertTrue(help.contains("Examples:"), help);
                    String examples = help.substring(help.indexOf("Examples:"));
                    assertTrue(examples.contains("tornado-mor " + name), help);
                }));
    }

    /** A command line that begins with a command is read without the others; nothing of that command may be missing. */
    @TestFactory
    Stream<DynamicTest> aCommandAloneIsTheSame() {
        return commands()
                .map(full -> DynamicTest.dynamicTest(full.getCommandName(), () -> {
                    CommandLine root = Main.commandLine(new Failures(), full.getCommandName());
                    CommandLine alone = root.getSubcommands().get(full.getCommandName());
                    assertEquals(full.getUsageMessage(), alone.getUsageMessage());
                    assertTrue(alone.getCommandSpec().findOption(Failures.DEBUG_OPTION) != null);
                    boolean completion = full.getCommandName().equals("completion");
                    assertEquals(completion, root.getSubcommands().size() > 1, root.getSubcommands()::toString);
                }));
    }

    /** An example may show another command, and a line that begins with an option goes on with the one before. */
    @TestFactory
    Stream<DynamicTest> examplesNameOptionsThatExist() {
        Map<String, CommandLine> all = Main.commandLine(new Failures()).getSubcommands();
        return all.values().stream()
                .flatMap(command -> Stream.concat(Stream.of(command), command.getSubcommands().values().stream()))
                .map(command -> DynamicTest.dynamicTest(command.getCommandSpec().qualifiedName(), () -> {
                    CommandLine shown = command;
                    for (String line : command.getCommandSpec().usageMessage().footer()) {
                        Matcher named = COMMAND.matcher(line);
                        if (named.find()) {
                            shown = all.get(named.group(1));
                            assertTrue(shown != null, line);
                            shown = shown.getSubcommands().getOrDefault(named.group(2), shown);
                        }
                        Matcher options = OPTION.matcher(line);
                        while (options.find()) {
                            assertTrue(shown.getCommandSpec().findOption(options.group()) != null, line);
                        }
                    }
                }));
    }

    @Test
    void rootListsCommandsAndExitCodes() {
        String help = Outcome.of("--help").succeeds().out();
        commands().forEach(command -> assertTrue(help.contains(command.getCommandName()), help));
        for (String code : new String[] {"0 ", "1 ", "2 ", "70 ", "141 "}) {
            assertTrue(help.lines().anyMatch(line -> line.strip().startsWith(code)), help);
        }
    }

    @Test
    void versionIsThatOfTheBuild() {
        String version = Outcome.of("--version").succeeds().out().strip();
        assertTrue(version.matches("tornado-mor \\d+\\.\\d+\\.\\d+\\S*, Java .+"), version);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void completionIsAScriptThatBashTakes() throws IOException, InterruptedException {
        String script = Outcome.of("completion").succeeds().out();
        commands().forEach(command -> assertTrue(script.contains(command.getCommandName())));
        Path file = folder.resolve("completion");
        Files.writeString(file, script);
        Process bash =
                new ProcessBuilder("bash", "-n", file.toString()).inheritIO().start();
        assertEquals(0, bash.waitFor());
    }
}
