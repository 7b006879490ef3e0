package org.tornadomor.template;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.template.Special.Markup;
import org.tornadomor.template.Special.Tuple;
import org.tornadomor.template.Special.Undefined;
import org.tornadomor.template.TemplateOptions.Dialect;

/**
 * The filters that make text.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-filters">List of builtin filters</a>
 */
final class TextFilters {
    private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern TITLE_WORDS = Pattern.compile("[-\\s({\\[<]+", Pattern.UNICODE_CHARACTER_CLASS);

    private TextFilters() {}

    static void addTo(Registry r, Dialect dialect) {
        changes(r);
        markup(r);
        r.add("trim", "chars?", (run, in, a) -> kept(in, PyText.strip(text(run, in), a.text(0, null), true, true)));
        r.add("string", "", (run, in, a) -> in instanceof Markup ? in : text(run, in));
        r.add(
                "replace",
                "old new count?",
                (run, in, a) -> TextMethods.replace(
                        text(run, in), text(run, a.get(0)), text(run, a.get(1)), a.whole(2, -1), run.budget()));
        r.add(
                "center",
                "width?",
                (run, in, a) -> kept(in, TextMethods.center(text(run, in), a.whole(0, 80), " ", run.budget())));
        r.add("indent", "width? first? blank?", TextFilters::indent);
        r.add("truncate", "length? killwords? end? leeway?", TextFilters::truncate);
        r.add(
                "wordcount",
                "",
                (run, in, a) -> WORD.matcher(text(run, in)).results().count());
        r.add("format", "*", (run, in, a) -> {
            Arguments all = a.all();
            if (!all.positional().isEmpty() && !all.named().isEmpty()) {
                throw Fault.value("can't handle positional and keyword arguments at the same time");
            }
            Object values = all.named().isEmpty() ? new Tuple(all.positional(), false) : all.named();
            return run.arithmetic().apply(Expr.Operator.MODULO, text(run, in), values);
        });
        if (dialect == Dialect.CHAT) {
            r.add("tojson", "ensure_ascii? indent? separators? sort_keys?", TextFilters::chatJson);
        } else {
            r.add("tojson", "indent?", TextFilters::pageJson);
            r.add(
                    "regex_replace",
                    "pattern repl count?",
                    (run, in, a) -> PythonRegex.replace(
                            a.text(0), a.text(1), string(in, "regex_replace"), a.whole(2, 0), run.budget()));
        }
    }

    private static String text(Evaluator run, Object value) {
        return Repr.text(value, run.budget());
    }

    private static String string(Object value, String filter) {
        if (value instanceof Undefined missing) {
            throw missing.fault();
        }
        String text = Values.string(value);
        if (text == null) {
            throw Fault.value(filter + " takes text, not " + Values.type(value));
        }
        return text;
    }

    /** Escaped text stays escaped. */
    private static Object kept(Object in, String out) {
        return in instanceof Markup ? new Markup(out) : out;
    }

    private static void changes(Registry r) {
        change(r, "upper", PyText::upper);
        change(r, "lower", PyText::lower);
        change(r, "capitalize", PyText::capitalize);
        r.add("title", "", (run, in, a) -> title(text(run, in)));
    }

    private static void change(Registry r, String name, UnaryOperator<String> change) {
        r.add(name, "", (run, in, a) -> kept(in, run.budget().made(change.apply(text(run, in)))));
    }

    private static void markup(Registry r) {
        r.add("safe", "", (run, in, a) -> new Markup(text(run, in)));
        r.add(
                "escape",
                "",
                (run, in, a) -> new Markup(run.budget().made(Escape.html(in instanceof Markup ? in : text(run, in)))));
        r.alias("e", "escape");
        r.alias("forceescape", "escape");
    }

    /** Words begin behind blanks and opening brackets alone, unlike those of the method {@code title}. */
    private static String title(String text) {
        StringBuilder out = new StringBuilder(text.length());
        Matcher gaps = TITLE_WORDS.matcher(text);
        int from = 0;
        while (gaps.find()) {
            titleWord(text.substring(from, gaps.start()), out);
            out.append(gaps.group());
            from = gaps.end();
        }
        titleWord(text.substring(from), out);
        return out.toString();
    }

    private static void titleWord(String word, StringBuilder out) {
        if (!word.isEmpty()) {
            int first = Character.charCount(word.codePointAt(0));
            out.append(PyText.upper(word.substring(0, first))).append(PyText.lower(word.substring(first)));
        }
    }

    private static Object indent(Evaluator run, Object in, Bound a) {
        String indent = a.get(0) instanceof String text ? text : " ".repeat(width(run, a.whole(0, 4)));
        List<Object> lines = PyText.lines(string(in, "indent") + "\n", false);
        run.budget().makes(string(in, "indent").length() + (long) lines.size() * indent.length());
        StringBuilder out = new StringBuilder(a.flag(1) ? indent : "");
        for (int i = 0; i < lines.size(); i++) {
            String line = (String) lines.get(i);
            boolean indented = i > 0 && (a.flag(2) || !line.isEmpty());
            out.append(i > 0 ? "\n" : "").append(indented ? indent : "").append(line);
        }
        return kept(in, out.toString());
    }

    private static int width(Evaluator run, long width) {
        run.budget().makes(width);
        return (int) Math.max(0, width);
    }

    private static Object truncate(Evaluator run, Object in, Bound a) {
        String end = a.text(2, "...");
        long length = a.whole(0, 255);
        long leeway = a.whole(3, 5);
        int room = Math.clamp(length - PyText.length(end), -1, Integer.MAX_VALUE);
        if (room < 0 || leeway < 0) {
            throw Fault.value("truncate: the length is less than that of the end, or the leeway is negative");
        }
        if (Values.length(in) <= length + leeway) {
            return in;
        }
        String text = string(in, "truncate");
        String cut = PyText.between(text, 0, Math.min(room, PyText.length(text)));
        return (a.flag(1) ? cut : PyText.splitFromRight(cut, " ", 1).getFirst()) + end;
    }

    /** As the filter that transformers has in place of Jinja's own. */
    private static Object chatJson(Evaluator run, Object in, Bound a) {
        String indent = indent(run, a.get(1));
        String item = indent == null ? ", " : ",";
        String key = ": ";
        if (a.get(2) != null) {
            List<Object> separators = Values.list(a.get(2), run.budget());
            if (separators.size() != 2
                    || Values.string(separators.get(0)) == null
                    || Values.string(separators.get(1)) == null) {
                throw Fault.value("tojson: separators are two strings");
            }
            item = Values.string(separators.get(0));
            key = Values.string(separators.get(1));
        }
        return new JsonText(run.budget(), a.flag(0), indent, item, key, a.flag(3)).write(in);
    }

    /** As Jinja's own filter, whose text can stand in a page. */
    private static Object pageJson(Evaluator run, Object in, Bound a) {
        String indent = indent(run, a.get(0));
        String json = new JsonText(run.budget(), true, indent, indent == null ? ", " : ",", ": ", true).write(in);
        return new Markup(json.replace("<", "\\u003c")
                .replace(">", "\\u003e")
                .replace("&", "\\u0026")
                .replace("'", "\\u0027"));
    }

    private static String indent(Evaluator run, Object indent) {
        if (indent == null) {
            return null;
        }
        if (indent instanceof String text) {
            return text;
        }
        Long width = Numbers.whole(indent);
        if (width == null) {
            throw Fault.value("tojson: indent is a whole number or text, not " + Values.type(indent));
        }
        return " ".repeat(width(run, width));
    }
}
