package org.tornadomor.template;

import java.util.List;
import java.util.Map;

/** Python's {@code text.format(...)}. */
final class StringFormat {
    private final Evaluator evaluator;
    private final Arguments arguments;
    private int next;
    private boolean numbered;

    StringFormat(Evaluator evaluator, Arguments arguments) {
        this.evaluator = evaluator;
        this.arguments = arguments;
    }

    String format(String format, int depth) {
        if (depth > 2) {
            throw Fault.value("Max string recursion exceeded");
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            boolean doubled = i + 1 < format.length() && format.charAt(i + 1) == c;
            if ((c == '{' || c == '}') && doubled) {
                out.append(c);
                i++;
            } else if (c == '{') {
                int end = end(format, i);
                out.append(field(format.substring(i + 1, end), depth));
                i = end;
            } else if (c == '}') {
                throw Fault.value("Single '}' encountered in format string");
            } else {
                out.append(c);
            }
        }
        return evaluator.budget().made(out.toString());
    }

    private static int end(String format, int open) {
        int nested = 0;
        for (int i = open; i < format.length(); i++) {
            char c = format.charAt(i);
            nested += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (nested == 0) {
                return i;
            }
        }
        throw Fault.value(
                open + 1 == format.length()
                        ? "Single '{' encountered in format string"
                        : "expected '}' before end of string");
    }

    private String field(String field, int depth) {
        int inBrackets = 0;
        int colon = field.length();
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            inBrackets += c == '[' ? 1 : c == ']' ? -1 : 0;
            if (inBrackets == 0 && (c == ':' || c == '!')) {
                colon = i;
                break;
            }
        }
        Object value = value(field.substring(0, colon));
        String rest = field.substring(colon);
        char conversion = 0;
        if (rest.startsWith("!")) {
            if (rest.length() < 2 || rest.length() > 2 && rest.charAt(2) != ':') {
                throw Fault.value("expected ':' after conversion specifier");
            }
            conversion = rest.charAt(1);
            rest = rest.substring(2);
        }
        String spec = rest.isEmpty() ? "" : format(rest.substring(1), depth + 1);
        Budget budget = evaluator.budget();
        Object shown = switch (conversion) {
            case 0 -> value;
            case 's' -> Repr.text(value, budget);
            case 'r' -> Repr.quoted(value, budget);
            case 'a' -> Repr.ascii(value, budget);
            default -> throw Fault.value("Unknown conversion specifier '" + conversion + "'");
        };
        return spec.isEmpty()
                ? Repr.text(shown, budget)
                : FormatSpec.parse(spec).format(shown, budget);
    }

    private Object value(String path) {
        int end = 0;
        while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
            end++;
        }
        Object value = first(path.substring(0, end));
        while (end < path.length()) {
            if (path.charAt(end) == '[') {
                int close = path.indexOf(']', end);
                if (close < 0) {
                    throw Fault.value("Missing ']' in format string");
                }
                String key = path.substring(end + 1, close);
                value = evaluator.access().item(value, key.matches("\\d{1,18}") ? (Object) Long.valueOf(key) : key);
                end = close + 1;
            } else if (evaluator.dialect() == TemplateOptions.Dialect.HARNESS) {
                throw Fault.value("attributes in the fields of format() are not supported");
            } else {
                int stop = end + 1;
                while (stop < path.length() && path.charAt(stop) != '.' && path.charAt(stop) != '[') {
                    stop++;
                }
                value = evaluator.access().attribute(value, path.substring(end + 1, stop));
                end = stop;
            }
        }
        return value;
    }

    private Object first(String name) {
        if (!name.isEmpty() && !name.matches("\\d{1,9}")) {
            Map<String, Object> named = arguments.named();
            if (!named.containsKey(name)) {
                throw Fault.value("format() has no argument '" + name + "'");
            }
            return named.get(name);
        }
        if (name.isEmpty() ? numbered : next > 0) {
            throw Fault.value("cannot mix automatic field numbering and manual field specification");
        }
        numbered |= !name.isEmpty();
        int index = name.isEmpty() ? next++ : Integer.parseInt(name);
        List<Object> positional = arguments.positional();
        if (index >= positional.size()) {
            throw Fault.value("Replacement index " + index + " out of range for positional args tuple");
        }
        return positional.get(index);
    }
}
