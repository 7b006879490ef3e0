package org.tornadomor.template;

/**
 * A piece of a template.
 *
 * @param value what was written, without quotes and escapes; a number for INTEGER and FLOAT
 */
record Token(int line, Type type, Object value) {
    /** The kinds of pieces. */
    enum Type {
        DATA,
        BLOCK_BEGIN,
        BLOCK_END,
        PRINT_BEGIN,
        PRINT_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean isName(String name) {
        return type == Type.NAME && value.equals(name);
    }

    boolean isOperator(String sign) {
        return type == Type.OPERATOR && value.equals(sign);
    }

    /** For messages. */
    String described() {
        return switch (type) {
            case DATA -> "text";
            case BLOCK_BEGIN -> "'{%'";
            case BLOCK_END -> "'%}'";
            case PRINT_BEGIN -> "'{{'";
            case PRINT_END -> "'}}'";
            case STRING -> "a string";
            case NAME, OPERATOR, INTEGER, FLOAT -> "'" + value + "'";
            case END -> "the end of the template";
        };
    }
}
