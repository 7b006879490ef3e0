package org.tornadomor.template;

import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadomor.template.Expr.Args;
import org.tornadomor.template.Stmt.Branch;
import org.tornadomor.template.Stmt.NameTarget;
import org.tornadomor.template.Stmt.NamespaceTarget;
import org.tornadomor.template.Stmt.Target;
import org.tornadomor.template.Stmt.TupleTarget;

/**
 * Which variables a block hides before it has set them. Jinja decides when a template is read where a variable lives: one that a
 * block sets in any case, and neither the block itself nor one around it has read or set before, is undefined until then, whatever
 * was passed to the template. Loops and macros within the block can tell.
 */
final class Symbols {
    private static final String LOOP = "loop";

    private final Symbols outer;
    private final Set<String> known;
    private final Set<String> stored;
    private final Set<String> unset;

    private Symbols(Symbols outer, Set<String> known, Set<String> stored, Set<String> unset) {
        this.outer = outer;
        this.known = new HashSet<>(known);
        this.stored = new HashSet<>(stored);
        this.unset = new HashSet<>(unset);
    }

    /** The hidden variables of all blocks that have some; a block is found by identity. */
    static Map<List<Stmt>, Set<String>> unset(List<Stmt> template) {
        Map<List<Stmt>, Set<String>> all = new IdentityHashMap<>();
        new Symbols(null, Set.of(), Set.of(), Set.of()).block(template, all);
        return all;
    }

    private Symbols inner() {
        return new Symbols(this, Set.of(), Set.of(), Set.of());
    }

    private Symbols copy() {
        return new Symbols(outer, known, stored, unset);
    }

    /** A block with variables of its own: first what it does itself, then the blocks within it. */
    private void block(List<Stmt> body, Map<List<Stmt>, Set<String>> all) {
        body.forEach(this::statement);
        if (!unset.isEmpty()) {
            all.put(body, Set.copyOf(unset));
        }
        body.forEach(statement -> within(statement, all));
    }

    private boolean knows(String name) {
        return known.contains(name) || outer != null && outer.knows(name);
    }

    private void load(String name) {
        if (!knows(name)) {
            known.add(name);
        }
    }

    private void store(String name) {
        stored.add(name);
        if (known.add(name) && (outer == null || !outer.knows(name))) {
            unset.add(name);
        }
    }

    private void parameter(String name) {
        known.add(name);
        stored.add(name);
        unset.remove(name);
    }

    /** What a statement does to the variables of its block. */
    private void statement(Stmt statement) {
        switch (statement) {
            case Stmt.Print print -> expression(print.value());
            case Stmt.If condition -> condition(condition.branches(), condition.otherwise());
            case Stmt.For loop -> expression(loop.iterable());
            case Stmt.Set set -> {
                expression(set.value());
                target(set.target());
            }
            case Stmt.SetBlock set -> target(set.target());
            case Stmt.FilterBlock block -> block.filters().forEach(stage -> arguments(stage.args()));
            case Stmt.Macro macro -> store(macro.function().name());
            case Stmt.CallBlock block -> expression(block.call());
            case Stmt.With with -> with.values().forEach(this::expression);
            case Stmt.Text text -> {}
            case Stmt.Scoped scoped -> {}
            case Stmt.Break jump -> {}
            case Stmt.Continue jump -> {}
        }
    }

    /** What is set in a branch, and was not before, is looked for further out: the branch may not be taken. */
    private void condition(List<Branch> branches, List<Stmt> otherwise) {
        expression(branches.getFirst().condition());
        Symbols first = copy();
        branches.getFirst().body().forEach(first::statement);
        Symbols middle = copy();
        for (Branch branch : branches.subList(1, branches.size())) {
            middle.condition(List.of(branch), List.of());
        }
        Symbols last = copy();
        otherwise.forEach(last::statement);
        for (Symbols branch : List.of(first, middle, last)) {
            known.addAll(branch.known);
            stored.addAll(branch.stored);
        }
    }

    private void target(Target target) {
        switch (target) {
            case NameTarget name -> store(name.name());
            case TupleTarget tuple -> tuple.items().forEach(this::target);
            case NamespaceTarget attribute -> load(attribute.name());
        }
    }

    private void parameters(Target target) {
        switch (target) {
            case NameTarget name -> parameter(name.name());
            case TupleTarget tuple -> tuple.items().forEach(this::parameters);
            case NamespaceTarget attribute -> load(attribute.name());
        }
    }

    /** The blocks within a statement that have variables of their own. */
    private void within(Stmt statement, Map<List<Stmt>, Set<String>> all) {
        switch (statement) {
            case Stmt.If condition -> {
                condition.branches().forEach(branch -> branch.body().forEach(inner -> within(inner, all)));
                condition.otherwise().forEach(inner -> within(inner, all));
            }
            case Stmt.For loop -> {
                Symbols body = inner();
                body.parameter(LOOP);
                body.parameters(loop.target());
                body.block(loop.body(), all);
                inner().block(loop.otherwise(), all);
            }
            case Stmt.SetBlock set -> inner().block(set.body(), all);
            case Stmt.FilterBlock block -> inner().block(block.body(), all);
            case Stmt.Macro macro -> function(macro.function(), all);
            case Stmt.CallBlock block -> function(block.caller(), all);
            case Stmt.With with -> {
                Symbols body = inner();
                with.targets().forEach(body::parameters);
                body.block(with.body(), all);
            }
            case Stmt.Scoped scoped -> inner().block(scoped.body(), all);
            case Stmt.Text text -> {}
            case Stmt.Print print -> {}
            case Stmt.Set set -> {}
            case Stmt.Break jump -> {}
            case Stmt.Continue jump -> {}
        }
    }

    private void function(Stmt.Function function, Map<List<Stmt>, Set<String>> all) {
        Symbols body = inner();
        function.parameters().forEach(body::parameter);
        function.uses().forEach(body::parameter);
        function.defaults().forEach(body::expression);
        body.block(function.body(), all);
    }

    private void arguments(Args args) {
        args.positional().forEach(this::expression);
        args.named().forEach(keyword -> expression(keyword.value()));
        optional(args.rest());
        optional(args.restNamed());
    }

    private void optional(Expr expression) {
        if (expression != null) {
            expression(expression);
        }
    }

    private void expression(Expr expression) {
        switch (expression) {
            case Expr.Constant constant -> {}
            case Expr.Name name -> load(name.name());
            case Expr.ListOf list -> list.items().forEach(this::expression);
            case Expr.TupleOf tuple -> tuple.items().forEach(this::expression);
            case Expr.DictOf dict -> {
                dict.keys().forEach(this::expression);
                dict.values().forEach(this::expression);
            }
            case Expr.Attribute attribute -> expression(attribute.object());
            case Expr.Item item -> {
                expression(item.object());
                expression(item.key());
            }
            case Expr.Slice slice -> {
                expression(slice.object());
                optional(slice.start());
                optional(slice.stop());
                optional(slice.step());
            }
            case Expr.Call call -> {
                expression(call.callee());
                arguments(call.args());
            }
            case Expr.Filter filter -> {
                expression(filter.input());
                arguments(filter.stage().args());
            }
            case Expr.Test test -> {
                expression(test.input());
                arguments(test.args());
            }
            case Expr.Sign sign -> expression(sign.operand());
            case Expr.Binary binary -> {
                expression(binary.left());
                expression(binary.right());
            }
            case Expr.Concat concat -> concat.parts().forEach(this::expression);
            case Expr.Compare compare -> {
                expression(compare.first());
                compare.rest().forEach(comparison -> expression(comparison.right()));
            }
            case Expr.Logic logic -> {
                expression(logic.left());
                expression(logic.right());
            }
            case Expr.Not not -> expression(not.operand());
            case Expr.Conditional conditional -> {
                expression(conditional.condition());
                expression(conditional.then());
                optional(conditional.otherwise());
            }
        }
    }
}
