package org.tornadomor.formats.gguf;

/** A file that contradicts itself or its format. */
final class GgufDamage extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GgufDamage(String message) {
        super(message);
    }
}
