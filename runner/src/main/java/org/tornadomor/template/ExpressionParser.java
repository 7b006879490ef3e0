package org.tornadomor.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadomor.template.Expr.Args;
import org.tornadomor.template.Expr.Comparison;
import org.tornadomor.template.Expr.Keyword;
import org.tornadomor.template.Expr.Operator;
import org.tornadomor.template.Expr.Relation;
import org.tornadomor.template.Expr.Stage;
import org.tornadomor.template.Token.Type;

/**
 * Makes trees of expressions. Operators bind as in Jinja, from weak to strong: {@code if else}, {@code or}, {@code and},
 * {@code not}, comparisons, {@code + -}, {@code ~}, {@code * / // %}, {@code **}, signs, filters and tests.
 */
final class ExpressionParser {
    private static final Map<String, Relation> RELATIONS = Map.of(
            "==", Relation.EQUAL,
            "!=", Relation.UNEQUAL,
            "<", Relation.LESS,
            "<=", Relation.LESS_OR_EQUAL,
            ">", Relation.GREATER,
            ">=", Relation.GREATER_OR_EQUAL);
    private static final Set<String> MACRO_NAMES = Set.of("varargs", "kwargs", "caller");

    private final Tokens tokens;
    private final Builtins builtins;
    /** Filters and tests that do not exist: an error, unless they stand where a condition may keep them from being used. */
    private final List<TemplateException> unknown = new ArrayList<>();

    private final List<Set<String>> macros = new ArrayList<>();

    ExpressionParser(Tokens tokens, Builtins builtins) {
        this.tokens = tokens;
        this.builtins = builtins;
    }

    /** The unknown names so far, which a condition may forgive by {@link #forgive}. */
    int unknown() {
        return unknown.size();
    }

    /** Unknown names after the given count stand under a condition: they fail only when they are used. */
    void forgive(int count) {
        unknown.subList(count, unknown.size()).clear();
    }

    void failOnUnknown() {
        if (!unknown.isEmpty()) {
            throw unknown.getFirst();
        }
    }

    /** A set that collects which of varargs, kwargs and caller are used until {@link #endMacro}. */
    void beginMacro(Set<String> uses) {
        macros.add(uses);
    }

    void endMacro() {
        macros.removeLast();
    }

    /** An expression, or several with commas, which make a tuple. */
    Expr tuple(boolean conditional, String endName) {
        return tuple(conditional, endName, false);
    }

    private Expr tuple(boolean conditional, String endName, boolean parentheses) {
        int line = tokens.line();
        List<Expr> items = new ArrayList<>();
        boolean several = false;
        while (!atTupleEnd(endName)) {
            items.add(conditional ? expression() : or());
            if (!tokens.takeOperator(",")) {
                break;
            }
            several = true;
        }
        if (!several && items.size() == 1) {
            return items.getFirst();
        }
        if (!several && !parentheses) {
            throw tokens.failure(
                    "expected an expression, got " + tokens.current().described());
        }
        return new Expr.TupleOf(line, List.copyOf(items));
    }

    private boolean atTupleEnd(String endName) {
        Type type = tokens.current().type();
        return type == Type.PRINT_END
                || type == Type.BLOCK_END
                || tokens.isOperator(")")
                || endName != null && tokens.isName(endName);
    }

    Expr expression() {
        tokens.enter();
        int line = tokens.line();
        int before = unknown();
        Expr value = or();
        for (int n = 0; tokens.takeName("if"); n++) {
            tokens.chain(n);
            Expr condition = or();
            Expr otherwise = tokens.takeName("else") ? expression() : null;
            forgive(before);
            value = new Expr.Conditional(line, condition, value, otherwise);
            line = tokens.line();
        }
        tokens.leave();
        return value;
    }

    private Expr or() {
        int line = tokens.line();
        Expr left = and();
        for (int n = 0; tokens.takeName("or"); n++) {
            tokens.chain(n);
            left = new Expr.Logic(line, false, left, and());
        }
        return left;
    }

    private Expr and() {
        int line = tokens.line();
        Expr left = not();
        for (int n = 0; tokens.takeName("and"); n++) {
            tokens.chain(n);
            left = new Expr.Logic(line, true, left, not());
        }
        return left;
    }

    private Expr not() {
        int line = tokens.line();
        if (!tokens.takeName("not")) {
            return comparison();
        }
        tokens.enter();
        Expr operand = not();
        tokens.leave();
        return new Expr.Not(line, operand);
    }

    private Expr comparison() {
        int line = tokens.line();
        Expr first = sum();
        List<Comparison> rest = new ArrayList<>();
        for (Relation relation = relation(); relation != null; relation = relation()) {
            rest.add(new Comparison(relation, sum()));
        }
        return rest.isEmpty() ? first : new Expr.Compare(line, first, List.copyOf(rest));
    }

    private Relation relation() {
        if (tokens.takeName("in")) {
            return Relation.IN;
        }
        if (tokens.isName("not") && tokens.following().isName("in")) {
            tokens.take();
            tokens.take();
            return Relation.NOT_IN;
        }
        Relation relation = tokens.current().type() == Type.OPERATOR
                ? RELATIONS.get(tokens.current().value())
                : null;
        if (relation != null) {
            tokens.take();
        }
        return relation;
    }

    /** The operator here if it is one of the given ones, which it takes. */
    private Operator operator(Operator... some) {
        for (Operator operator : some) {
            if (tokens.takeOperator(operator.sign())) {
                return operator;
            }
        }
        return null;
    }

    private Expr sum() {
        int line = tokens.line();
        Expr left = concatenation();
        Operator operator;
        for (int n = 0; (operator = operator(Operator.ADD, Operator.SUBTRACT)) != null; n++) {
            tokens.chain(n);
            left = new Expr.Binary(line, operator, left, concatenation());
            line = tokens.line();
        }
        return left;
    }

    private Expr concatenation() {
        int line = tokens.line();
        List<Expr> parts = new ArrayList<>(List.of(product()));
        while (tokens.takeOperator("~")) {
            parts.add(product());
        }
        return parts.size() == 1 ? parts.getFirst() : new Expr.Concat(line, List.copyOf(parts));
    }

    private Expr product() {
        int line = tokens.line();
        Expr left = power();
        Operator operator;
        for (int n = 0;
                (operator = operator(Operator.MULTIPLY, Operator.DIVIDE, Operator.FLOOR_DIVIDE, Operator.MODULO))
                        != null;
                n++) {
            tokens.chain(n);
            left = new Expr.Binary(line, operator, left, power());
            line = tokens.line();
        }
        return left;
    }

    private Expr power() {
        int line = tokens.line();
        Expr left = unary(true);
        for (int n = 0; tokens.takeOperator("**"); n++) {
            tokens.chain(n);
            left = new Expr.Binary(line, Operator.POWER, left, unary(true));
        }
        return left;
    }

    private Expr unary(boolean filters) {
        int line = tokens.line();
        Expr value;
        if (tokens.isOperator("-") || tokens.isOperator("+")) {
            boolean minus = tokens.take().isOperator("-");
            tokens.enter();
            value = new Expr.Sign(line, minus, unary(false));
            tokens.leave();
        } else {
            value = primary();
        }
        value = postfix(value);
        return filters ? filtered(value) : value;
    }

    private Expr primary() {
        Token token = tokens.current();
        switch (token.type()) {
            case NAME -> {
                return name((String) tokens.take().value(), token.line());
            }
            case STRING -> {
                StringBuilder text = new StringBuilder();
                while (tokens.current().type() == Type.STRING) {
                    text.append(tokens.take().value());
                }
                return new Expr.Constant(token.line(), text.toString());
            }
            case INTEGER, FLOAT -> {
                return new Expr.Constant(token.line(), tokens.take().value());
            }
            default -> {
                return bracketed(token);
            }
        }
    }

    private Expr name(String name, int line) {
        switch (name) {
            case "true", "True" -> {
                return new Expr.Constant(line, true);
            }
            case "false", "False" -> {
                return new Expr.Constant(line, false);
            }
            case "none", "None" -> {
                return new Expr.Constant(line, null);
            }
            default -> {
                if (MACRO_NAMES.contains(name)) {
                    macros.forEach(uses -> uses.add(name));
                }
                return new Expr.Name(line, name);
            }
        }
    }

    private Expr bracketed(Token token) {
        if (tokens.takeOperator("(")) {
            Expr value = tuple(true, null, true);
            tokens.expectOperator(")");
            return value;
        }
        if (tokens.takeOperator("[")) {
            List<Expr> items = new ArrayList<>();
            while (!tokens.isOperator("]")) {
                items.add(expression());
                if (!tokens.takeOperator(",")) {
                    break;
                }
            }
            tokens.expectOperator("]");
            return new Expr.ListOf(token.line(), List.copyOf(items));
        }
        if (tokens.takeOperator("{")) {
            List<Expr> keys = new ArrayList<>();
            List<Expr> values = new ArrayList<>();
            while (!tokens.isOperator("}")) {
                keys.add(expression());
                tokens.expectOperator(":");
                values.add(expression());
                if (!tokens.takeOperator(",")) {
                    break;
                }
            }
            tokens.expectOperator("}");
            return new Expr.DictOf(token.line(), List.copyOf(keys), List.copyOf(values));
        }
        throw tokens.failure("unexpected " + token.described());
    }

    private Expr postfix(Expr value) {
        Expr result = value;
        for (int n = 0; ; n++) {
            tokens.chain(n);
            int line = tokens.line();
            if (tokens.takeOperator(".")) {
                result = attribute(result, line);
            } else if (tokens.takeOperator("[")) {
                result = subscript(result, line);
            } else if (tokens.isOperator("(")) {
                result = new Expr.Call(line, result, arguments());
            } else {
                return result;
            }
        }
    }

    private Expr attribute(Expr object, int line) {
        Token token = tokens.take();
        return switch (token.type()) {
            case NAME -> new Expr.Attribute(line, object, (String) token.value());
            case INTEGER -> new Expr.Item(line, object, new Expr.Constant(token.line(), token.value()));
            default -> throw tokens.failure(token.line(), "expected a name or number, got " + token.described());
        };
    }

    private Expr subscript(Expr object, int line) {
        if (tokens.isOperator(":")) {
            return slice(object, null, line);
        }
        List<Expr> keys = new ArrayList<>(List.of(expression()));
        if (tokens.isOperator(":")) {
            return slice(object, keys.getFirst(), line);
        }
        while (tokens.takeOperator(",")) {
            keys.add(expression());
        }
        tokens.expectOperator("]");
        return new Expr.Item(line, object, keys.size() == 1 ? keys.getFirst() : new Expr.TupleOf(line, keys));
    }

    private Expr slice(Expr object, Expr start, int line) {
        Expr[] rest = new Expr[2];
        for (int i = 0; i < 2 && tokens.takeOperator(":"); i++) {
            rest[i] = tokens.isOperator(":") || tokens.isOperator("]") ? null : expression();
        }
        if (tokens.isOperator(",")) {
            throw tokens.failure("slices of several dimensions are not supported");
        }
        tokens.expectOperator("]");
        return new Expr.Slice(line, object, start, rest[0], rest[1]);
    }

    private Args arguments() {
        tokens.expectOperator("(");
        List<Expr> positional = new ArrayList<>();
        List<Keyword> named = new ArrayList<>();
        Expr rest = null;
        Expr restNamed = null;
        while (!tokens.isOperator(")")) {
            int line = tokens.line();
            boolean fits = restNamed == null;
            if (tokens.takeOperator("**")) {
                restNamed = expression();
            } else if (tokens.takeOperator("*")) {
                fits &= rest == null;
                rest = expression();
            } else if (tokens.current().type() == Type.NAME
                    && tokens.following().isOperator("=")) {
                String name = tokens.expectName();
                tokens.take();
                fits &= named.stream().noneMatch(keyword -> keyword.name().equals(name));
                named.add(new Keyword(name, expression()));
            } else {
                fits &= rest == null && named.isEmpty();
                positional.add(expression());
            }
            if (!fits) {
                throw tokens.failure(line, "invalid syntax for function call expression");
            }
            if (!tokens.takeOperator(",")) {
                break;
            }
        }
        tokens.expectOperator(")");
        return new Args(List.copyOf(positional), List.copyOf(named), rest, restNamed);
    }

    private Expr filtered(Expr value) {
        Expr result = value;
        for (int n = 0; ; n++) {
            tokens.chain(n);
            int line = tokens.line();
            if (tokens.takeOperator("|")) {
                result = new Expr.Filter(result, stage());
            } else if (tokens.takeName("is")) {
                result = test(result, line);
            } else if (tokens.isOperator("(")) {
                result = new Expr.Call(line, result, arguments());
            } else {
                return result;
            }
        }
    }

    /** A filter with its arguments; the bar before it is taken. */
    Stage stage() {
        int line = tokens.line();
        String name = dottedName();
        if (!builtins.filters().has(name)) {
            unknown.add(tokens.failure(line, builtins.filters().unknown(name)));
        }
        return new Stage(line, name, tokens.isOperator("(") ? arguments() : Args.NONE);
    }

    private String dottedName() {
        StringBuilder name = new StringBuilder(tokens.expectName());
        while (tokens.takeOperator(".")) {
            name.append('.').append(tokens.expectName());
        }
        return name.toString();
    }

    private Expr test(Expr value, int line) {
        boolean negated = tokens.takeName("not");
        int nameLine = tokens.line();
        String name = dottedName();
        if (!builtins.tests().has(name)) {
            unknown.add(tokens.failure(nameLine, builtins.tests().unknown(name)));
        }
        Args args = Args.NONE;
        if (tokens.isOperator("(")) {
            args = arguments();
        } else if (startsTestArgument()) {
            if (tokens.isName("is")) {
                throw tokens.failure("tests cannot be chained with is");
            }
            tokens.enter();
            args = new Args(List.of(postfix(primary())), List.of(), null, null);
            tokens.leave();
        }
        Expr test = new Expr.Test(line, value, name, args);
        return negated ? new Expr.Not(line, test) : test;
    }

    private boolean startsTestArgument() {
        return switch (tokens.current().type()) {
            case STRING, INTEGER, FLOAT -> true;
            case NAME -> !tokens.isName("else") && !tokens.isName("or") && !tokens.isName("and");
            case OPERATOR -> tokens.isOperator("[") || tokens.isOperator("{");
            default -> false;
        };
    }
}
