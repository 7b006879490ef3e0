package org.tornadomor.template;

/**
 * A template that cannot be read or rendered: which one, at which line, and why. The message is one line.
 *
 * <p>Callers that talk to users turn it into their own error; {@link #kind()} says whose fault it is.
 */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What kind of failure it is. */
    public enum Kind {
        /** The text is no template, or uses what is not supported. */
        SYNTAX,
        /** An operation fails on these values, as in {@code 1 + 'a'}. */
        VALUE,
        /** The template called {@code raise_exception}: it does not take these messages. */
        RAISED,
        /** Rendering exceeds one of the {@link Limits}. */
        LIMIT
    }

    private final String template;
    private final int line;
    private final String reason;
    private final Kind kind;

    TemplateException(String template, int line, String reason, Kind kind) {
        super(template + ", line " + line + ": " + oneLine(reason));
        this.template = template;
        this.line = line;
        this.reason = oneLine(reason);
        this.kind = kind;
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    /** The name under which the template was parsed. */
    public String template() {
        return template;
    }

    /** The line of the template, counted from 1. */
    public int line() {
        return line;
    }

    /** The cause alone, without the place; what the template said, if it is {@link Kind#RAISED}. */
    public String reason() {
        return reason;
    }

    /** What kind of failure it is. */
    public Kind kind() {
        return kind;
    }
}
