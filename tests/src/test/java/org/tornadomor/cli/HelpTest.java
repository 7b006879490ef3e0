package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
import org.tornadomor.cli.options.Installation;
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
                    boolean others = RootCommand.namesOthers(full.getCommandName());
                    assertEquals(others, root.getSubcommands().size() > 1, root.getSubcommands()::toString);
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

    /** All commands with those below them, and the program itself. */
    private static Stream<CommandLine> all() {
        CommandLine root = Main.commandLine(new Failures());
        return Stream.concat(
                Stream.of(root),
                root.getSubcommands().values().stream()
                        .flatMap(line -> Stream.concat(Stream.of(line), line.getSubcommands().values().stream())));
    }

    private static List<String> help(CommandLine command, int columns) {
        List<Object> words = new ArrayList<>(
                List.of((Object[]) command.getCommandSpec().qualifiedName(" ").split(" ")));
        words.removeFirst();
        words.add("--help");
        return TerminalWidthTest.lines(columns, words.toArray());
    }

    @TestFactory
    Stream<DynamicTest> noLineOfHelpWraps() {
        return all().flatMap(command -> Stream.of(60, 80)
                .map(columns -> DynamicTest.dynamicTest(
                        columns + " " + command.getCommandSpec().qualifiedName(" "),
                        () -> help(command, columns).forEach(line -> assertTrue(line.length() <= columns, line)))));
    }

    /** The first sentence is what the list of commands shows. */
    @TestFactory
    Stream<DynamicTest> everyDescriptionIsASentence() {
        return all().map(command ->
                DynamicTest.dynamicTest(command.getCommandSpec().qualifiedName(" "), () -> {
                    for (String line : command.getCommandSpec().usageMessage().description()) {
                        assertTrue(line.endsWith("."), line);
                    }
                    command.getCommandSpec().args().forEach(arg -> {
                        String text = String.join(" ", arg.description());
                        assertTrue(text.endsWith("."), text);
                    });
                }));
    }

    /** Pasted from a terminal of any width, an example is the same command, and one that the program takes. */
    @TestFactory
    Stream<DynamicTest> examplesCanBePasted() {
        return all().map(command ->
                DynamicTest.dynamicTest(command.getCommandSpec().qualifiedName(" "), () -> {
                    List<String> wide = examples(help(command, 1000));
                    assertFalse(wide.isEmpty());
                    for (int columns : new int[] {60, 80}) {
                        assertEquals(wide, examples(help(command, columns)));
                    }
                    for (String example : wide) {
                        List<String> words = Shell.words(example.replaceFirst(" > \\S+$", ""));
                        if (words.getFirst().equals(Installation.NAME)) {
                            Main.commandLine(new Failures())
                                    .parseArgs(words.subList(1, words.size()).toArray(String[]::new));
                        }
                    }
                }));
    }

    /** The commands among the examples of a help, lines that go on put together, and without what is said of them. */
    private static List<String> examples(List<String> help) {
        String all = String.join("\n", help.subList(help.indexOf("Examples:") + 1, help.size()))
                .replaceAll(" \\\\\n +", " ");
        return all.lines()
                .filter(line -> line.matches("  \\S.*"))
                .map(line -> line.strip().replaceFirst(" {3,}.*", ""))
                .toList();
    }

    @Test
    void helpOfACommandIsItsHelp() {
        assertEquals(
                Outcome.of("train", "--help").succeeds().out(),
                Outcome.of("help", "train").succeeds().out());
        assertEquals(
                Outcome.of("data", "prepare", "--help").succeeds().out(),
                Outcome.of("help", "data", "prepare").succeeds().out());
        assertEquals(
                Outcome.of("--help").succeeds().out(),
                Outcome.of("help").succeeds().out());
        Outcome.of("help", "trian").failsWith(2, "trian", "near: train");
        Outcome.of("help", "train", "more").failsWith(2, "more");
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
        assertTrue(version.matches("tornado-mor \\d+\\.\\d+\\.\\d+\\S*(, commit \\S+)?, Java .+"), version);
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
