package org.tornadomor.data;

import java.util.List;
import java.util.Objects;

/** Sequences one after another. */
final class JoinedTokens implements TokenSequence {
    private final TokenSequence[] parts;

    /** Where each part begins, and the end. */
    private final long[] starts;

    JoinedTokens(List<? extends TokenSequence> parts) {
        this.parts = parts.toArray(TokenSequence[]::new);
        this.starts = new long[parts.size() + 1];
        for (int i = 0; i < this.parts.length; i++) {
            starts[i + 1] = starts[i] + this.parts[i].size();
        }
    }

    @Override
    public long size() {
        return starts[parts.length];
    }

    @Override
    public int get(long index) {
        int part = part(Objects.checkIndex(index, size()));
        return parts[part].get(index - starts[part]);
    }

    @Override
    public void copy(long from, int[] into, int offset, int length) {
        Objects.checkFromIndexSize(from, length, size());
        int done = 0;
        for (int part = part(from); done < length; part++) {
            long within = from + done - starts[part];
            int run = (int) Math.min(length - done, parts[part].size() - within);
            parts[part].copy(within, into, offset + done, run);
            done += run;
        }
    }

    /** The last part that begins at or before a place and is not empty, unless the place is the end. */
    private int part(long index) {
        int low = 0;
        int high = parts.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (starts[middle] <= index) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
