package org.tornadomor.template;

import java.util.List;
import java.util.Map;
import org.tornadomor.template.Expr.Operator;
import org.tornadomor.template.Special.Markup;
import org.tornadomor.template.Special.Undefined;

/**
 * The tests behind {@code is}.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-tests">List of builtin tests</a>
 */
final class Tests {
    private Tests() {}

    static void addTo(Registry r) {
        types(r);
        comparisons(r);
        r.add("defined", "", (run, in, a) -> !(in instanceof Undefined));
        r.add("undefined", "", (run, in, a) -> in instanceof Undefined);
        r.add("odd", "", (run, in, a) -> remainder(run, in, 2L, 1L));
        r.add("even", "", (run, in, a) -> remainder(run, in, 2L, 0L));
        r.add("divisibleby", "num", (run, in, a) -> remainder(run, in, a.get(0), 0L));
        r.add("lower", "", (run, in, a) -> PyText.isLower(read(run, in)));
        r.add("upper", "", (run, in, a) -> PyText.isUpper(read(run, in)));
        r.add(
                "filter",
                "",
                (run, in, a) ->
                        in instanceof String name && run.builtins().filters().has(name));
        r.add(
                "test",
                "",
                (run, in, a) ->
                        in instanceof String name && run.builtins().tests().has(name));
        r.add("sameas", "other", (run, in, a) -> {
            run.budget().readText(in);
            return same(in, a.get(0));
        });
    }

    private static String read(Evaluator run, Object value) {
        run.budget().readText(value);
        return Repr.text(value, run.budget());
    }

    private static void types(Registry r) {
        r.add("none", "", (run, in, a) -> in == null);
        r.add("boolean", "", (run, in, a) -> in instanceof Boolean);
        r.add("true", "", (run, in, a) -> Boolean.TRUE.equals(in));
        r.add("false", "", (run, in, a) -> Boolean.FALSE.equals(in));
        r.add("integer", "", (run, in, a) -> in instanceof Number && !(in instanceof Double));
        r.add("float", "", (run, in, a) -> in instanceof Double);
        r.add("number", "", (run, in, a) -> Numbers.of(in) != null);
        r.add("string", "", (run, in, a) -> Values.string(in) != null);
        r.add("mapping", "", (run, in, a) -> in instanceof Map);
        r.add("sequence", "", (run, in, a) -> sequence(in));
        r.add("iterable", "", (run, in, a) -> in instanceof Loop || Values.iteratorOrNone(in) != null);
        r.add("callable", "", (run, in, a) -> in instanceof Callable || in instanceof Undefined);
        r.add("escaped", "", (run, in, a) -> in instanceof Markup);
    }

    private static boolean sequence(Object value) {
        return switch (value) {
            case Undefined missing -> !missing.strict();
            case Special.View view -> false;
            case Loop loop -> false;
            // Also long text takes no time.
            case String text -> true;
            case Special.Markup markup -> true;
            case null, default -> Values.lengthOrNone(value) >= 0;
        };
    }

    private static boolean remainder(Evaluator run, Object value, Object divisor, Object expected) {
        Object rest = run.arithmetic().apply(Operator.MODULO, value, divisor);
        return Values.equal(rest, expected, run.budget());
    }

    private static boolean same(Object left, Object right) {
        boolean plain = left instanceof Boolean || left instanceof Number || left instanceof String;
        return left == right || plain && left.equals(right);
    }

    private static void comparisons(Registry r) {
        compare(r, Expr.Relation.EQUAL, "==", "eq", "equalto");
        compare(r, Expr.Relation.UNEQUAL, "!=", "ne");
        compare(r, Expr.Relation.GREATER, ">", "gt", "greaterthan");
        compare(r, Expr.Relation.GREATER_OR_EQUAL, ">=", "ge");
        compare(r, Expr.Relation.LESS, "<", "lt", "lessthan");
        compare(r, Expr.Relation.LESS_OR_EQUAL, "<=", "le");
        compare(r, Expr.Relation.IN, "in");
    }

    private static void compare(Registry r, Expr.Relation relation, String... names) {
        for (String name : List.of(names)) {
            r.add(name, "other", (run, in, a) -> run.holds(relation, in, a.get(0)));
        }
    }
}
