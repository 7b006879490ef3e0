package org.tornadomor.template;

import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Collections;
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

/** What Python says of all values: truth, equality, order, length, items. */
final class Values {
    private Values() {}

    /** Python's name of a value's type, for messages. */
    static String type(Object value) {
        return switch (value) {
            case null -> "NoneType";
            case String text -> "str";
            case Boolean flag -> "bool";
            case Double number -> "float";
            case Number number -> "int";
            case List<?> list -> "list";
            case Map<?, ?> map -> "dict";
            case Tuple tuple -> "tuple";
            case Generator items -> "generator";
            case Range range -> "range";
            case View view -> "dict_" + PyText.lower(view.kind().name());
            case Namespace space -> "Namespace";
            case Markup markup -> "Markup";
            case Undefined missing -> "Undefined";
            case Callable callable -> callable.described();
            default -> throw new IllegalStateException("no value: " + value.getClass());
        };
    }

    /** Whether a condition of it holds. */
    static boolean truth(Object value) {
        return switch (value) {
            case null -> false;
            case Boolean flag -> flag;
            case String text -> !text.isEmpty();
            case Markup markup -> !markup.text().isEmpty();
            case Double number -> number != 0;
            case Long number -> number != 0;
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            case Tuple tuple -> !tuple.items().isEmpty();
            case Range range -> range.size() > 0;
            case View view -> !view.map().isEmpty();
            case Loop loop -> loop.length() > 0;
            case Undefined missing -> {
                missing.look();
                yield false;
            }
            default -> true;
        };
    }

    /** Text, escaped or not, or null if it is none. */
    static String string(Object value) {
        return value instanceof Markup markup ? markup.text() : value instanceof String text ? text : null;
    }

    /** As {@code ==}. */
    static boolean equal(Object left, Object right, Budget budget) {
        budget.spend(1);
        if (left instanceof Undefined a) {
            a.look();
            return right instanceof Undefined;
        }
        if (right instanceof Undefined b) {
            b.look();
            return false;
        }
        if (left == right) {
            return !(left instanceof Double number && number.isNaN());
        }
        Number a = Numbers.of(left);
        Number b = Numbers.of(right);
        if (a != null && b != null) {
            return Numbers.compare(a, b) == 0;
        }
        String text = string(left);
        if (text != null) {
            budget.read(text.length());
            return text.equals(string(right));
        }
        return switch (left) {
            case List<?> list -> right instanceof List<?> other && equalItems(list, other, budget);
            case Tuple tuple -> right instanceof Tuple other && equalItems(tuple.items(), other.items(), budget);
            case Map<?, ?> map -> right instanceof Map<?, ?> other && equalMaps(map, other, budget);
            case Range range ->
                right instanceof Range other
                        && range.size() == other.size()
                        && (range.size() == 0
                                || range.start() == other.start()
                                        && (range.size() == 1 || range.step() == other.step()));
            case View view
            when view.kind() != View.Kind.VALUES && right instanceof View ->
                throw Fault.value("comparing " + type(left) + " is not supported; put |list behind it");
            case null, default -> false;
        };
    }

    private static boolean equalItems(List<?> left, List<?> right, Budget budget) {
        if (left.size() != right.size()) {
            return false;
        }
        for (int i = 0; i < left.size(); i++) {
            if (!sameOrEqual(left.get(i), right.get(i), budget)) {
                return false;
            }
        }
        return true;
    }

    private static boolean equalMaps(Map<?, ?> left, Map<?, ?> right, Budget budget) {
        if (left.size() != right.size()) {
            return false;
        }
        for (Map.Entry<?, ?> entry : left.entrySet()) {
            Map.Entry<?, ?> other = find(right, entry.getKey(), budget);
            if (other == null || !sameOrEqual(entry.getValue(), other.getValue(), budget)) {
                return false;
            }
        }
        return true;
    }

    /** Equal as an item: what is the same object is equal to itself there, NaN included. */
    static boolean sameOrEqual(Object left, Object right, Budget budget) {
        return left == right && !(left instanceof Undefined) || equal(left, right, budget);
    }

    /** The entry of a key, where 1, 1.0 and true are the same key; null if there is none. */
    static Map.Entry<?, ?> find(Map<?, ?> map, Object key, Budget budget) {
        Object plain = key instanceof Markup markup ? markup.text() : key;
        if (plain instanceof String text) {
            budget.read(text.length());
            return map.containsKey(plain) ? new AbstractMap.SimpleEntry<>(plain, map.get(plain)) : null;
        }
        hashable(plain, budget);
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (!(entry.getKey() instanceof String) && sameOrEqual(entry.getKey(), plain, budget)) {
                return entry;
            }
        }
        return null;
    }

    /** Puts an entry as Python does: of two equal keys the first one stays. */
    static void put(Map<Object, Object> map, Object key, Object value, Budget budget) {
        Object plain = key instanceof Markup markup ? markup.text() : key;
        budget.readText(plain);
        Map.Entry<?, ?> known = plain instanceof String ? null : find(map, plain, budget);
        map.put(known == null ? plain : known.getKey(), value);
    }

    /** Fails for what cannot be a key. */
    static void hashable(Object value, Budget budget) {
        budget.spend(1);
        switch (value) {
            case List<?> list -> throw unhashable(value);
            case Map<?, ?> map -> throw unhashable(value);
            case Undefined missing -> missing.look();
            case Tuple tuple -> tuple.items().forEach(item -> hashable(item, budget));
            case null, default -> {
                // Everything else has a hash.
            }
        }
    }

    private static Fault unhashable(Object value) {
        return Fault.value("unhashable type: '" + type(value) + "'");
    }

    /** Less than 0, 0 or more, as {@code <} and {@code ==} say; 2 if neither holds, as of NaN. */
    static int compare(Object left, Object right, String sign, Budget budget) {
        budget.spend(1);
        for (Object side : new Object[] {left, right}) {
            if (side instanceof Undefined missing) {
                throw missing.fault();
            }
        }
        Number a = Numbers.of(left);
        Number b = Numbers.of(right);
        if (a != null && b != null) {
            return Numbers.compare(a, b);
        }
        String text = string(left);
        String other = string(right);
        if (text != null && other != null) {
            budget.read(Math.min(text.length(), other.length()));
            return compareText(text, other);
        }
        if (left instanceof List<?> one && right instanceof List<?> two) {
            return compareItems(one, two, sign, budget);
        }
        if (left instanceof Tuple one && right instanceof Tuple two) {
            return compareItems(one.items(), two.items(), sign, budget);
        }
        throw Fault.value(
                "'" + sign + "' not supported between instances of '" + type(left) + "' and '" + type(right) + "'");
    }

    /** By code points, where Java's own order is that of UTF-16. */
    private static int compareText(String left, String right) {
        int common = Math.min(left.length(), right.length());
        for (int i = 0; i < common; i++) {
            char a = left.charAt(i);
            char b = right.charAt(i);
            if (a != b) {
                boolean same = Character.isSurrogate(a) == Character.isSurrogate(b);
                return (same ? a < b : Character.isSurrogate(b)) ? -1 : 1;
            }
        }
        return Integer.compare(left.length(), right.length());
    }

    private static int compareItems(List<?> left, List<?> right, String sign, Budget budget) {
        int common = Math.min(left.size(), right.size());
        for (int i = 0; i < common; i++) {
            if (!sameOrEqual(left.get(i), right.get(i), budget)) {
                return compare(left.get(i), right.get(i), sign, budget);
            }
        }
        return Integer.compare(left.size(), right.size());
    }

    /** As {@code in}. */
    static boolean contains(Object container, Object value, Budget budget) {
        String text = string(container);
        if (text != null) {
            String part = string(value);
            if (part == null) {
                throw value instanceof Undefined missing && missing.strict()
                        ? missing.fault()
                        : Fault.value("'in <string>' requires string as left operand, not " + type(value));
            }
            budget.read(text.length());
            return TextSearch.first(text, part, 0) >= 0;
        }
        if (container instanceof Map<?, ?> map) {
            return find(map, value, budget) != null;
        }
        if (container instanceof View view && view.kind() == View.Kind.KEYS) {
            return find(view.map(), value, budget) != null;
        }
        if (container instanceof Range range && Numbers.whole(value) instanceof Long number) {
            return range.size() > 0
                    && (range.step() > 0
                            ? number >= range.start() && number < range.stop()
                            : number <= range.start() && number > range.stop())
                    && (number - range.start()) % range.step() == 0;
        }
        for (Iterator<?> items = iterator(container); items.hasNext(); ) {
            if (sameOrEqual(items.next(), value, budget)) {
                return true;
            }
        }
        return false;
    }

    /** As {@code len}, or -1 if it has none. */
    static long lengthOrNone(Object value) {
        return switch (value) {
            case String text -> PyText.length(text);
            case Markup markup -> PyText.length(markup.text());
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case Tuple tuple -> tuple.items().size();
            case Range range -> range.size();
            case View view -> view.map().size();
            case Loop loop -> loop.length();
            case Undefined missing -> {
                missing.look();
                yield 0;
            }
            case null, default -> -1;
        };
    }

    static long length(Object value) {
        long length = lengthOrNone(value);
        if (length < 0) {
            throw Fault.value("object of type '" + type(value) + "' has no len()");
        }
        return length;
    }

    /** Its items one after the other, or null if it has none. */
    static Iterator<?> iteratorOrNone(Object value) {
        return switch (value) {
            case String text -> PyText.characters(text);
            case Markup markup -> PyText.characters(markup.text());
            case List<?> list -> list.iterator();
            case Map<?, ?> map -> map.keySet().iterator();
            case Tuple tuple -> tuple.items().iterator();
            case Range range -> range.iterator();
            case View view -> view.iterator();
            case Generator items -> items;
            case Undefined missing -> {
                missing.look();
                yield Collections.emptyIterator();
            }
            case null, default -> null;
        };
    }

    static Iterator<?> iterator(Object value) {
        Iterator<?> items = iteratorOrNone(value);
        if (items == null) {
            throw Fault.value("'" + type(value) + "' object is not iterable");
        }
        return items;
    }

    /** All its items. */
    static List<Object> list(Object value, Budget budget) {
        List<Object> all = new ArrayList<>();
        for (Iterator<?> items = iterator(value); items.hasNext(); ) {
            budget.items(1);
            all.add(items.next());
        }
        budget.items(all.size());
        return all;
    }

    /** What stands for a value in a set: the same for equal ones. */
    static Object key(Object value, Budget budget) {
        hashable(value, budget);
        budget.readText(value);
        return switch (value) {
            case Boolean flag -> flag ? 1L : 0L;
            case Double number when number == Math.rint(number) && Math.abs(number) < 1e18 -> number.longValue();
            case Markup markup -> markup.text();
            case Tuple tuple ->
                tuple.items().stream().map(item -> key(item, budget)).toList();
            case Undefined missing -> Undefined.class;
            case null, default -> value;
        };
    }
}
