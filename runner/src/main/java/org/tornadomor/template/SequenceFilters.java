package org.tornadomor.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.tornadomor.template.Expr.Operator;
import org.tornadomor.template.Special.Generator;
import org.tornadomor.template.Special.Tuple;
import org.tornadomor.template.Special.Undefined;
import org.tornadomor.template.Special.View;

/** The filters of lists and maps that look at items, order them or put them together. */
final class SequenceFilters {
    private SequenceFilters() {}

    static void addTo(Registry r) {
        ends(r);
        orders(r);
        r.add("length", "", (run, in, a) -> Values.length(in));
        r.alias("count", "length");
        r.add("list", "", (run, in, a) -> Values.list(in, run.budget()));
        r.add(
                "items",
                "",
                (run, in, a) -> new Generator(() -> switch (in) {
                    case Undefined missing -> List.of().iterator();
                    case Map<?, ?> map -> new View(View.Kind.ITEMS, map).iterator();
                    case null, default -> throw Fault.value("Can only get item pairs from a mapping.");
                }));
        r.add(
                "default",
                "default_value? boolean?",
                (run, in, a) -> in instanceof Undefined || a.flag(1) && !Values.truth(in) ? a.or(0, "") : in);
        r.alias("d", "default");
        r.add("join", "d? attribute?", SequenceFilters::join);
        r.add("sum", "attribute? start?", SequenceFilters::sum);
        r.add(
                "batch",
                "linecount fill_with?",
                (run, in, a) -> new Generator(() -> batches(run, Values.iterator(in), a)));
        r.add("slice", "slices fill_with?", (run, in, a) -> new Generator(() -> slices(run, in, a)));
    }

    private static void ends(Registry r) {
        r.add("first", "", (run, in, a) -> {
            Iterator<?> items = Values.iterator(in);
            return items.hasNext() ? items.next() : run.undefined("No first item, sequence was empty.");
        });
        r.add("last", "", (run, in, a) -> {
            if (Values.string(in) instanceof String text && !text.isEmpty()) {
                return Character.toString(text.codePointBefore(text.length()));
            }
            List<Object> items = in instanceof Undefined ? List.of() : reversible(run, in);
            return items.isEmpty() ? run.undefined("No last item, sequence was empty.") : items.getLast();
        });
        r.add("reverse", "", (run, in, a) -> {
            if (Values.string(in) instanceof String text) {
                return PyText.reversed(text);
            }
            if (in instanceof Undefined missing) {
                missing.look();
            }
            List<Object> items = Values.list(in, run.budget());
            return new Generator(() -> items.reversed().iterator());
        });
    }

    private static List<Object> reversible(Evaluator run, Object value) {
        if (value instanceof Generator) {
            throw Fault.value("'generator' object is not reversible; put |list before it");
        }
        return Values.list(value, run.budget());
    }

    private static Object join(Evaluator run, Object in, Bound a) {
        Function<Object, Object> attribute = run.getter(a.get(1), false, null);
        String separator = Repr.text(a.or(0, ""), run.budget());
        StringBuilder out = new StringBuilder();
        Iterator<?> items = Values.iterator(in);
        for (boolean first = true; items.hasNext(); first = false) {
            out.append(first ? "" : separator).append(Repr.text(attribute.apply(items.next()), run.budget()));
            run.budget().spend(1);
            run.budget().fits(out.length());
        }
        return run.budget().made(out.toString());
    }

    private static Object sum(Evaluator run, Object in, Bound a) {
        Function<Object, Object> attribute = run.getter(a.get(0), false, null);
        Object sum = a.or(1, 0L);
        if (Values.string(sum) != null) {
            throw Fault.value("sum() can't sum strings; use |join");
        }
        for (Iterator<?> items = Values.iterator(in); items.hasNext(); ) {
            run.budget().spend(1);
            sum = run.arithmetic().apply(Operator.ADD, sum, attribute.apply(items.next()));
        }
        return sum;
    }

    private static Iterator<Object> batches(Evaluator run, Iterator<?> items, Bound a) {
        long size = a.whole(0);
        return new Iterator<>() {
            private boolean begun;

            @Override
            public boolean hasNext() {
                return items.hasNext();
            }

            @Override
            public Object next() {
                List<Object> batch = new ArrayList<>();
                if (size == 0 && !begun) {
                    // As in Jinja: with a size of 0 the first batch is full while still empty, and no later batch is
                    // ever full.
                    begun = true;
                    return batch;
                }
                do {
                    run.budget().spend(1);
                    batch.add(items.next());
                } while (items.hasNext() && batch.size() != size);
                if (a.get(1) != null && batch.size() < size) {
                    run.budget().items(size);
                    while (batch.size() < size) {
                        batch.add(a.get(1));
                    }
                }
                return batch;
            }
        };
    }

    private static Iterator<Object> slices(Evaluator run, Object in, Bound a) {
        List<Object> all = Values.list(in, run.budget());
        long count = a.whole(0);
        if (count == 0) {
            throw Fault.value("division by zero");
        }
        run.budget().items(count);
        List<Object> slices = new ArrayList<>();
        int from = 0;
        for (long i = 0; i < count; i++) {
            boolean longer = i < Math.floorMod(all.size(), count);
            int to = from + (int) (all.size() / count) + (longer ? 1 : 0);
            List<Object> slice = new ArrayList<>(all.subList(from, to));
            if (a.get(1) != null && !longer) {
                slice.add(a.get(1));
            }
            slices.add(slice);
            from = to;
        }
        return slices.iterator();
    }

    private static void orders(Registry r) {
        r.add("sort", "reverse? case_sensitive? attribute?", (run, in, a) -> {
            Object by = a.get(2);
            List<Function<Object, Object>> getters = new ArrayList<>();
            for (Object part : by instanceof String text ? PyText.split(text, ",", -1) : Arrays.asList(by)) {
                getters.add(run.getter(part, !a.flag(1), null));
            }
            List<Object> items = Values.list(in, run.budget());
            return sorted(run, items, a.flag(0), item -> {
                List<Object> key = new ArrayList<>();
                getters.forEach(getter -> key.add(getter.apply(item)));
                return key;
            });
        });
        r.add("dictsort", "case_sensitive? by? reverse?", SequenceFilters::sortedMap);
        r.add("groupby", "attribute default? case_sensitive?", SequenceFilters::groups);
        r.add("unique", "case_sensitive? attribute?", (run, in, a) -> {
            Function<Object, Object> getter = run.getter(a.get(1), !a.flag(0), null);
            return new Generator(() -> {
                Set<Object> seen = new HashSet<>();
                return SelectionFilters.filtered(
                        Values.iterator(in), item -> seen.add(Values.key(getter.apply(item), run.budget())), run);
            });
        });
        r.add("min", "case_sensitive? attribute?", (run, in, a) -> extreme(run, in, a, "<"));
        r.add("max", "case_sensitive? attribute?", (run, in, a) -> extreme(run, in, a, ">"));
    }

    private static List<Object> sorted(
            Evaluator run, List<Object> items, boolean reverse, Function<Object, Object> key) {
        record Keyed(Object key, Object item) {}
        List<Keyed> all = new ArrayList<>();
        items.forEach(item -> all.add(new Keyed(key.apply(item), item)));
        Comparator<Keyed> order = (a, b) -> {
            int compared = Values.compare(a.key(), b.key(), "<", run.budget());
            if (compared == 2) {
                throw Fault.value("nan has no place in an order");
            }
            return compared;
        };
        all.sort(reverse ? order.reversed() : order);
        List<Object> result = new ArrayList<>();
        all.forEach(keyed -> result.add(keyed.item()));
        return result;
    }

    private static Object sortedMap(Evaluator run, Object in, Bound a) {
        if (in instanceof Undefined missing) {
            throw missing.fault();
        }
        if (!(in instanceof Map<?, ?> map)) {
            throw Fault.value("dictsort takes a dict, not " + Values.type(in));
        }
        String by = a.text(1, "key");
        if (!by.equals("key") && !by.equals("value")) {
            throw Fault.value("You can only sort by either \"key\" or \"value\"");
        }
        Function<Object, Object> fold = run.getter(null, !a.flag(0), null);
        int at = by.equals("key") ? 0 : 1;
        List<Object> items = Values.list(new View(View.Kind.ITEMS, map), run.budget());
        return sorted(
                run, items, a.flag(2), item -> fold.apply(((Tuple) item).items().get(at)));
    }

    private static Object groups(Evaluator run, Object in, Bound a) {
        boolean fold = !a.flag(2);
        Function<Object, Object> key = run.getter(a.get(0), fold, a.get(1));
        Function<Object, Object> shown = run.getter(a.get(0), false, a.get(1));
        List<Object> groups = new ArrayList<>();
        List<Object> group = null;
        Object last = null;
        for (Object item : sorted(run, Values.list(in, run.budget()), false, key)) {
            Object current = key.apply(item);
            if (group == null || !Values.sameOrEqual(last, current, run.budget())) {
                group = new ArrayList<>();
                groups.add(new Tuple(Arrays.asList(shown.apply(item), group), true));
                last = current;
            }
            group.add(item);
        }
        return groups;
    }

    /** The greatest or least item: of equal ones the first. */
    private static Object extreme(Evaluator run, Object in, Bound a, String sign) {
        Function<Object, Object> key = run.getter(a.get(1), !a.flag(0), null);
        Iterator<?> items = Values.iterator(in);
        if (!items.hasNext()) {
            return run.undefined("No aggregated item, sequence was empty.");
        }
        Object best = items.next();
        Object bestKey = key.apply(best);
        while (items.hasNext()) {
            Object item = items.next();
            Object itemKey = key.apply(item);
            int compared = Values.compare(itemKey, bestKey, sign, run.budget());
            if (compared != 2 && (sign.equals("<") ? compared < 0 : compared > 0)) {
                best = item;
                bestKey = itemKey;
            }
        }
        return best;
    }
}
