package org.tornadomor.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadomor.template.Special.Markup;
import org.tornadomor.template.Special.Namespace;
import org.tornadomor.template.Special.Range;
import org.tornadomor.template.Special.Tuple;
import org.tornadomor.template.Special.Undefined;
import org.tornadomor.template.TemplateOptions.Dialect;

/** What {@code value.name}, {@code value[key]} and {@code value[from:to]} give. */
final class Access {
    private static final Set<String> LIST_CHANGES =
            Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");
    private static final Set<String> MAP_CHANGES = Set.of("clear", "pop", "popitem", "setdefault", "update");
    private static final Registry NO_METHODS = new Registry("attribute");
    private static final Object NOTHING = new Object();

    private final Evaluator run;

    Access(Evaluator run) {
        this.run = run;
    }

    /** A method if there is one of that name, else an item. */
    Object attribute(Object value, String name) {
        Object found = member(value, name);
        if (found != NOTHING) {
            return found;
        }
        if (value instanceof Map<?, ?> map && Values.find(map, name, run.budget()) instanceof Map.Entry<?, ?> entry) {
            return entry.getValue();
        }
        return none(value, name);
    }

    /** An item if there is one, else a method. */
    Object item(Object value, Object key) {
        Object found = element(value, key);
        if (found != NOTHING) {
            return found;
        }
        String name = Values.string(key);
        Object member = name == null ? NOTHING : member(value, name);
        return member == NOTHING ? none(value, key) : member;
    }

    private Undefined none(Object value, Object key) {
        String what = Values.type(value);
        String shown = Values.string(key) == null ? Values.type(key) : Values.string(key);
        return run.undefined(
                key instanceof Long index
                        ? "'" + what + "' object has no element " + index
                        : "'" + what + "' object has no attribute '" + shown + "'");
    }

    /** What Python finds with {@code getattr}. */
    private Object member(Object value, String name) {
        Builtins all = run.builtins();
        return switch (value) {
            case Undefined missing -> throw missing.fault();
            case String text -> method(all.text(), value, name, Set.of());
            case List<?> list -> method(all.list(), value, name, LIST_CHANGES);
            case Map<?, ?> map -> method(all.map(), value, name, MAP_CHANGES);
            case Tuple tuple
            when tuple.group() && (name.equals("grouper") || name.equals("list")) ->
                tuple.items().get(name.equals("list") ? 1 : 0);
            case Tuple tuple -> method(all.tuple(), value, name, Set.of());
            case Namespace space ->
                space.attributes().containsKey(name) ? space.attributes().get(name) : NOTHING;
            case Loop loop -> loop.attribute(name, NOTHING);
            case Boolean flag -> method(all.whole(), value, name, Set.of());
            case Double number -> method(all.real(), value, name, Set.of());
            case Number number -> method(all.whole(), value, name, Set.of());
            case Markup markup ->
                throw Fault.value("methods of escaped text are not supported; move the escaping to the end");
            case Macro macro when name.equals("name") -> macro.name();
            case null, default -> {
                if (value instanceof Special && !(value instanceof Range)) {
                    throw Fault.value("attributes of a " + Values.type(value) + " are not supported");
                }
                yield method(NO_METHODS, value, name, Set.of());
            }
        };
    }

    private Object method(Registry methods, Object value, String name, Set<String> changes) {
        if (methods.has(name)) {
            return new Method(run, value, methods.get(name));
        }
        if (methods.refuses(name)) {
            throw Fault.value(methods.unknown(name));
        }
        if (changes.contains(name) && run.dialect() == Dialect.HARNESS) {
            throw Fault.value(
                    "the method '" + name + "' of " + Values.type(value) + " is not supported: values never change");
        }
        boolean internal = name.length() > 4 && name.startsWith("__") && name.endsWith("__");
        if (internal || changes.contains(name)) {
            // As in Jinja's immutable sandbox: looking is allowed, using is not.
            return run.undefined(
                    "access to attribute '" + name + "' of '" + Values.type(value) + "' object is unsafe.");
        }
        return NOTHING;
    }

    /** What Python finds with {@code value[key]}. */
    private Object element(Object value, Object key) {
        if (value instanceof Undefined missing) {
            throw missing.fault();
        }
        if (value instanceof Map<?, ?> map) {
            if (key instanceof List || key instanceof Map) {
                return NOTHING;
            }
            Map.Entry<?, ?> entry = Values.find(map, key, run.budget());
            return entry == null ? NOTHING : entry.getValue();
        }
        Long index = Numbers.whole(key);
        if (index != null) {
            run.budget().readText(value);
        }
        long size = index == null || !isSequence(value) ? 0 : Values.length(value);
        long at = index == null ? -1 : index < 0 ? index + size : index;
        return at < 0 || at >= size ? NOTHING : element(value, at);
    }

    private static boolean isSequence(Object value) {
        return value instanceof List
                || value instanceof Tuple
                || value instanceof Range
                || Values.string(value) != null;
    }

    private static Object element(Object value, long at) {
        int index = (int) at;
        return switch (value) {
            case List<?> list -> list.get(index);
            case Tuple tuple -> tuple.items().get(index);
            case Range range -> range.get(at);
            case Markup markup -> new Markup(PyText.between(markup.text(), index, index + 1));
            default -> PyText.between((String) value, index, index + 1);
        };
    }

    /** What Python gives for {@code value[start:stop:step]}; null stands for a part that is missing. */
    Object slice(Object value, Object start, Object stop, Object step) {
        if (value instanceof Undefined missing) {
            throw missing.fault();
        }
        if (!isSequence(value)) {
            throw Fault.value(
                    value instanceof Map
                            ? "unhashable type: 'slice'"
                            : "'" + Values.type(value) + "' object is not subscriptable");
        }
        long stride = step == null ? 1 : bound(step);
        if (stride == 0) {
            throw Fault.value("slice step cannot be zero");
        }
        run.budget().readText(value);
        long size = Values.length(value);
        long low = stride > 0 ? 0 : -1;
        long high = stride > 0 ? size : size - 1;
        long from = start == null ? (stride > 0 ? low : high) : clamp(bound(start), size, low, high);
        long to = stop == null ? (stride > 0 ? high : low) : clamp(bound(stop), size, low, high);
        Range indices = new Range(from, to, stride);
        run.budget().items(indices.size());
        return switch (value) {
            case List<?> list -> picked(list, indices);
            case Tuple tuple -> new Tuple(picked(tuple.items(), indices), false);
            case Range range ->
                new Range(
                        range.start() + from * range.step(), range.start() + to * range.step(), range.step() * stride);
            case Markup markup -> new Markup(picked(markup.text(), indices));
            default -> picked((String) value, indices);
        };
    }

    private static long bound(Object value) {
        Long number = value instanceof Undefined ? null : Numbers.whole(value);
        if (number == null) {
            throw Fault.value("slice indices must be integers or None");
        }
        // Beyond any length, and no sum of such numbers overflows.
        return Math.clamp(number, -(1L << 40), 1L << 40);
    }

    private static long clamp(long index, long size, long low, long high) {
        return Math.clamp(index < 0 ? index + size : index, low, high);
    }

    private static List<Object> picked(List<?> list, Range indices) {
        List<Object> result = new ArrayList<>();
        for (long i = 0; i < indices.size(); i++) {
            result.add(list.get((int) (indices.start() + i * indices.step())));
        }
        return result;
    }

    private static String picked(String text, Range indices) {
        if (indices.size() == 0) {
            return "";
        }
        if (indices.step() == 1) {
            return PyText.between(text, (int) indices.start(), (int) indices.stop());
        }
        int[] points = text.codePoints().toArray();
        StringBuilder out = new StringBuilder();
        for (long i = 0; i < indices.size(); i++) {
            out.appendCodePoint(points[(int) (indices.start() + i * indices.step())]);
        }
        return out.toString();
    }
}
