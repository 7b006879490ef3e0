package org.tornadomor.simulator;

import java.lang.classfile.Opcode;
import java.util.Arrays;

/** An operand stack that knows, for each value, which parameters it may come from, and whether it takes two slots. */
final class OriginStack {

    private int[] origins = new int[16];
    private boolean[] wide = new boolean[16];
    private int depth;

    int depth() {
        return depth;
    }

    void push(int origin, boolean isWide) {
        if (depth == origins.length) {
            origins = Arrays.copyOf(origins, 2 * depth);
            wide = Arrays.copyOf(wide, 2 * depth);
        }
        origins[depth] = origin;
        wide[depth++] = isWide;
    }

    int pop() {
        if (depth == 0) {
            throw new IllegalStateException("operand stack underflow");
        }
        return origins[--depth];
    }

    void pop(int count) {
        for (int i = 0; i < count; i++) {
            pop();
        }
    }

    void clear() {
        depth = 0;
    }

    OriginStack copy() {
        OriginStack copy = new OriginStack();
        copy.become(this);
        return copy;
    }

    /** Takes over the values of another stack; null is an empty one. */
    void become(OriginStack other) {
        depth = 0;
        if (other != null) {
            origins = other.origins.clone();
            wide = other.wide.clone();
            depth = other.depth;
        }
    }

    /** Joins the origins of another stack of the same depth into this one. */
    void merge(OriginStack other) {
        for (int i = 0; i < Math.min(depth, other.depth); i++) {
            origins[i] |= other.origins[i];
        }
    }

    /** One of the instructions that only move values. */
    void shuffle(Opcode opcode) {
        switch (opcode) {
            case POP -> pop();
            case POP2 -> pop(wide[depth - 1] ? 1 : 2);
            case DUP -> copyUnder(1, 0);
            case DUP_X1 -> copyUnder(1, 1);
            case DUP_X2 -> copyUnder(1, values(2, 1));
            case DUP2 -> copyUnder(values(2, 0), 0);
            case DUP2_X1 -> copyUnder(values(2, 0), 1);
            case DUP2_X2 -> {
                int top = values(2, 0);
                copyUnder(top, values(2, top));
            }
            case SWAP -> copyUnder(1, 1, true);
            default -> throw new IllegalArgumentException(opcode.name());
        }
    }

    /** {@return how many values fill a number of slots below the top values} */
    private int values(int slots, int below) {
        int count = 0;
        for (int left = slots; left > 0; count++) {
            left -= wide[depth - 1 - below - count] ? 2 : 1;
        }
        return count;
    }

    private void copyUnder(int top, int under) {
        copyUnder(top, under, false);
    }

    private void copyUnder(int top, int under, boolean drop) {
        int from = depth - top;
        int[] topOrigins = Arrays.copyOfRange(origins, from, depth);
        boolean[] topWide = Arrays.copyOfRange(wide, from, depth);
        int[] underOrigins = Arrays.copyOfRange(origins, from - under, from);
        boolean[] underWide = Arrays.copyOfRange(wide, from - under, from);
        depth = from - under;
        pushAll(topOrigins, topWide);
        pushAll(underOrigins, underWide);
        if (!drop) {
            pushAll(topOrigins, topWide);
        }
    }

    private void pushAll(int[] values, boolean[] widths) {
        for (int i = 0; i < values.length; i++) {
            push(values[i], widths[i]);
        }
    }
}
