package org.tornadomor.template;

import java.util.HashMap;
import java.util.Map;

/** Variables; what is not here is looked for further out. */
final class Scope {
    private final Scope outer;
    private final Map<String, Object> variables = new HashMap<>();

    Scope(Scope outer) {
        this.outer = outer;
    }

    void set(String name, Object value) {
        variables.put(name, value);
    }

    /** The innermost variable of that name, or {@code missing}. */
    Object get(String name, Object missing) {
        for (Scope scope = this; scope != null; scope = scope.outer) {
            Object value = scope.variables.get(name);
            if (value != null || scope.variables.containsKey(name)) {
                return value;
            }
        }
        return missing;
    }
}
