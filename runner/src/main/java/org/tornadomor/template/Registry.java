package org.tornadomor.template;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Filters, tests, functions or the methods of a type, by name, and the names that Python has and this interpreter does not. */
final class Registry {
    private final String kind;
    private final boolean readsText;
    private final Map<String, Builtin> entries = new HashMap<>();
    private final Set<String> refused = new HashSet<>();

    /** @param kind what the entries are, for messages, as in "filter" */
    Registry(String kind) {
        this(kind, false);
    }

    private Registry(String kind, boolean readsText) {
        this.kind = kind;
        this.readsText = readsText;
    }

    /** A registry of entries that may read all of their input and arguments: text among these costs the steps of reading it. */
    static Registry ofReaders(String kind) {
        return new Registry(kind, true);
    }

    /** What an entry computes of its input and its arguments. */
    @FunctionalInterface
    interface Body {
        Object apply(Evaluator run, Object input, Bound arguments);
    }

    /**
     * An entry.
     *
     * @param parameters names; with ? behind them where they may be missing; {@code *} takes all arguments
     * @param readsText whether it takes the steps of reading text that it gets
     */
    record Builtin(String name, List<String> parameters, int required, boolean any, boolean readsText, Body body) {
        Object apply(Evaluator run, Object input, Arguments arguments) {
            if (readsText) {
                run.budget().readText(input);
                arguments.positional().forEach(run.budget()::readText);
                arguments.named().values().forEach(run.budget()::readText);
            }
            return body.apply(run, input, Bound.bind(this, arguments));
        }
    }

    /** Adds an entry; its parameters are separated by blanks. */
    Registry add(String name, String parameters, Body body) {
        List<String> all = parameters.isEmpty() ? List.of() : List.of(parameters.split(" "));
        int required = (int)
                all.stream().filter(p -> !p.endsWith("?") && !p.equals("*")).count();
        List<String> names = all.stream()
                .filter(p -> !p.equals("*"))
                .map(p -> p.replace("?", ""))
                .toList();
        entries.put(name, new Builtin(name, names, required, all.contains("*"), readsText, body));
        return this;
    }

    /** Another name of an entry. */
    Registry alias(String alias, String name) {
        entries.put(alias, entries.get(name));
        return this;
    }

    /** Names that exist in Python; using them is an error that says so. */
    Registry refuse(String... names) {
        refused.addAll(List.of(names));
        return this;
    }

    boolean has(String name) {
        return entries.containsKey(name);
    }

    boolean refuses(String name) {
        return refused.contains(name);
    }

    /** What to say of a name that is not here. */
    String unknown(String name) {
        return refused.contains(name)
                ? "the " + kind + " '" + name + "' is not supported"
                : "there is no " + kind + " named '" + name + "'";
    }

    Builtin get(String name) {
        Builtin entry = entries.get(name);
        if (entry == null) {
            throw Fault.value(unknown(name));
        }
        return entry;
    }
}
