package org.tornadomor.template;

import java.util.List;
import java.util.Map;

/** The values that a call passes. */
record Arguments(List<Object> positional, Map<String, Object> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());
}
