package org.tornadomor.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import org.tornadomor.template.Special.Tuple;

/** The methods of text, as those of Python's {@code str}. */
final class TextMethods {
    private static final int ALL = -1;

    private TextMethods() {}

    static void addTo(Registry r) {
        ends(r);
        splits(r);
        cases(r);
        searches(r);
        kinds(r);
        r.add("join", "items", TextMethods::join);
        r.add(
                "replace",
                "old new count?",
                (run, in, a) -> replace((String) in, a.text(0), a.text(1), a.whole(2, ALL), run.budget()));
        r.add("format", "*", (run, in, a) -> new StringFormat(run, a.all()).format((String) in, 1));
        r.add("ljust", "width fill?", (run, in, a) -> pad(run, (String) in, a, '<'));
        r.add("rjust", "width fill?", (run, in, a) -> pad(run, (String) in, a, '>'));
        r.add("center", "width fill?", (run, in, a) -> center((String) in, a.whole(0), fill(a), run.budget()));
        r.add("zfill", "width", TextMethods::zeros);
        r.refuse(
                "casefold",
                "encode",
                "expandtabs",
                "format_map",
                "isidentifier",
                "isnumeric",
                "istitle",
                "maketrans",
                "translate");
    }

    private static void ends(Registry r) {
        r.add("strip", "chars?", (run, in, a) -> PyText.strip((String) in, a.text(0, null), true, true));
        r.add("lstrip", "chars?", (run, in, a) -> PyText.strip((String) in, a.text(0, null), true, false));
        r.add("rstrip", "chars?", (run, in, a) -> PyText.strip((String) in, a.text(0, null), false, true));
        r.add("startswith", "prefix start? end?", (run, in, a) -> matches(run, (String) in, a, String::startsWith));
        r.add("endswith", "suffix start? end?", (run, in, a) -> matches(run, (String) in, a, String::endsWith));
        r.add("removeprefix", "prefix", (run, in, a) -> {
            String text = (String) in;
            return text.startsWith(a.text(0)) ? text.substring(a.text(0).length()) : text;
        });
        r.add("removesuffix", "suffix", (run, in, a) -> {
            String text = (String) in;
            return text.endsWith(a.text(0))
                    ? text.substring(0, text.length() - a.text(0).length())
                    : text;
        });
    }

    private static boolean matches(Evaluator run, String text, Bound a, BiPredicate<String, String> match) {
        int length = PyText.length(text);
        long from = start(a.whole(1, 0), length);
        long to = end(a.whole(2, length), length);
        String part = from > to ? null : PyText.between(text, (int) from, (int) to);
        if (a.get(0) instanceof Tuple tuple) {
            List<String> all = new ArrayList<>();
            for (Object item : tuple.items()) {
                String one = Values.string(item);
                if (one == null) {
                    throw Fault.value(
                            "tuple for startswith or endswith must only contain str, not " + Values.type(item));
                }
                run.budget().read(one.length());
                all.add(one);
            }
            return part != null && all.stream().anyMatch(one -> match.test(part, one));
        }
        String wanted = a.text(0);
        return part != null && match.test(part, wanted);
    }

    /** Where a search starts; behind the text nothing is found. */
    private static long start(long index, int length) {
        return index < 0 ? Math.max(0, index + length) : index;
    }

    private static long end(long index, int length) {
        return Math.min(start(index, length), length);
    }

    private static void splits(Registry r) {
        r.add("split", "sep? maxsplit?", (run, in, a) -> split(run, (String) in, a, false));
        r.add("rsplit", "sep? maxsplit?", (run, in, a) -> split(run, (String) in, a, true));
        r.add("splitlines", "keepends?", (run, in, a) -> PyText.lines((String) in, a.flag(0)));
        r.add("partition", "sep", (run, in, a) -> {
            String text = (String) in;
            int at = TextSearch.first(text, separator(a), 0);
            return at < 0 ? Tuple.of(text, "", "") : cut(text, at, a.text(0));
        });
        r.add("rpartition", "sep", (run, in, a) -> {
            String text = (String) in;
            int at = TextSearch.last(text, separator(a), text.length());
            return at < 0 ? Tuple.of("", "", text) : cut(text, at, a.text(0));
        });
    }

    private static String separator(Bound a) {
        String separator = a.text(0);
        if (separator.isEmpty()) {
            throw Fault.value("empty separator");
        }
        return separator;
    }

    private static Tuple cut(String text, int at, String separator) {
        return Tuple.of(text.substring(0, at), separator, text.substring(at + separator.length()));
    }

    private static Object split(Evaluator run, String text, Bound a, boolean fromRight) {
        run.budget().spend(text.length());
        long cuts = a.whole(1, ALL);
        if (a.get(0) == null) {
            return fromRight ? PyText.splitAtBlanksFromRight(text, cuts) : PyText.splitAtBlanks(text, cuts);
        }
        String separator = separator(a);
        return fromRight ? PyText.splitFromRight(text, separator, cuts) : PyText.split(text, separator, cuts);
    }

    private static void cases(Registry r) {
        change(r, "lower", PyText::lower);
        change(r, "upper", PyText::upper);
        change(r, "capitalize", PyText::capitalize);
        change(r, "title", PyText::title);
        change(r, "swapcase", PyText::swapCase);
    }

    private static void change(Registry r, String name, UnaryOperator<String> change) {
        r.add(name, "", (run, in, a) -> run.budget().made(change.apply((String) in)));
    }

    private static void searches(Registry r) {
        r.add("find", "part start? end?", (run, in, a) -> find((String) in, a, false));
        r.add("rfind", "part start? end?", (run, in, a) -> find((String) in, a, true));
        r.add("index", "part start? end?", (run, in, a) -> found(find((String) in, a, false)));
        r.add("rindex", "part start? end?", (run, in, a) -> found(find((String) in, a, true)));
        r.add("count", "part start? end?", (run, in, a) -> count((String) in, a));
    }

    private static long find(String text, Bound a, boolean last) {
        int length = PyText.length(text);
        long from = start(a.whole(1, 0), length);
        long to = end(a.whole(2, length), length);
        if (from > to) {
            return -1;
        }
        String part = PyText.between(text, (int) from, (int) to);
        int at = last ? TextSearch.last(part, a.text(0), part.length()) : TextSearch.first(part, a.text(0), 0);
        return at < 0 ? -1 : from + PyText.number(part, at);
    }

    private static long found(long at) {
        if (at < 0) {
            throw Fault.value("substring not found");
        }
        return at;
    }

    private static long count(String text, Bound a) {
        int length = PyText.length(text);
        long from = start(a.whole(1, 0), length);
        long to = end(a.whole(2, length), length);
        if (from > to) {
            return 0;
        }
        String within = PyText.between(text, (int) from, (int) to);
        String part = a.text(0);
        return part.isEmpty()
                ? PyText.length(within) + 1L
                : PyText.split(within, part, ALL).size() - 1L;
    }

    private static void kinds(Registry r) {
        kind(r, "isalpha", PyText::isAlpha);
        kind(r, "isalnum", PyText::isAlphanumeric);
        kind(r, "isdecimal", PyText::isDecimal);
        kind(r, "isdigit", PyText::isDigit);
        kind(r, "isspace", PyText::isSpace);
        r.add("islower", "", (run, in, a) -> PyText.isLower((String) in));
        r.add("isupper", "", (run, in, a) -> PyText.isUpper((String) in));
        r.add("isascii", "", (run, in, a) -> ((String) in).chars().allMatch(c -> c < 0x80));
        r.add("isprintable", "", (run, in, a) -> ((String) in).codePoints().allMatch(PyText::isPrintable));
    }

    private static void kind(Registry r, String name, IntPredicate kind) {
        r.add(name, "", (run, in, a) -> PyText.all((String) in, kind));
    }

    private static Object join(Evaluator run, Object in, Bound a) {
        StringBuilder out = new StringBuilder();
        boolean first = true;
        for (Iterator<?> items = Values.iterator(a.get(0)); items.hasNext(); first = false) {
            Object item = items.next();
            String text = Values.string(item);
            if (text == null) {
                throw Fault.value("join: expected str instance, " + Values.type(item) + " found");
            }
            out.append(first ? "" : (String) in).append(text);
            run.budget().spend(1);
            run.budget().fits(out.length());
        }
        return run.budget().made(out.toString());
    }

    /** As {@code replace}; a negative count is all. */
    static String replace(String text, String old, String with, long count, Budget budget) {
        budget.read(text.length());
        if (old.isEmpty()) {
            return between(text, with, count, budget);
        }
        List<Object> parts = PyText.split(text, old, count);
        budget.makes(text.length() + (parts.size() - 1L) * (with.length() - old.length()));
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            out.append(i == 0 ? "" : with).append(parts.get(i));
        }
        return out.toString();
    }

    /** An empty text is found before each character and at the end. */
    private static String between(String text, String with, long count, Budget budget) {
        budget.makes(text.length() + (1L + text.length()) * with.length());
        StringBuilder out = new StringBuilder();
        long left = count < 0 ? Long.MAX_VALUE : count;
        for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
            out.append(left-- > 0 ? with : "").appendCodePoint(text.codePointAt(at));
        }
        return out.append(left > 0 ? with : "").toString();
    }

    private static String fill(Bound a) {
        String fill = a.text(1, " ");
        if (PyText.length(fill) != 1) {
            throw Fault.value("the fill character must be exactly one character long");
        }
        return fill;
    }

    private static Object pad(Evaluator run, String text, Bound a, char align) {
        run.budget().makes(a.whole(0));
        return PyText.pad(text, a.whole(0), fill(a), align);
    }

    /** As {@code str.center}, which puts an odd blank left of text if the width is odd. */
    static String center(String text, long width, String fill, Budget budget) {
        budget.makes(width);
        long missing = width - PyText.length(text);
        if (missing <= 0) {
            return text;
        }
        long left = missing / 2 + (missing & width & 1);
        return fill.repeat((int) left) + text + fill.repeat((int) (missing - left));
    }

    private static Object zeros(Evaluator run, Object in, Bound a) {
        String text = (String) in;
        run.budget().makes(a.whole(0));
        boolean signed = text.startsWith("-") || text.startsWith("+");
        String digits = signed ? text.substring(1) : text;
        String sign = signed ? text.substring(0, 1) : "";
        return sign + PyText.pad(digits, a.whole(0) - sign.length(), "0", '>');
    }
}
