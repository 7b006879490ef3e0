package org.tornadomor.data;

import java.util.Objects;

/** A part of another sequence. */
record Slice(TokenSequence whole, long start, long size) implements TokenSequence {
    @Override
    public int get(long index) {
        return whole.get(start + Objects.checkIndex(index, size));
    }

    @Override
    public void copy(long from, int[] into, int offset, int length) {
        Objects.checkFromIndexSize(from, length, size);
        whole.copy(start + from, into, offset, length);
    }
}
