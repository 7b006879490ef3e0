package org.tornadomor.template;

import java.util.List;

/** What a template does: text, print statements and block tags of Jinja. A part that may be missing is null. */
sealed interface Stmt {
    /** The line of the template, counted from 1. */
    int line();

    /** Text that stands in the template. */
    record Text(int line, String text) implements Stmt {}

    /** {@code {{ value }}}. */
    record Print(int line, Expr value) implements Stmt {}

    /** {@code for}; {@code otherwise} runs if no round of the body came to its end. */
    record For(
            int line,
            Target target,
            Expr iterable,
            Expr filter,
            boolean recursive,
            List<Stmt> body,
            List<Stmt> otherwise)
            implements Stmt {}

    /** {@code if} with its {@code elif}s. */
    record If(int line, List<Branch> branches, List<Stmt> otherwise) implements Stmt {}

    /** {@code {% set target = value %}}. */
    record Set(int line, Target target, Expr value) implements Stmt {}

    /** {@code {% set target | filters %} body {% endset %}}. */
    record SetBlock(int line, Target target, List<Expr.Stage> filters, List<Stmt> body) implements Stmt {}

    /** {@code macro}. */
    record Macro(int line, Function function) implements Stmt {}

    /** {@code call}: its body becomes {@code caller}. */
    record CallBlock(int line, Function caller, Expr.Call call) implements Stmt {}

    /** {@code filter}. */
    record FilterBlock(int line, List<Expr.Stage> filters, List<Stmt> body) implements Stmt {}

    /** {@code with}. */
    record With(int line, List<Target> targets, List<Expr> values, List<Stmt> body) implements Stmt {}

    /** {@code generation}: its body, with variables of its own. */
    record Scoped(int line, List<Stmt> body) implements Stmt {}

    /** {@code break}. */
    record Break(int line) implements Stmt {}

    /** {@code continue}. */
    record Continue(int line) implements Stmt {}

    /** A condition and what it guards. */
    record Branch(Expr condition, List<Stmt> body) {}

    /**
     * The body of a macro or call block.
     *
     * @param defaults those of the last parameters
     * @param uses which of varargs, kwargs and caller the body speaks of: only those take what no parameter takes
     */
    record Function(
            int line,
            String name,
            List<String> parameters,
            List<Expr> defaults,
            java.util.Set<String> uses,
            List<Stmt> body) {}

    /** What takes a value. */
    sealed interface Target {}

    /** A variable. */
    record NameTarget(String name) implements Target {}

    /** Several targets, which take the items of a value. */
    record TupleTarget(List<Target> items) implements Target {}

    /** An attribute of a namespace. */
    record NamespaceTarget(String name, String attribute) implements Target {}
}
