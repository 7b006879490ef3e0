package org.tornadomor.template;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.tornadomor.template.Expr.Args;
import org.tornadomor.template.Expr.Comparison;
import org.tornadomor.template.Expr.Relation;
import org.tornadomor.template.Expr.Stage;
import org.tornadomor.template.Special.Tuple;
import org.tornadomor.template.Special.Undefined;
import org.tornadomor.template.TemplateOptions.Dialect;

/** Computes expressions. */
class Evaluator {
    private static final Object MISSING = new Object();

    private final TemplateOptions options;
    private final Builtins builtins;
    private final Budget budget;
    private final Arithmetic arithmetic;
    private final Access access = new Access(this);
    private int line = 1;

    Evaluator(TemplateOptions options) {
        this.options = options;
        this.builtins = Builtins.of(options.dialect());
        this.budget = new Budget(options.limits());
        this.arithmetic = new Arithmetic(budget);
    }

    Budget budget() {
        return budget;
    }

    Builtins builtins() {
        return builtins;
    }

    Arithmetic arithmetic() {
        return arithmetic;
    }

    Access access() {
        return access;
    }

    Dialect dialect() {
        return options.dialect();
    }

    Clock clock() {
        return options.clock();
    }

    /** The line of what was looked at last. */
    int line() {
        return line;
    }

    void at(int newLine) {
        line = newLine;
    }

    /** A value that is not there; {@code message} is said when it is used. */
    Undefined undefined(String message) {
        return new Undefined(message, options.strictUndefined());
    }

    Object evaluate(Expr expression, Scope scope) {
        budget.spend(1);
        line = expression.line();
        return switch (expression) {
            case Expr.Constant constant -> constant.value();
            case Expr.Name name -> variable(name.name(), scope);
            case Expr.ListOf list -> all(list.items(), scope);
            case Expr.TupleOf tuple -> new Tuple(all(tuple.items(), scope), false);
            case Expr.DictOf dict -> map(dict, scope);
            case Expr.Attribute attribute -> {
                Object object = evaluate(attribute.object(), scope);
                line = attribute.line();
                yield access.attribute(object, attribute.name());
            }
            case Expr.Item item -> {
                Object object = evaluate(item.object(), scope);
                Object key = evaluate(item.key(), scope);
                line = item.line();
                yield access.item(object, key);
            }
            case Expr.Slice slice -> slice(slice, scope);
            case Expr.Call call -> call(call, null, scope);
            case Expr.Filter filter -> filtered(evaluate(filter.input(), scope), filter.stage(), scope);
            case Expr.Test test -> test(test, scope);
            case Expr.Sign sign -> Arithmetic.sign(sign.minus(), evaluate(sign.operand(), scope));
            case Expr.Binary binary -> {
                Object left = evaluate(binary.left(), scope);
                Object right = evaluate(binary.right(), scope);
                line = binary.line();
                yield arithmetic.apply(binary.operator(), left, right);
            }
            case Expr.Concat concat -> concatenated(concat, scope);
            case Expr.Compare compare -> compared(compare, scope);
            case Expr.Logic logic -> {
                Object left = evaluate(logic.left(), scope);
                yield Values.truth(left) == logic.and() ? evaluate(logic.right(), scope) : left;
            }
            case Expr.Not not -> !Values.truth(evaluate(not.operand(), scope));
            case Expr.Conditional conditional -> conditional(conditional, scope);
        };
    }

    private Object variable(String name, Scope scope) {
        Object value = scope.get(name, MISSING);
        if (value != MISSING) {
            return value;
        }
        Registry functions = builtins.functions();
        if (functions.has(name)) {
            return new Method(this, null, functions.get(name));
        }
        if (functions.refuses(name)) {
            throw Fault.value(functions.unknown(name));
        }
        return undefined("'" + name + "' is undefined");
    }

    private List<Object> all(List<Expr> expressions, Scope scope) {
        List<Object> values = new ArrayList<>(expressions.size());
        for (Expr expression : expressions) {
            values.add(evaluate(expression, scope));
        }
        return values;
    }

    private Map<Object, Object> map(Expr.DictOf dict, Scope scope) {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < dict.keys().size(); i++) {
            Object key = evaluate(dict.keys().get(i), scope);
            Values.hashable(key, budget);
            Values.put(map, key, evaluate(dict.values().get(i), scope), budget);
        }
        return map;
    }

    private Object slice(Expr.Slice slice, Scope scope) {
        Object object = evaluate(slice.object(), scope);
        Object[] bounds = new Object[3];
        List<Expr> parts = Arrays.asList(slice.start(), slice.stop(), slice.step());
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = parts.get(i) == null ? null : evaluate(parts.get(i), scope);
        }
        line = slice.line();
        return access.slice(object, bounds[0], bounds[1], bounds[2]);
    }

    private Object conditional(Expr.Conditional conditional, Scope scope) {
        if (Values.truth(evaluate(conditional.condition(), scope))) {
            return evaluate(conditional.then(), scope);
        }
        // The undefined value here is never a strict one, as in Jinja.
        return conditional.otherwise() != null
                ? evaluate(conditional.otherwise(), scope)
                : new Undefined("the inline if-expression evaluated to false and no else section was defined.", false);
    }

    private Object concatenated(Expr.Concat concat, Scope scope) {
        StringBuilder out = new StringBuilder();
        for (Object part : all(concat.parts(), scope)) {
            out.append(Repr.text(part, budget));
            budget.fits(out.length());
        }
        return budget.made(out.toString());
    }

    private Object compared(Expr.Compare compare, Scope scope) {
        Object left = evaluate(compare.first(), scope);
        for (Comparison comparison : compare.rest()) {
            Object right = evaluate(comparison.right(), scope);
            line = compare.line();
            if (!holds(comparison.relation(), left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    /** Whether a comparison holds. */
    boolean holds(Relation relation, Object left, Object right) {
        return switch (relation) {
            case EQUAL -> Values.equal(left, right, budget);
            case UNEQUAL -> !Values.equal(left, right, budget);
            case IN -> Values.contains(right, left, budget);
            case NOT_IN -> !Values.contains(right, left, budget);
            default -> {
                int order = Values.compare(left, right, relation.sign(), budget);
                yield order != 2
                        && switch (relation) {
                            case LESS -> order < 0;
                            case LESS_OR_EQUAL -> order <= 0;
                            case GREATER -> order > 0;
                            default -> order >= 0;
                        };
            }
        };
    }

    private Arguments arguments(Args args, Scope scope) {
        if (args == Args.NONE) {
            return Arguments.NONE;
        }
        List<Object> positional = all(args.positional(), scope);
        Map<String, Object> named = new LinkedHashMap<>();
        args.named().forEach(keyword -> named.put(keyword.name(), evaluate(keyword.value(), scope)));
        if (args.rest() != null) {
            positional.addAll(Values.list(evaluate(args.rest(), scope), budget));
        }
        if (args.restNamed() != null) {
            Object rest = evaluate(args.restNamed(), scope);
            if (!(rest instanceof Map<?, ?> map)) {
                throw Fault.value("argument after ** must be a mapping, not " + Values.type(rest));
            }
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                if (!(entry.getKey() instanceof String name) || named.containsKey(name)) {
                    throw Fault.value("keywords must be strings, each given once");
                }
                named.put(name, entry.getValue());
            }
        }
        return new Arguments(positional, named);
    }

    /** What a call gives; {@code caller} is that of a call block, or null. */
    Object call(Expr.Call call, Macro caller, Scope scope) {
        Object callee = evaluate(call.callee(), scope);
        Arguments arguments = arguments(call.args(), scope);
        if (caller != null) {
            Map<String, Object> named = new LinkedHashMap<>(arguments.named());
            named.put("caller", caller);
            arguments = new Arguments(arguments.positional(), named);
        }
        line = call.line();
        return switch (callee) {
            case Callable callable -> callable.call(arguments);
            case Undefined missing -> throw missing.fault();
            case null, default -> throw Fault.value("'" + Values.type(callee) + "' object is not callable");
        };
    }

    /** What a filter makes of a value. */
    Object filtered(Object input, Stage stage, Scope scope) {
        Arguments arguments = arguments(stage.args(), scope);
        line = stage.line();
        return builtins.filters().get(stage.name()).apply(this, input, arguments);
    }

    private Object test(Expr.Test test, Scope scope) {
        Object input = evaluate(test.input(), scope);
        Arguments arguments = arguments(test.args(), scope);
        line = test.line();
        return builtins.tests().get(test.name()).apply(this, input, arguments);
    }

    /**
     * A function that takes an attribute of an item, for filters.
     *
     * @param path names and indices with dots between them; null for the item itself
     * @param fold whether text is put into lower case, for comparisons
     * @param otherwise what stands for attributes that are not there, if not null
     */
    Function<Object, Object> getter(Object path, boolean fold, Object otherwise) {
        List<Object> parts = new ArrayList<>();
        budget.readText(path);
        if (Values.string(path) instanceof String text) {
            for (Object part : PyText.split(text, ".", -1)) {
                String name = (String) part;
                boolean number = name.length() < 10 && PyText.all(name, PyText::isDecimal);
                parts.add(number ? (Object) Long.valueOf(name) : name);
            }
        } else if (path != null) {
            parts.add(path);
        }
        return item -> {
            Object value = item;
            for (Object part : parts) {
                budget.spend(1);
                value = access.item(value, part);
                value = otherwise != null && value instanceof Undefined ? otherwise : value;
            }
            return fold && value instanceof String text ? budget.made(PyText.lower(text)) : value;
        };
    }

    /** The items of a value for targets that take so many. */
    List<Object> unpacked(Object value, int count) {
        List<Object> items = new ArrayList<>();
        for (Iterator<?> all = Values.iterator(value); all.hasNext(); ) {
            items.add(all.next());
            if (items.size() > count) {
                throw Fault.value("too many values to unpack (expected " + count + ")");
            }
        }
        if (items.size() < count) {
            throw Fault.value("not enough values to unpack (expected " + count + ", got " + items.size() + ")");
        }
        return items;
    }
}
