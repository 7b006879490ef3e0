package org.tornadomor.template;

import java.util.List;
import org.tornadomor.template.TemplateException.Kind;
import org.tornadomor.template.Token.Type;

/** The tokens of a template, from which the parsers take one after the other. */
final class Tokens {
    private static final int DEPTH = 100;

    private final String template;
    private final List<Token> tokens;
    private int at;
    private int depth;

    Tokens(String template, List<Token> tokens) {
        this.template = template;
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(at);
    }

    Token following() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token take() {
        Token token = tokens.get(at);
        at += at + 1 < tokens.size() ? 1 : 0;
        return token;
    }

    int line() {
        return current().line();
    }

    boolean isName(String name) {
        return current().isName(name);
    }

    boolean isOperator(String sign) {
        return current().isOperator(sign);
    }

    boolean takeName(String name) {
        boolean found = isName(name);
        if (found) {
            take();
        }
        return found;
    }

    boolean takeOperator(String sign) {
        boolean found = isOperator(sign);
        if (found) {
            take();
        }
        return found;
    }

    Token expect(Type type, String what) {
        if (current().type() != type) {
            throw failure("expected " + what + ", got " + current().described());
        }
        return take();
    }

    void expectOperator(String sign) {
        if (!takeOperator(sign)) {
            throw failure("expected '" + sign + "', got " + current().described());
        }
    }

    String expectName() {
        return (String) expect(Type.NAME, "a name").value();
    }

    TemplateException failure(String reason) {
        return failure(line(), reason);
    }

    TemplateException failure(int line, String reason) {
        return new TemplateException(template, line, reason, Kind.SYNTAX);
    }

    /** Goes into an expression or a block within another; {@link #leave()} goes out again. */
    void enter() {
        if (++depth > DEPTH) {
            throw failure("more than " + DEPTH + " expressions or blocks within each other");
        }
    }

    void leave() {
        depth--;
    }

    /** Fails for a chain of operators that is too long to be walked. */
    void chain(int length) {
        if (length > 10 * DEPTH) {
            throw failure("more than " + 10 * DEPTH + " operators in a row");
        }
    }
}
