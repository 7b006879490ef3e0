package org.tornadomor.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.terminal.Layout;

/**
 * The examples below a command's help, in lines of any width, each of which can be pasted into a shell: a command that is too long goes
 * on behind a backslash.
 *
 * <p>A line that begins with two spaces is a command; after it, behind three more spaces, a remark may follow. Other lines are
 * text, and those that follow one another with the same indentation are one paragraph.
 */
public final class Examples {
    private static final Pattern COMMAND = Pattern.compile("  (\\S.*?)(?: {3,}(\\S.*))?");
    private static final Pattern WORD = Pattern.compile("(?:'[^']*'|\"[^\"]*\"|\\S)+");
    private static final String INDENT = "  ";
    private static final String DEEPER = "      ";
    private static final String GOES_ON = " \\";

    private Examples() {}

    /** The examples in lines of at most {@code width} characters. */
    static List<String> lines(String[] examples, int width) {
        List<String> lines = new ArrayList<>();
        String text = "";
        String indent = "";
        for (String example : examples) {
            Matcher command = COMMAND.matcher(example);
            String spaces = example.substring(
                    0, example.length() - example.stripLeading().length());
            if (!text.isEmpty() && (command.matches() || !spaces.equals(indent))) {
                lines.addAll(Layout.wrap(text, indent, indent, width));
                text = "";
            }
            if (command.matches()) {
                lines.addAll(command(example, command.group(1), command.group(2), width));
            } else {
                indent = spaces;
                text = text.isEmpty() ? example.strip() : text + " " + example.strip();
            }
        }
        if (!text.isEmpty()) {
            lines.addAll(Layout.wrap(text, indent, indent, width));
        }
        return lines;
    }

    private static List<String> command(String example, String command, String about, int width) {
        if (example.length() <= width) {
            return List.of(example);
        }
        List<String> lines = new ArrayList<>(broken(command, width));
        if (about != null) {
            lines.addAll(Layout.wrap(about, DEEPER, DEEPER, width));
        }
        return lines;
    }

    /** A command in lines; an option stays beside its value where both fit into one. */
    private static List<String> broken(String command, int width) {
        if (INDENT.length() + command.length() <= width) {
            return List.of(INDENT + command);
        }
        int room = width - GOES_ON.length();
        List<String> lines = new ArrayList<>();
        String line = INDENT;
        boolean empty = true;
        for (String unit : units(command, room - DEEPER.length())) {
            if (!empty && line.length() + 1 + unit.length() > room) {
                lines.add(line + GOES_ON);
                line = DEEPER;
                empty = true;
            }
            line += empty ? unit : " " + unit;
            empty = false;
        }
        lines.add(line);
        return lines;
    }

    private static List<String> units(String command, int room) {
        List<String> words =
                WORD.matcher(command).results().map(match -> match.group()).toList();
        List<String> units = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            boolean option = word.startsWith("-") && i + 1 < words.size();
            if (option
                    && !words.get(i + 1).startsWith("-")
                    && word.length() + 1 + words.get(i + 1).length() <= room) {
                units.add(word + " " + words.get(++i));
            } else {
                units.add(word);
            }
        }
        return units;
    }
}
