package org.tornadomor.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.tornadomor.template.Special.Markup;
import org.tornadomor.template.Special.Tuple;

/** Values as JSON, as Python's {@code json.dumps} writes them. */
final class JsonText {
    private final Budget budget;
    private final boolean ascii;
    private final String indent;
    private final String itemSeparator;
    private final String keySeparator;
    private final boolean sorted;
    private final StringBuilder out = new StringBuilder();

    /**
     * @param ascii whether everything else is escaped
     * @param indent what each level is indented by, or null for one line
     */
    JsonText(Budget budget, boolean ascii, String indent, String itemSeparator, String keySeparator, boolean sorted) {
        this.budget = budget;
        this.ascii = ascii;
        this.indent = indent;
        this.itemSeparator = itemSeparator;
        this.keySeparator = keySeparator;
        this.sorted = sorted;
    }

    String write(Object value) {
        write(value, 0);
        return budget.made(out.toString());
    }

    private void write(Object value, int level) {
        budget.spend(1);
        budget.fits(out.length());
        switch (value) {
            case String text -> quote(text);
            case Markup markup -> quote(markup.text());
            case List<?> list -> items(list, level);
            case Tuple tuple -> items(tuple.items(), level);
            case Map<?, ?> map -> entries(map, level);
            case null, default -> {
                String scalar = scalar(value);
                if (scalar == null) {
                    throw Fault.value("Object of type " + Values.type(value) + " is not JSON serializable");
                }
                out.append(scalar);
            }
        }
    }

    private static String scalar(Object value) {
        return switch (value) {
            case null -> "null";
            case Boolean flag -> flag ? "true" : "false";
            case Double number when number.isNaN() -> "NaN";
            case Double number when number.isInfinite() -> number > 0 ? "Infinity" : "-Infinity";
            case Number number -> Numbers.text(number);
            default -> null;
        };
    }

    private void items(List<?> list, int level) {
        if (list.isEmpty()) {
            out.append("[]");
            return;
        }
        out.append('[');
        for (Iterator<?> items = list.iterator(); items.hasNext(); ) {
            line(level + 1);
            write(items.next(), level + 1);
            out.append(items.hasNext() ? itemSeparator : "");
        }
        line(level);
        out.append(']');
    }

    private void entries(Map<?, ?> map, int level) {
        if (map.isEmpty()) {
            out.append("{}");
            return;
        }
        List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
        if (sorted) {
            entries.sort((a, b) -> Values.compare(a.getKey(), b.getKey(), "<", budget));
        }
        out.append('{');
        for (Iterator<Map.Entry<?, ?>> all = entries.iterator(); all.hasNext(); ) {
            Map.Entry<?, ?> entry = all.next();
            line(level + 1);
            String key = entry.getKey() instanceof String text ? text : scalar(entry.getKey());
            if (key == null) {
                throw Fault.value("keys must be str, int, float, bool or None, not " + Values.type(entry.getKey()));
            }
            quote(key);
            out.append(keySeparator);
            write(entry.getValue(), level + 1);
            out.append(all.hasNext() ? itemSeparator : "");
        }
        line(level);
        out.append('}');
    }

    private void line(int level) {
        if (indent != null) {
            budget.fits(out.length() + (long) indent.length() * level);
            budget.read((long) indent.length() * level);
            out.append('\n').append(indent.repeat(level));
        }
    }

    private void quote(String text) {
        budget.fits(out.length() + (long) text.length());
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\f' -> out.append("\\f");
                case '\b' -> out.append("\\b");
                default -> {
                    if (c < ' ' || ascii && c > '~') {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
