package org.tornadomor.template;

import java.util.List;
import java.util.Map;
import org.tornadomor.template.Special.Tuple;
import org.tornadomor.template.Special.View;

/** The methods of lists, tuples and maps. Those that change them are refused, as in Jinja's immutable sandbox. */
final class ContainerMethods {
    Registry list() {
        return new Registry("method of list")
                .add("index", "value start? stop?", (run, in, a) -> index(run, (List<?>) in, a, "list"))
                .add("count", "value", (run, in, a) -> count(run, (List<?>) in, a))
                .add("copy", "", (run, in, a) -> in);
    }

    Registry tuple() {
        return new Registry("method of tuple")
                .add("index", "value start? stop?", (run, in, a) -> index(run, ((Tuple) in).items(), a, "tuple"))
                .add("count", "value", (run, in, a) -> count(run, ((Tuple) in).items(), a));
    }

    Registry map() {
        return new Registry("method of dict")
                .add("get", "key default?", (run, in, a) -> {
                    Map.Entry<?, ?> entry = Values.find((Map<?, ?>) in, a.get(0), run.budget());
                    return entry == null ? a.get(1) : entry.getValue();
                })
                .add("items", "", (run, in, a) -> new View(View.Kind.ITEMS, (Map<?, ?>) in))
                .add("keys", "", (run, in, a) -> new View(View.Kind.KEYS, (Map<?, ?>) in))
                .add("values", "", (run, in, a) -> new View(View.Kind.VALUES, (Map<?, ?>) in))
                .add("copy", "", (run, in, a) -> in)
                .refuse("fromkeys");
    }

    private static Object index(Evaluator run, List<?> items, Bound a, String type) {
        long start = clamp(a.whole(1, 0), items.size());
        long stop = clamp(a.whole(2, items.size()), items.size());
        for (long i = start; i < stop; i++) {
            if (Values.sameOrEqual(items.get((int) i), a.get(0), run.budget())) {
                return i;
            }
        }
        throw Fault.value(Repr.quoted(a.get(0), run.budget()) + " is not in " + type);
    }

    private static long clamp(long index, int size) {
        return Math.clamp(index < 0 ? index + size : index, 0, size);
    }

    private static Object count(Evaluator run, List<?> items, Bound a) {
        return items.stream()
                .filter(item -> Values.sameOrEqual(item, a.get(0), run.budget()))
                .count();
    }
}
