package org.tornadomor.cluster;

import java.io.Serial;
import java.io.Serializable;
import java.util.Comparator;
import org.tornadomor.data.ContentHash;

/** Where something that was read goes: by its hash, and before the same text of later sources. */
record TextKey(ContentHash hash, int source) implements Comparable<TextKey>, Serializable {
    @Serial
    private static final long serialVersionUID = 1;

    private static final Comparator<TextKey> ORDER =
            Comparator.comparing(TextKey::hash).thenComparingInt(TextKey::source);

    @Override
    public int compareTo(TextKey other) {
        return ORDER.compare(this, other);
    }
}
