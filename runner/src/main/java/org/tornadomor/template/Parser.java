package org.tornadomor.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.tornadomor.template.Stmt.Branch;
import org.tornadomor.template.Stmt.Function;
import org.tornadomor.template.Stmt.NameTarget;
import org.tornadomor.template.Stmt.NamespaceTarget;
import org.tornadomor.template.Stmt.Target;
import org.tornadomor.template.Stmt.TupleTarget;
import org.tornadomor.template.TemplateOptions.Dialect;
import org.tornadomor.template.Token.Type;

/**
 * Makes the tree of a template. It knows the tags {@code for}, {@code if}, {@code set}, {@code macro}, {@code call}, {@code filter},
 * {@code with}, {@code print}, and of chat templates {@code break}, {@code continue} and {@code generation}. The tags that need
 * other files, and those of translation, are refused.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/#list-of-control-structures">Control structures</a>
 */
final class Parser {
    private final Tokens tokens;
    private final ExpressionParser expressions;
    private final boolean chat;
    /** Loops around the current place within the innermost macro. */
    private int loops;

    private Parser(Tokens tokens, Builtins builtins, Dialect dialect) {
        this.tokens = tokens;
        this.expressions = new ExpressionParser(tokens, builtins);
        this.chat = dialect == Dialect.CHAT;
    }

    /** @throws TemplateException if the text is no template or uses what is not supported */
    static List<Stmt> parse(String name, String source, TemplateOptions options, Builtins builtins) {
        Tokens tokens = new Tokens(name, new Lexer(name, source, options).tokens());
        Parser parser = new Parser(tokens, builtins, options.dialect());
        List<Stmt> body = parser.statements(Set.of());
        parser.expressions.failOnUnknown();
        return body;
    }

    /** Up to the tag, not taken, whose name is one of the given; up to the end if there are none. */
    private List<Stmt> statements(Set<String> ends) {
        List<Stmt> body = new ArrayList<>();
        while (true) {
            Token token = tokens.current();
            switch (token.type()) {
                case DATA ->
                    body.add(new Stmt.Text(token.line(), (String) tokens.take().value()));
                case PRINT_BEGIN -> {
                    tokens.take();
                    body.add(new Stmt.Print(token.line(), expressions.tuple(true, null)));
                    tokens.expect(Type.PRINT_END, "'}}'");
                }
                case BLOCK_BEGIN -> {
                    tokens.take();
                    Token name = tokens.current();
                    if (name.type() == Type.NAME && ends.contains(name.value())) {
                        return List.copyOf(body);
                    }
                    body.addAll(statement(ends));
                    tokens.expect(Type.BLOCK_END, "'%}'");
                }
                default -> {
                    if (!ends.isEmpty()) {
                        throw tokens.failure("unexpected end of the template; expected the tag " + named(ends));
                    }
                    return List.copyOf(body);
                }
            }
        }
    }

    private static String named(Set<String> tags) {
        return String.join(" or ", tags.stream().sorted().toList());
    }

    /** The body behind a tag, up to one of the given tags. */
    private List<Stmt> body(String... ends) {
        tokens.takeOperator(":");
        tokens.expect(Type.BLOCK_END, "'%}'");
        tokens.enter();
        List<Stmt> body = statements(Set.of(ends));
        tokens.leave();
        return body;
    }

    /** The body up to a tag that is taken. */
    private List<Stmt> bodyUntil(String end) {
        List<Stmt> body = body(end);
        tokens.take();
        return body;
    }

    private List<Stmt> statement(Set<String> ends) {
        int line = tokens.line();
        String tag = (String) tokens.expect(Type.NAME, "a tag name").value();
        Stmt statement = switch (tag) {
            case "for" -> forLoop(line);
            case "if" -> condition(line);
            case "set" -> set(line);
            case "macro" -> macro(line);
            case "call" -> callBlock(line);
            case "filter" -> filterBlock(line);
            case "with" -> with(line);
            case "print" -> {
                yield null;
            }
            case "break", "continue" -> jump(line, tag);
            case "generation" -> generation(line);
            default -> throw unknownTag(line, tag, ends);
        };
        return statement == null ? print() : List.of(statement);
    }

    private TemplateException unknownTag(int line, String tag, Set<String> ends) {
        return switch (tag) {
            case "include", "import", "from", "extends", "block", "autoescape", "do", "trans", "pluralize", "debug" ->
                tokens.failure(line, "the tag '" + tag + "' is not supported");
            default ->
                tokens.failure(line, "unknown tag '" + tag + "'" + (ends.isEmpty() ? "" : "; expected " + named(ends)));
        };
    }

    private List<Stmt> print() {
        List<Stmt> all = new ArrayList<>();
        while (tokens.current().type() != Type.BLOCK_END) {
            if (!all.isEmpty()) {
                tokens.expectOperator(",");
            }
            all.add(new Stmt.Print(tokens.line(), expressions.expression()));
        }
        return all;
    }

    private Stmt jump(int line, String tag) {
        if (!chat) {
            throw unknownTag(line, tag, Set.of());
        }
        if (loops == 0) {
            throw tokens.failure(line, "'" + tag + "' outside of a loop");
        }
        return tag.equals("break") ? new Stmt.Break(line) : new Stmt.Continue(line);
    }

    private Stmt generation(int line) {
        if (!chat) {
            throw unknownTag(line, "generation", Set.of());
        }
        int outer = loops;
        loops = 0;
        List<Stmt> body = bodyUntil("endgeneration");
        loops = outer;
        return new Stmt.Scoped(line, body);
    }

    private Stmt forLoop(int line) {
        Target target = target(false, "in");
        if (!tokens.takeName("in")) {
            throw tokens.failure("expected 'in', got " + tokens.current().described());
        }
        Expr iterable = expressions.tuple(false, "recursive");
        Expr filter = tokens.takeName("if") ? expressions.expression() : null;
        boolean recursive = tokens.takeName("recursive");
        int outer = loops;
        loops = recursive ? 1 : loops + 1;
        List<Stmt> body = body("endfor", "else");
        loops = outer;
        boolean otherwise = tokens.take().isName("else");
        return new Stmt.For(
                line, target, iterable, filter, recursive, body, otherwise ? bodyUntil("endfor") : List.of());
    }

    private Stmt condition(int line) {
        List<Branch> branches = new ArrayList<>();
        List<Stmt> otherwise = List.of();
        for (boolean more = true; more; ) {
            Expr condition = expressions.tuple(false, null);
            int known = expressions.unknown();
            branches.add(new Branch(condition, body("elif", "else", "endif")));
            String tag = (String) tokens.take().value();
            if (tag.equals("else")) {
                otherwise = bodyUntil("endif");
            }
            expressions.forgive(known);
            more = tag.equals("elif");
        }
        return new Stmt.If(line, List.copyOf(branches), otherwise);
    }

    private Stmt set(int line) {
        Target target = target(true, null);
        if (tokens.takeOperator("=")) {
            return new Stmt.Set(line, target, expressions.tuple(true, null));
        }
        List<Expr.Stage> filters = new ArrayList<>();
        while (tokens.takeOperator("|")) {
            filters.add(expressions.stage());
        }
        return new Stmt.SetBlock(line, target, List.copyOf(filters), bodyUntil("endset"));
    }

    private Stmt macro(int line) {
        String name = targetName();
        return new Stmt.Macro(line, function(line, name, "endmacro", null));
    }

    private Stmt callBlock(int line) {
        Expr[] call = new Expr[1];
        Function caller = function(line, null, "endcall", call);
        if (!(call[0] instanceof Expr.Call made)) {
            throw tokens.failure(line, "expected a call");
        }
        return new Stmt.CallBlock(line, caller, made);
    }

    /** Parameters and body; for a call block with the expression between them, which lands in {@code call}. */
    private Function function(int line, String name, String end, Expr[] call) {
        List<String> parameters = new ArrayList<>();
        List<Expr> defaults = new ArrayList<>();
        Set<String> uses = new HashSet<>();
        expressions.beginMacro(uses);
        if (call == null || tokens.isOperator("(")) {
            signature(parameters, defaults);
        }
        if (call != null) {
            // What the call itself passes on is no use of the caller's arguments.
            expressions.endMacro();
            call[0] = expressions.expression();
            expressions.beginMacro(uses);
        }
        int outer = loops;
        loops = 0;
        List<Stmt> body = bodyUntil(end);
        loops = outer;
        expressions.endMacro();
        return new Function(line, name, List.copyOf(parameters), List.copyOf(defaults), Set.copyOf(uses), body);
    }

    private void signature(List<String> parameters, List<Expr> defaults) {
        tokens.expectOperator("(");
        while (!tokens.isOperator(")")) {
            if (!parameters.isEmpty()) {
                tokens.expectOperator(",");
            }
            int line = tokens.line();
            String parameter = targetName();
            if (parameters.contains(parameter)) {
                throw tokens.failure(line, "duplicate argument '" + parameter + "'");
            }
            parameters.add(parameter);
            if (tokens.takeOperator("=")) {
                defaults.add(expressions.expression());
            } else if (!defaults.isEmpty()) {
                throw tokens.failure(line, "non-default argument follows default argument");
            }
        }
        tokens.take();
    }

    private Stmt filterBlock(int line) {
        List<Expr.Stage> filters = new ArrayList<>();
        do {
            filters.add(expressions.stage());
        } while (tokens.takeOperator("|"));
        return new Stmt.FilterBlock(line, List.copyOf(filters), bodyUntil("endfilter"));
    }

    private Stmt with(int line) {
        List<Target> targets = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        while (tokens.current().type() != Type.BLOCK_END) {
            if (!targets.isEmpty()) {
                tokens.expectOperator(",");
            }
            targets.add(new NameTarget(targetName()));
            tokens.expectOperator("=");
            values.add(expressions.expression());
        }
        return new Stmt.With(line, List.copyOf(targets), List.copyOf(values), bodyUntil("endwith"));
    }

    private String targetName() {
        int line = tokens.line();
        String name = tokens.expectName();
        if (Set.of("true", "false", "none", "True", "False", "None").contains(name)) {
            throw tokens.failure(line, "can't assign to '" + name + "'");
        }
        return name;
    }

    /** What takes a value; several with commas take the items of one. */
    private Target target(boolean namespaces, String end) {
        List<Target> items = new ArrayList<>();
        boolean several = false;
        while (!(several
                        && (tokens.isOperator("=")
                                || tokens.current().type() == Type.BLOCK_END
                                || tokens.isOperator(")")))
                && (end == null || !tokens.isName(end))) {
            items.add(singleTarget(namespaces));
            if (!tokens.takeOperator(",")) {
                break;
            }
            several = true;
        }
        if (items.isEmpty()) {
            throw tokens.failure("expected a name, got " + tokens.current().described());
        }
        return several ? new TupleTarget(List.copyOf(items)) : items.getFirst();
    }

    private Target singleTarget(boolean namespaces) {
        if (tokens.takeOperator("(")) {
            tokens.enter();
            Target inner = target(namespaces, null);
            tokens.leave();
            tokens.expectOperator(")");
            return inner;
        }
        String name = targetName();
        if (namespaces && tokens.takeOperator(".")) {
            return new NamespaceTarget(name, tokens.expectName());
        }
        if (name.equals("loop") && !namespaces) {
            throw tokens.failure("can't assign to the special variable loop in a for loop");
        }
        return new NameTarget(name);
    }
}
