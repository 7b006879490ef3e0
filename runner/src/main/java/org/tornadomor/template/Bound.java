package org.tornadomor.template;

import java.util.Arrays;
import java.util.Map;
import org.tornadomor.template.Special.Undefined;

/** The arguments of a filter, test, method or function, each at the place of its parameter. */
final class Bound {
    private static final Object ABSENT = new Object();

    private final Registry.Builtin builtin;
    private final Object[] values;
    private final Arguments all;

    private Bound(Registry.Builtin builtin, Object[] values, Arguments all) {
        this.builtin = builtin;
        this.values = values;
        this.all = all;
    }

    static Bound bind(Registry.Builtin builtin, Arguments arguments) {
        int count = builtin.parameters().size();
        Object[] values = new Object[count];
        Arrays.fill(values, ABSENT);
        int given = arguments.positional().size();
        if (given > count && !builtin.any()) {
            throw Fault.value(builtin.name() + " takes at most " + count + " argument(s), " + given + " given");
        }
        for (int i = 0; i < Math.min(given, count); i++) {
            values[i] = arguments.positional().get(i);
        }
        for (Map.Entry<String, Object> named : arguments.named().entrySet()) {
            int at = builtin.parameters().indexOf(named.getKey());
            if (at < 0 && builtin.any()) {
                continue;
            }
            if (at < 0) {
                throw Fault.value(builtin.name() + " has no argument '" + named.getKey() + "'");
            }
            if (values[at] != ABSENT) {
                throw Fault.value(builtin.name() + " got the argument '" + named.getKey() + "' twice");
            }
            values[at] = named.getValue();
        }
        for (int i = 0; i < builtin.required(); i++) {
            if (values[i] == ABSENT) {
                throw Fault.value(builtin.name() + " misses the argument '"
                        + builtin.parameters().get(i) + "'");
            }
        }
        return new Bound(builtin, values, arguments);
    }

    /** All arguments as they were passed. */
    Arguments all() {
        return all;
    }

    boolean given(int index) {
        return values[index] != ABSENT;
    }

    /** A value, which is null where there is none. */
    Object get(int index) {
        return or(index, null);
    }

    Object or(int index, Object otherwise) {
        return values[index] == ABSENT ? otherwise : values[index];
    }

    /** Text, or {@code otherwise} where the argument is missing or null. */
    String text(int index, String otherwise) {
        Object value = get(index);
        if (value == null) {
            return otherwise;
        }
        String text = Values.string(value);
        if (text == null) {
            throw wrong(index, "text", value);
        }
        return text;
    }

    String text(int index) {
        String text = text(index, null);
        if (text == null) {
            throw wrong(index, "text", null);
        }
        return text;
    }

    /** A whole number, or {@code otherwise} where the argument is missing or null. */
    long whole(int index, long otherwise) {
        Object value = get(index);
        if (value == null) {
            return otherwise;
        }
        Long number = Numbers.whole(value);
        if (number == null) {
            throw wrong(index, "a whole number", value);
        }
        return number;
    }

    long whole(int index) {
        if (get(index) == null) {
            throw wrong(index, "a whole number", null);
        }
        return whole(index, 0);
    }

    boolean flag(int index) {
        return Values.truth(or(index, false));
    }

    private Fault wrong(int index, String wanted, Object value) {
        if (value instanceof Undefined missing) {
            return missing.fault();
        }
        return Fault.value("the argument '" + builtin.parameters().get(index) + "' of " + builtin.name() + " is "
                + wanted + ", not " + Values.type(value));
    }
}
