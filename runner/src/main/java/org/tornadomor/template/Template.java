package org.tornadomor.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadomor.template.TemplateException.Kind;

/**
 * A Jinja template that was read once and can be rendered often, by several threads too.
 *
 * <p>What it gives is what Python's jinja2 gives, of the language that its documentation describes, without what needs other files
 * ({@code include}, {@code import}, {@code extends}, {@code block}) and without automatic escaping. Whole numbers have 64 bits. What
 * is not supported is refused by name and line, most of it when the template is read.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/">Template Designer Documentation</a>
 */
public final class Template {
    private static final int DEPTH = 200;

    private final String name;
    private final TemplateOptions options;
    private final List<Stmt> body;
    private final Map<List<Stmt>, Set<String>> unset;

    private Template(String name, TemplateOptions options, List<Stmt> body) {
        this.name = name;
        this.options = options;
        this.body = body;
        this.unset = Symbols.unset(body);
    }

    /**
     * Reads a template.
     *
     * @param name what messages call it
     * @throws TemplateException if the text is no template or uses what is not supported
     */
    public static Template parse(String name, String source, TemplateOptions options) {
        try {
            return new Template(name, options, Parser.parse(name, source, options, Builtins.of(options.dialect())));
        } catch (StackOverflowError e) {
            throw new TemplateException(name, 1, "expressions or blocks within each other are too deep", Kind.SYNTAX);
        }
    }

    /** The name under which it was parsed. */
    public String name() {
        return name;
    }

    /**
     * The text that it makes of variables.
     *
     * @param variables null, booleans, text, numbers, lists and maps with text as keys, of which neither may contain itself
     * @throws TemplateException if an operation fails, the template raises an exception, or a limit is exceeded
     * @throws IllegalArgumentException if a variable is anything else
     */
    public String render(Map<String, ?> variables) {
        Interpreter interpreter = new Interpreter(options, unset);
        Scope passed = new Scope(null);
        variables.forEach((key, value) -> passed.set(key, value(value, 0)));
        try {
            return interpreter.captured(body, interpreter.scope(body, passed));
        } catch (Fault e) {
            throw new TemplateException(name, interpreter.line(), String.valueOf(e.getMessage()), e.kind());
        } catch (StackOverflowError e) {
            throw new TemplateException(
                    name, interpreter.line(), "expressions or values within each other are too deep", Kind.LIMIT);
        }
    }

    private static Object value(Object value, int depth) {
        if (depth > DEPTH) {
            throw new IllegalArgumentException("lists and maps lie more than " + DEPTH + " deep within each other");
        }
        return switch (value) {
            case null -> null;
            case String text -> text;
            case Boolean flag -> flag;
            case Long number -> number;
            case Integer number -> number.longValue();
            case Short number -> number.longValue();
            case Byte number -> number.longValue();
            case BigInteger number -> Numbers.narrow(number);
            case Double number -> number;
            case Float number -> number.doubleValue();
            case BigDecimal number -> number.doubleValue();
            case List<?> list -> {
                List<Object> copy = new ArrayList<>(list.size());
                list.forEach(item -> copy.add(value(item, depth + 1)));
                yield copy;
            }
            case Map<?, ?> map -> {
                Map<Object, Object> copy = new LinkedHashMap<>();
                map.forEach((key, item) -> copy.put(key(key), value(item, depth + 1)));
                yield copy;
            }
            default ->
                throw new IllegalArgumentException(
                        "templates know no " + value.getClass().getName());
        };
    }

    private static String key(Object key) {
        if (key instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException("keys of maps are text, not " + key);
    }
}
