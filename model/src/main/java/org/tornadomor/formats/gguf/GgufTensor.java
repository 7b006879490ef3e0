package org.tornadomor.formats.gguf;

/**
 * A tensor of a file.
 *
 * @param shape row-major, outermost first: the file has it the other way round
 * @param at its first byte, from the beginning of the file
 */
record GgufTensor(String name, GgmlType type, long[] shape, long at) {
    long elements() {
        long elements = 1;
        for (long dimension : shape) {
            elements *= dimension;
        }
        return elements;
    }

    long bytes() {
        return type.bytes(elements());
    }

    /** Elements of a row. */
    long columns() {
        return shape[shape.length - 1];
    }
}
