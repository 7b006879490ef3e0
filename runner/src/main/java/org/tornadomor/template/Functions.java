package org.tornadomor.template;

import java.time.LocalDateTime;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.template.Special.Namespace;
import org.tornadomor.template.Special.Range;
import org.tornadomor.template.Special.Undefined;
import org.tornadomor.template.TemplateOptions.Dialect;

/** The functions that every template has. */
final class Functions {
    private Functions() {}

    static void addTo(Registry r, Dialect dialect) {
        r.add("range", "start stop? step?", (run, in, a) -> range(run, a));
        r.add("dict", "*", (run, in, a) -> map(run, a.all()));
        r.add("namespace", "*", (run, in, a) -> new Namespace(map(run, a.all())));
        if (dialect == Dialect.CHAT) {
            r.add("raise_exception", "message", (run, in, a) -> {
                throw Fault.raised(Repr.text(a.get(0), run.budget()));
            });
            r.add(
                    "strftime_now",
                    "format",
                    (run, in, a) -> run.budget().made(Strftime.format(LocalDateTime.now(run.clock()), a.text(0))));
        }
        r.refuse("cycler", "joiner", "lipsum", "self", "super");
    }

    private static Object range(Evaluator run, Bound a) {
        boolean single = !a.given(1);
        long step = a.given(2) ? a.whole(2) : 1;
        if (step == 0) {
            throw Fault.value("range() arg 3 must not be zero");
        }
        Range range = new Range(single ? 0 : a.whole(0), single ? a.whole(0) : a.whole(1), step);
        // A count that does not fit is negative here.
        run.budget().range(range.size() < 0 ? Long.MAX_VALUE : range.size());
        return range;
    }

    private static Map<Object, Object> map(Evaluator run, Arguments arguments) {
        Map<Object, Object> map = new LinkedHashMap<>();
        List<Object> positional = arguments.positional();
        if (positional.size() > 1) {
            throw Fault.value("dict expected at most 1 argument, got " + positional.size());
        }
        if (!positional.isEmpty()) {
            fill(run, map, positional.getFirst());
        }
        map.putAll(arguments.named());
        run.budget().items(map.size());
        return map;
    }

    private static void fill(Evaluator run, Map<Object, Object> map, Object source) {
        if (source instanceof Undefined missing) {
            throw missing.fault();
        }
        if (source instanceof Map<?, ?> other) {
            map.putAll(other);
            return;
        }
        for (Iterator<?> items = Values.iterator(source); items.hasNext(); ) {
            List<Object> pair = Values.list(items.next(), run.budget());
            if (pair.size() != 2) {
                throw Fault.value("dict: each item is a pair, but one has " + pair.size() + " items");
            }
            Values.put(map, pair.get(0), pair.get(1), run.budget());
        }
    }
}
