package org.tornadomor.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.function.Predicate;
import org.tornadomor.template.Special.Generator;

/** The filters that go through items with another filter, a test or an attribute: map, select, reject and their kin. */
final class SelectionFilters {
    private SelectionFilters() {}

    static void addTo(Registry r) {
        r.add("map", "*", (run, in, a) -> new Generator(() -> mapped(run, in, a.all())));
        select(r, "select", false, true);
        select(r, "reject", false, false);
        select(r, "selectattr", true, true);
        select(r, "rejectattr", true, false);
    }

    private static void select(Registry r, String name, boolean attribute, boolean wanted) {
        r.add(
                name,
                "*",
                (run, in, a) -> new Generator(() -> {
                    if (!Values.truth(in)) {
                        return Collections.emptyIterator();
                    }
                    Predicate<Object> test = test(run, name, attribute, a.all());
                    return filtered(Values.iterator(in), item -> test.test(item) == wanted, run);
                }));
    }

    private static Iterator<?> mapped(Evaluator run, Object in, Arguments all) {
        if (!Values.truth(in)) {
            return Collections.emptyIterator();
        }
        Function<Object, Object> change = change(run, all);
        Iterator<?> items = Values.iterator(in);
        return new Iterator<Object>() {
            @Override
            public boolean hasNext() {
                return items.hasNext();
            }

            @Override
            public Object next() {
                run.budget().spend(1);
                return change.apply(items.next());
            }
        };
    }

    private static Function<Object, Object> change(Evaluator run, Arguments all) {
        List<Object> positional = all.positional();
        if (positional.isEmpty() && all.named().containsKey("attribute")) {
            Map<String, Object> named = new LinkedHashMap<>(all.named());
            Object attribute = named.remove("attribute");
            Object otherwise = named.remove("default");
            if (!named.isEmpty()) {
                throw Fault.value("Unexpected keyword argument '"
                        + named.keySet().iterator().next() + "'");
            }
            return run.getter(attribute, false, otherwise);
        }
        if (positional.isEmpty()) {
            throw Fault.value("map requires a filter argument");
        }
        Registry.Builtin filter = run.builtins().filters().get(Repr.text(positional.getFirst(), run.budget()));
        Arguments rest = new Arguments(positional.subList(1, positional.size()), all.named());
        return item -> filter.apply(run, item, rest);
    }

    private static Predicate<Object> test(Evaluator run, String name, boolean attribute, Arguments all) {
        List<Object> positional = new ArrayList<>(all.positional());
        if (attribute && positional.isEmpty()) {
            throw Fault.value(name + " misses the name of an attribute");
        }
        Function<Object, Object> getter =
                attribute ? run.getter(positional.removeFirst(), false, null) : Function.identity();
        if (positional.isEmpty()) {
            return item -> Values.truth(getter.apply(item));
        }
        Registry.Builtin test = run.builtins().tests().get(Repr.text(positional.removeFirst(), run.budget()));
        Arguments rest = new Arguments(positional, all.named());
        return item -> Values.truth(test.apply(run, getter.apply(item), rest));
    }

    /** The items that a condition holds of, looked for when they are asked for. */
    static Iterator<?> filtered(Iterator<?> items, Predicate<Object> condition, Evaluator run) {
        return new Iterator<Object>() {
            private boolean found;
            private Object next;

            @Override
            public boolean hasNext() {
                while (!found && items.hasNext()) {
                    run.budget().spend(1);
                    next = items.next();
                    found = condition.test(next);
                }
                return found;
            }

            @Override
            public Object next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                found = false;
                return next;
            }
        };
    }
}
