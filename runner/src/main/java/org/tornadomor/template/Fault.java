package org.tornadomor.template;

import org.tornadomor.template.TemplateException.Kind;

/** Why an operation fails, thrown where the line is not known; the interpreter makes a {@link TemplateException} of it. */
final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    private Fault(Kind kind, String reason) {
        super(reason, null, false, false);
        this.kind = kind;
    }

    /** The values do not fit the operation. */
    static Fault value(String reason) {
        return new Fault(Kind.VALUE, reason);
    }

    /** A limit would be exceeded. */
    static Fault limit(String reason) {
        return new Fault(Kind.LIMIT, reason);
    }

    /** The template itself asked for it. */
    static Fault raised(String reason) {
        return new Fault(Kind.RAISED, reason);
    }

    Kind kind() {
        return kind;
    }
}
