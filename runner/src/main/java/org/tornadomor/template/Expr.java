package org.tornadomor.template;

import java.util.List;

/** What a template computes: the expressions of Jinja. A part that may be missing is null. */
sealed interface Expr {
    /** The line of the template, counted from 1. */
    int line();

    /** A literal: text, number, true, false, none. */
    record Constant(int line, Object value) implements Expr {}

    /** A variable. */
    record Name(int line, String name) implements Expr {}

    /** {@code [a, b]}. */
    record ListOf(int line, List<Expr> items) implements Expr {}

    /** {@code (a, b)}. */
    record TupleOf(int line, List<Expr> items) implements Expr {}

    /** {@code {a: b}}. */
    record DictOf(int line, List<Expr> keys, List<Expr> values) implements Expr {}

    /** {@code object.name}. */
    record Attribute(int line, Expr object, String name) implements Expr {}

    /** {@code object[key]}. */
    record Item(int line, Expr object, Expr key) implements Expr {}

    /** {@code object[start:stop:step]}. */
    record Slice(int line, Expr object, Expr start, Expr stop, Expr step) implements Expr {}

    /** {@code callee(...)}. */
    record Call(int line, Expr callee, Args args) implements Expr {}

    /** {@code input|name(...)}. */
    record Filter(Expr input, Stage stage) implements Expr {
        @Override
        public int line() {
            return stage.line();
        }
    }

    /** {@code input is name(...)}. */
    record Test(int line, Expr input, String name, Args args) implements Expr {}

    /** {@code -operand} or {@code +operand}. */
    record Sign(int line, boolean minus, Expr operand) implements Expr {}

    /** Arithmetic. */
    record Binary(int line, Operator operator, Expr left, Expr right) implements Expr {}

    /** {@code a ~ b}. */
    record Concat(int line, List<Expr> parts) implements Expr {}

    /** {@code a < b <= c}. */
    record Compare(int line, Expr first, List<Comparison> rest) implements Expr {}

    /** {@code a and b}, or {@code a or b}. */
    record Logic(int line, boolean and, Expr left, Expr right) implements Expr {}

    /** {@code not a}. */
    record Not(int line, Expr operand) implements Expr {}

    /** {@code then if condition else otherwise}. */
    record Conditional(int line, Expr condition, Expr then, Expr otherwise) implements Expr {}

    /** One comparison of a chain. */
    record Comparison(Relation relation, Expr right) {}

    /** One filter of a chain. */
    record Stage(int line, String name, Args args) {}

    /** A named argument. */
    record Keyword(String name, Expr value) {}

    /** The arguments of a call; {@code rest} is behind {@code *}, {@code restNamed} behind {@code **}. */
    record Args(List<Expr> positional, List<Keyword> named, Expr rest, Expr restNamed) {
        static final Args NONE = new Args(List.of(), List.of(), null, null);
    }

    /** The arithmetic operators, by their signs. */
    enum Operator {
        ADD("+"),
        SUBTRACT("-"),
        MULTIPLY("*"),
        DIVIDE("/"),
        FLOOR_DIVIDE("//"),
        MODULO("%"),
        POWER("**");

        private final String sign;

        Operator(String sign) {
            this.sign = sign;
        }

        String sign() {
            return sign;
        }
    }

    /** The comparisons, by their signs. */
    enum Relation {
        EQUAL("=="),
        UNEQUAL("!="),
        LESS("<"),
        LESS_OR_EQUAL("<="),
        GREATER(">"),
        GREATER_OR_EQUAL(">="),
        IN("in"),
        NOT_IN("not in");

        private final String sign;

        Relation(String sign) {
            this.sign = sign;
        }

        String sign() {
            return sign;
        }
    }
}
