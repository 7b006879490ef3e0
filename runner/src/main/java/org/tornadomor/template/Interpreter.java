package org.tornadomor.template;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadomor.template.Special.Namespace;
import org.tornadomor.template.Stmt.Branch;
import org.tornadomor.template.Stmt.NameTarget;
import org.tornadomor.template.Stmt.NamespaceTarget;
import org.tornadomor.template.Stmt.Target;
import org.tornadomor.template.Stmt.TupleTarget;

/** Runs the statements of a template once and collects the text they make. */
final class Interpreter extends Evaluator {
    /** How a statement ends: whether the loop around it goes on. */
    private enum Flow {
        NORMAL,
        BREAK,
        CONTINUE
    }

    /** The steps of a round of a loop besides those of its body: it makes variables. */
    private static final int ROUND = 4;

    private StringBuilder out = new StringBuilder();

    private final Map<List<Stmt>, Set<String>> unset;

    /** @param unset what {@link Symbols} found */
    Interpreter(TemplateOptions options, Map<List<Stmt>, Set<String>> unset) {
        super(options);
        this.unset = unset;
    }

    /** New variables for a block. */
    Scope scope(List<Stmt> block, Scope outer) {
        Scope scope = new Scope(outer);
        for (String name : unset.getOrDefault(block, Set.of())) {
            scope.set(name, undefined("'" + name + "' is undefined"));
        }
        return scope;
    }

    /** The text that statements make. */
    String captured(List<Stmt> body, Scope scope) {
        StringBuilder around = out;
        out = new StringBuilder();
        run(body, scope);
        String text = out.toString();
        out = around;
        return text;
    }

    private Flow run(List<Stmt> body, Scope scope) {
        for (Stmt statement : body) {
            Flow flow = run(statement, scope);
            if (flow != Flow.NORMAL) {
                return flow;
            }
        }
        return Flow.NORMAL;
    }

    private Flow run(Stmt statement, Scope scope) {
        budget().spend(1);
        at(statement.line());
        return switch (statement) {
            case Stmt.Text text -> print(text.text());
            case Stmt.Print print -> print(Repr.text(evaluate(print.value(), scope), budget()));
            case Stmt.If condition -> choose(condition, scope);
            case Stmt.For loop -> loop(loop, evaluate(loop.iterable(), scope), 0, scope);
            case Stmt.Set set -> assign(set.target(), evaluate(set.value(), scope), scope);
            case Stmt.SetBlock set -> {
                StringBuilder around = out;
                out = new StringBuilder();
                Flow flow = run(set.body(), scope(set.body(), scope));
                Object value = filtered(out.toString(), set.filters(), scope);
                out = around;
                yield flow == Flow.NORMAL ? assign(set.target(), value, scope) : flow;
            }
            case Stmt.FilterBlock block -> {
                StringBuilder around = out;
                out = new StringBuilder();
                Flow flow = run(block.body(), scope(block.body(), scope));
                String text = out.toString();
                out = around;
                yield flow == Flow.NORMAL ? print(Repr.text(filtered(text, block.filters(), scope), budget())) : flow;
            }
            case Stmt.Macro macro -> {
                scope.set(macro.function().name(), new Macro(this, macro.function(), scope));
                yield Flow.NORMAL;
            }
            case Stmt.CallBlock block -> {
                Macro caller = new Macro(this, block.caller(), scope);
                Object value = call(block.call(), caller, scope);
                yield print(Repr.text(value, budget()));
            }
            case Stmt.With with -> with(with, scope);
            case Stmt.Scoped scoped -> run(scoped.body(), scope(scoped.body(), scope));
            case Stmt.Break jump -> Flow.BREAK;
            case Stmt.Continue jump -> Flow.CONTINUE;
        };
    }

    private Flow print(String text) {
        budget().fits(out.length() + (long) text.length());
        budget().read(text.length());
        out.append(text);
        return Flow.NORMAL;
    }

    private Object filtered(Object value, List<Expr.Stage> filters, Scope scope) {
        Object result = value;
        for (Expr.Stage stage : filters) {
            result = filtered(result, stage, scope);
        }
        return result;
    }

    private Flow choose(Stmt.If condition, Scope scope) {
        for (Branch branch : condition.branches()) {
            if (Values.truth(evaluate(branch.condition(), scope))) {
                return run(branch.body(), scope);
            }
        }
        return run(condition.otherwise(), scope);
    }

    private Flow with(Stmt.With with, Scope scope) {
        Scope inner = scope(with.body(), scope);
        for (int i = 0; i < with.targets().size(); i++) {
            assign(with.targets().get(i), evaluate(with.values().get(i), scope), inner);
        }
        return run(with.body(), inner);
    }

    private Flow loop(Stmt.For loop, Object iterable, int depth, Scope scope) {
        Iterator<?> items = Values.iterator(iterable);
        Loop state = new Loop(
                this,
                loop.filter() == null
                        ? items
                        : SelectionFilters.filtered(items, item -> passes(loop, item, scope), this),
                loop.filter() == null ? Values.lengthOrNone(iterable) : -1,
                depth,
                loop.recursive() ? (inner, level) -> deeper(loop, inner, level, scope) : null);
        boolean completed = false;
        while (state.hasNext()) {
            budget().spend(ROUND);
            Scope inner = scope(loop.body(), scope);
            assign(loop.target(), state.next(), inner);
            inner.set("loop", state);
            Flow flow = run(loop.body(), inner);
            if (flow == Flow.BREAK) {
                break;
            }
            // As in Jinja: a round that ended early does not count.
            completed |= flow == Flow.NORMAL;
        }
        return completed ? Flow.NORMAL : run(loop.otherwise(), scope(loop.otherwise(), scope));
    }

    private boolean passes(Stmt.For loop, Object item, Scope scope) {
        Scope inner = new Scope(scope);
        assign(loop.target(), item, inner);
        return Values.truth(evaluate(loop.filter(), inner));
    }

    private Object deeper(Stmt.For loop, Object items, int depth, Scope scope) {
        budget().enter();
        StringBuilder around = out;
        out = new StringBuilder();
        loop(loop, items, depth, scope);
        String text = out.toString();
        out = around;
        budget().leave();
        return text;
    }

    private Flow assign(Target target, Object value, Scope scope) {
        switch (target) {
            case NameTarget name -> scope.set(name.name(), value);
            case TupleTarget tuple -> {
                List<Object> items = unpacked(value, tuple.items().size());
                for (int i = 0; i < items.size(); i++) {
                    assign(tuple.items().get(i), items.get(i), scope);
                }
            }
            case NamespaceTarget attribute -> {
                if (!(scope.get(attribute.name(), null) instanceof Namespace space)) {
                    throw Fault.value("cannot assign attribute on non-namespace object");
                }
                space.attributes().put(attribute.attribute(), value);
            }
        }
        return Flow.NORMAL;
    }
}
