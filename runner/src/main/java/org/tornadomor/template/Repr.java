package org.tornadomor.template;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.tornadomor.template.Special.Generator;
import org.tornadomor.template.Special.Markup;
import org.tornadomor.template.Special.Namespace;
import org.tornadomor.template.Special.Range;
import org.tornadomor.template.Special.Tuple;
import org.tornadomor.template.Special.Undefined;
import org.tornadomor.template.Special.View;

/** Values as text, as Python's {@code str} and {@code repr} write them. */
final class Repr {
    private final Budget budget;
    private final boolean ascii;
    private final StringBuilder out = new StringBuilder();

    private Repr(Budget budget, boolean ascii) {
        this.budget = budget;
        this.ascii = ascii;
    }

    /** As {@code str}: what a print statement shows. */
    static String text(Object value, Budget budget) {
        return switch (value) {
            case String text -> text;
            case Markup markup -> markup.text();
            case Undefined missing -> {
                missing.look();
                yield "";
            }
            case null, default -> quoted(value, budget);
        };
    }

    /** As {@code repr}: text stands in quotes. */
    static String quoted(Object value, Budget budget) {
        Repr repr = new Repr(budget, false);
        repr.write(value);
        return repr.out.toString();
    }

    /** As {@code ascii}: what is not ASCII is escaped. */
    static String ascii(Object value, Budget budget) {
        Repr repr = new Repr(budget, true);
        repr.write(value);
        return repr.out.toString();
    }

    private void write(Object value) {
        budget.spend(1);
        budget.fits(out.length());
        switch (value) {
            case null -> out.append("None");
            case String text -> quote(text);
            case Boolean flag -> out.append(flag ? "True" : "False");
            case Number number -> out.append(Numbers.text(number));
            case List<?> list -> items("[", list.iterator(), "]");
            case Map<?, ?> map -> entries(map);
            case Tuple tuple ->
                items("(", tuple.items().iterator(), tuple.items().size() == 1 ? ",)" : ")");
            case Undefined missing -> out.append("Undefined");
            case Markup markup -> {
                out.append("Markup(");
                quote(markup.text());
                out.append(')');
            }
            case Range range -> range(range);
            case View view -> items("dict_" + PyText.lower(view.kind().name()) + "([", view.iterator(), "])");
            case Namespace space -> {
                out.append("<Namespace ");
                entries(space.attributes());
                out.append('>');
            }
            case Macro macro -> {
                out.append("<Macro ");
                if (macro.name() == null) {
                    out.append("anonymous");
                } else {
                    quote(macro.name());
                }
                out.append('>');
            }
            case Loop loop -> out.append("<LoopContext " + loop.index() + "/" + loop.length() + ">");
            case Generator items -> throw Fault.value("an iterator cannot be printed; put |list behind it");
            default -> throw Fault.value("a " + Values.type(value) + " cannot be printed");
        }
    }

    private void items(String open, Iterator<?> items, String close) {
        out.append(open);
        for (boolean first = true; items.hasNext(); first = false) {
            out.append(first ? "" : ", ");
            write(items.next());
        }
        out.append(close);
    }

    private void entries(Map<?, ?> map) {
        out.append('{');
        boolean first = true;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(first ? "" : ", ");
            first = false;
            write(entry.getKey());
            out.append(": ");
            write(entry.getValue());
        }
        out.append('}');
    }

    private void range(Range range) {
        out.append("range(").append(range.start()).append(", ").append(range.stop());
        out.append(range.step() == 1 ? "" : ", " + range.step()).append(')');
    }

    private void quote(String text) {
        budget.fits(out.length() + (long) text.length());
        budget.read(text.length());
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        text.codePoints().forEach(point -> character(point, quote));
        out.append(quote);
    }

    private void character(int point, char quote) {
        switch (point) {
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            case '\\' -> out.append("\\\\");
            default -> {
                if (point == quote) {
                    out.append('\\').append(quote);
                } else if (PyText.isPrintable(point) && (point < 0x80 || !ascii)) {
                    out.appendCodePoint(point);
                } else {
                    String form = point < 0x100 ? "\\x%02x" : point < 0x10000 ? "\\u%04x" : "\\U%08x";
                    out.append(form.formatted(point));
                }
            }
        }
    }
}
