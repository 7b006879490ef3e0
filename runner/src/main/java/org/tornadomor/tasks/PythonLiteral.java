package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.List;

/**
 * Lists, tuples, texts and numbers as Python writes them: templates give such text where a list is meant, and the harness reads it
 * with {@code ast.literal_eval}.
 */
final class PythonLiteral {
    private static final int MOST_LEVELS = 50;

    private final String text;
    private int at;
    private int level;

    private PythonLiteral(String text) {
        this.text = text;
    }

    /**
     * The value that a text stands for: text, a whole number, a number, a truth value, null, or a list of these.
     *
     * @throws IllegalArgumentException if it is anything else
     */
    static Object parse(String text) {
        PythonLiteral literal = new PythonLiteral(text);
        Object value = literal.value();
        literal.skipBlanks();
        if (literal.at < text.length()) {
            throw literal.fault("more behind the value");
        }
        return value;
    }

    private IllegalArgumentException fault(String what) {
        return new IllegalArgumentException(what + " at character " + (at + 1));
    }

    private void skipBlanks() {
        while (at < text.length() && " \t\n\r\f".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private boolean next(char c) {
        skipBlanks();
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private Object value() {
        skipBlanks();
        if (at == text.length()) {
            throw fault("nothing");
        }
        char c = text.charAt(at);
        if (c == '\'' || c == '"') {
            StringBuilder all = new StringBuilder();
            do {
                all.append(quoted());
                skipBlanks();
            } while (at < text.length() && (text.charAt(at) == '\'' || text.charAt(at) == '"'));
            return all.toString();
        }
        if (c == '[') {
            return list(']');
        }
        if (c == '(') {
            return list(')');
        }
        return word();
    }

    private List<Object> list(char end) {
        if (++level > MOST_LEVELS) {
            throw fault("too many lists within each other");
        }
        at++;
        List<Object> items = new ArrayList<>();
        while (!next(end)) {
            items.add(value());
            if (!next(',')) {
                if (!next(end)) {
                    throw fault("a list without an end");
                }
                break;
            }
        }
        level--;
        return items;
    }

    private Object word() {
        int from = at;
        while (at < text.length() && ",]) \t\n\r".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String word = text.substring(from, at);
        switch (word) {
            case "None" -> {
                return null;
            }
            case "True" -> {
                return true;
            }
            case "False" -> {
                return false;
            }
            default -> {
                try {
                    return word.matches("[+-]?[0-9]+") ? (Object) Long.valueOf(word) : (Object) Double.valueOf(word);
                } catch (NumberFormatException e) {
                    at = from;
                    throw fault("no value");
                }
            }
        }
    }

    private String quoted() {
        char quote = text.charAt(at++);
        StringBuilder out = new StringBuilder();
        while (at < text.length() && text.charAt(at) != quote) {
            char c = text.charAt(at++);
            if (c == '\n') {
                at--;
                throw fault("a line end in a text");
            }
            if (c != '\\') {
                out.append(c);
            } else {
                escape(out);
            }
        }
        if (at >= text.length()) {
            throw fault("a text without an end");
        }
        at++;
        return out.toString();
    }

    private void escape(StringBuilder out) {
        if (at >= text.length()) {
            throw fault("a text without an end");
        }
        char c = text.charAt(at++);
        switch (c) {
            case 'n' -> out.append('\n');
            case 't' -> out.append('\t');
            case 'r' -> out.append('\r');
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'a' -> out.append('\u0007');
            case 'v' -> out.append('\u000b');
            case '\\', '\'', '"' -> out.append(c);
            case 'x' -> out.appendCodePoint(hex(2));
            case 'u' -> out.appendCodePoint(hex(4));
            case 'U' -> out.appendCodePoint(hex(8));
            default -> throw fault("an unknown escape \\" + c);
        }
    }

    private int hex(int digits) {
        if (at + digits > text.length()) {
            throw fault("an escape that is too short");
        }
        try {
            int point = Integer.parseInt(text, at, at + digits, 16);
            at += digits;
            if (!Character.isValidCodePoint(point)) {
                throw fault("no character");
            }
            return point;
        } catch (NumberFormatException e) {
            throw fault("an escape that is no number");
        }
    }
}
