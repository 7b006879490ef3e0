package org.tornadomor.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiFunction;

/** The variable {@code loop}: where a {@code for} stands. Items are taken from their source no earlier than they are asked for. */
final class Loop implements Callable {
    private static final Object ABSENT = new Object();

    private final Evaluator run;
    private final Registry.Builtin cycle;
    private final Registry.Builtin changed;
    private final BiFunction<Object, Integer, Object> again;
    private final int depth;
    private Iterator<?> items;
    private long length;
    private long index = -1;
    private Object before = ABSENT;
    private Object current = ABSENT;
    private Object after = ABSENT;
    private List<Object> last;

    /**
     * @param length how many items there are, or -1 if nobody knows yet
     * @param again renders the body with other items, one level deeper; null if the loop is not recursive
     */
    Loop(Evaluator run, Iterator<?> items, long length, int depth, BiFunction<Object, Integer, Object> again) {
        this.run = run;
        this.items = items;
        this.length = length;
        this.depth = depth;
        this.again = again;
        Registry methods = new Registry("attribute of loop");
        methods.add("cycle", "*", (evaluator, self, a) -> cycled(a.all().positional()));
        methods.add("changed", "*", (evaluator, self, a) -> changed(a.all().positional()));
        this.cycle = methods.get("cycle");
        this.changed = methods.get("changed");
    }

    boolean hasNext() {
        return after != ABSENT || items.hasNext();
    }

    Object next() {
        before = current;
        current = peek();
        after = ABSENT;
        index++;
        return current;
    }

    /** The next item, which {@link #hasNext()} says there is. */
    private Object peek() {
        if (after == ABSENT) {
            after = items.next();
        }
        return after;
    }

    long index() {
        return index + 1;
    }

    long length() {
        if (length < 0) {
            List<Object> rest = new ArrayList<>();
            items.forEachRemaining(item -> {
                run.budget().items(1);
                rest.add(item);
            });
            items = rest.iterator();
            length = index + 1 + rest.size() + (after == ABSENT ? 0 : 1);
        }
        return length;
    }

    /** One of its attributes, or {@code nothing} if it has none of that name. */
    Object attribute(String name, Object nothing) {
        return switch (name) {
            case "index" -> index + 1;
            case "index0" -> index;
            case "length" -> length();
            case "revindex" -> length() - index;
            case "revindex0" -> length() - index - 1;
            case "first" -> index == 0;
            case "last" -> !hasNext();
            case "depth" -> depth + 1L;
            case "depth0" -> (long) depth;
            case "previtem" -> index == 0 ? run.undefined("there is no previous item") : before;
            case "nextitem" -> hasNext() ? peek() : run.undefined("there is no next item");
            case "cycle" -> new Method(run, this, cycle);
            case "changed" -> new Method(run, this, changed);
            default -> nothing;
        };
    }

    private Object cycled(List<Object> values) {
        if (values.isEmpty()) {
            throw Fault.value("no items for cycling given");
        }
        return values.get((int) (index % values.size()));
    }

    private Object changed(List<Object> values) {
        boolean same = last != null && Values.equal(last, values, run.budget());
        last = values;
        return !same;
    }

    @Override
    public Object call(Arguments arguments) {
        if (again == null) {
            throw Fault.value("The loop must have the 'recursive' marker to be called recursively.");
        }
        if (arguments.positional().size() != 1 || !arguments.named().isEmpty()) {
            throw Fault.value("loop takes one argument");
        }
        return again.apply(arguments.positional().getFirst(), depth + 1);
    }

    @Override
    public String described() {
        return "loop";
    }
}
