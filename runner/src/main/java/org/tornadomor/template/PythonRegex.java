package org.tornadomor.template;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Python's {@code re.sub}, for patterns that mean the same in Java or can be written so. */
final class PythonRegex {
    /** Escapes that Java has and Python does not. */
    private static final String JAVA_ESCAPES = "pPhHRXQEGKekVzcCg";

    private PythonRegex() {}

    static String replace(String pattern, String replacement, String text, long count, Budget budget) {
        Matcher m;
        try {
            m = Pattern.compile(
                            java(pattern), Pattern.UNIX_LINES | Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE)
                    .matcher(new Counted(text, budget));
        } catch (PatternSyntaxException e) {
            throw Fault.value("regex_replace: the pattern is invalid or not supported: " + e.getDescription());
        }
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (long n = 0; (count <= 0 || n < count) && find(m); n++) {
            out.append(text, from, m.start());
            expand(replacement, m, out);
            from = m.end();
            budget.spend(1);
            budget.fits(out.length());
        }
        return budget.made(out.append(text, from, text.length()).toString());
    }

    private static boolean find(Matcher m) {
        try {
            return m.find();
        } catch (StackOverflowError e) {
            throw Fault.limit("regex_replace: the pattern needs too much depth on this text");
        }
    }

    /** Text whose reading takes steps, so that a pattern that tries again and again comes to an end. */
    private record Counted(String text, Budget budget) implements CharSequence {
        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            budget.spend(1);
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.substring(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private static String java(String pattern) {
        StringBuilder out = new StringBuilder();
        boolean set = false;
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c == '\\') {
                if (++i == pattern.length()) {
                    throw Fault.value("regex_replace: the pattern ends with a backslash");
                }
                escape(pattern.charAt(i), out);
            } else if (set) {
                // Java gives [ and && within a set a meaning; Python has none.
                out.append(c == '[' || c == '&' ? "\\" + c : String.valueOf(c));
                set = c != ']';
            } else if (c == '[') {
                set = true;
                out.append(c);
                boolean negated = pattern.startsWith("^", i + 1);
                if (pattern.startsWith("]", i + (negated ? 2 : 1))) {
                    out.append(negated ? "^\\]" : "\\]");
                    i += negated ? 2 : 1;
                }
            } else if (pattern.startsWith("(?P=", i)) {
                int end = pattern.indexOf(')', i);
                out.append("\\k<").append(pattern, i + 4, Math.max(end, i + 4)).append('>');
                i = end < 0 ? pattern.length() : end;
            } else if (pattern.startsWith("(?P<", i)) {
                out.append("(?<");
                i += 3;
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static void escape(char letter, StringBuilder out) {
        if (JAVA_ESCAPES.indexOf(letter) >= 0) {
            throw Fault.value("regex_replace: bad escape \\" + letter);
        }
        out.append(
                switch (letter) {
                    case 'Z' -> "\\z";
                    case 'v' -> "\\x0B";
                    default -> "\\" + letter;
                });
    }

    private static void expand(String replacement, Matcher m, StringBuilder out) {
        for (int i = 0; i < replacement.length(); i++) {
            char c = replacement.charAt(i);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char next = ++i < replacement.length() ? replacement.charAt(i) : ' ';
            if (next == 'g') {
                int end = replacement.indexOf('>', i);
                if (end < 0 || replacement.charAt(i + 1) != '<') {
                    throw Fault.value("regex_replace: missing group name in the replacement");
                }
                out.append(group(m, replacement.substring(i + 2, end)));
                i = end;
            } else if (next >= '1' && next <= '9') {
                boolean two = i + 1 < replacement.length() && Character.isDigit(replacement.charAt(i + 1));
                out.append(group(m, replacement.substring(i, i + (two ? 2 : 1))));
                i += two ? 1 : 0;
            } else {
                out.append(character(next));
            }
        }
    }

    private static String group(Matcher m, String name) {
        try {
            String text = name.matches("\\d{1,4}") ? m.group(Integer.parseInt(name)) : m.group(name);
            return text == null ? "" : text;
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw Fault.value("regex_replace: invalid group reference " + name);
        }
    }

    private static String character(char escape) {
        return switch (escape) {
            case 'n' -> "\n";
            case 't' -> "\t";
            case 'r' -> "\r";
            case 'f' -> "\f";
            case 'v' -> "\u000b";
            case 'a' -> "\u0007";
            case '\\' -> "\\";
            default -> {
                if (Character.isLetterOrDigit(escape)) {
                    throw Fault.value("regex_replace: bad escape \\" + escape + " in the replacement");
                }
                yield "\\" + escape;
            }
        };
    }
}
