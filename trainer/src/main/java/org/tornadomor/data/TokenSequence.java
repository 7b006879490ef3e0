package org.tornadomor.data;

import java.util.Objects;

/** A long row of token ids that can be read at any place by any thread. */
public interface TokenSequence {
    /** The number of tokens. */
    long size();

    /** The token at a place. */
    int get(long index);

    /** Copies {@code length} tokens from {@code from} on into an array. Allocates nothing. */
    void copy(long from, int[] into, int offset, int length);

    /** A view of a part. */
    default TokenSequence slice(long from, long length) {
        Objects.checkFromIndexSize(from, length, size());
        return new Slice(this, from, length);
    }
}
