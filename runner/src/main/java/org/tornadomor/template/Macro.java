package org.tornadomor.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.template.Special.Tuple;
import org.tornadomor.template.Stmt.Function;

/** A macro, or the {@code caller} that a call block hands to one, with the variables of the place where it stands. */
final class Macro implements Callable {
    private final Interpreter interpreter;
    private final Function function;
    private final Scope outer;

    Macro(Interpreter interpreter, Function function, Scope outer) {
        this.interpreter = interpreter;
        this.function = function;
        this.outer = outer;
    }

    /** Its name; null of a caller. */
    String name() {
        return function.name();
    }

    @Override
    public String described() {
        return "macro";
    }

    @Override
    public Object call(Arguments arguments) {
        Budget budget = interpreter.budget();
        budget.enter();
        Scope scope = interpreter.scope(function.body(), outer);
        Map<String, Object> named = new LinkedHashMap<>(arguments.named());
        parameters(scope, arguments.positional(), named);
        extras(scope, arguments.positional(), named);
        String text = interpreter.captured(function.body(), scope);
        budget.leave();
        return text;
    }

    private void parameters(Scope scope, List<Object> positional, Map<String, Object> named) {
        List<String> parameters = function.parameters();
        int withoutDefault = parameters.size() - function.defaults().size();
        for (int i = 0; i < parameters.size(); i++) {
            String parameter = parameters.get(i);
            Object value;
            if (i < positional.size()) {
                value = positional.get(i);
            } else if (named.containsKey(parameter)) {
                value = named.remove(parameter);
            } else if (i >= withoutDefault) {
                value = interpreter.evaluate(function.defaults().get(i - withoutDefault), scope);
            } else {
                value = interpreter.undefined("parameter '" + parameter + "' was not provided");
            }
            scope.set(parameter, value);
        }
    }

    private void extras(Scope scope, List<Object> positional, Map<String, Object> named) {
        String shown = "macro " + Repr.quoted(name(), interpreter.budget());
        int count = function.parameters().size();
        if (uses("caller")) {
            Object caller = named.remove("caller");
            scope.set("caller", caller == null ? interpreter.undefined("No caller defined") : caller);
        }
        if (uses("kwargs")) {
            scope.set("kwargs", new LinkedHashMap<Object, Object>(named));
        } else if (!named.isEmpty()) {
            throw Fault.value(shown + " takes no keyword argument '"
                    + named.keySet().iterator().next() + "'");
        }
        if (uses("varargs")) {
            int from = Math.min(count, positional.size());
            scope.set("varargs", new Tuple(positional.subList(from, positional.size()), false));
        } else if (positional.size() > count) {
            throw Fault.value(shown + " takes not more than " + count + " argument(s)");
        }
    }

    private boolean uses(String name) {
        return function.uses().contains(name) && !function.parameters().contains(name);
    }
}
