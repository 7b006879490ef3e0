package org.tornadomor.cluster;

import java.io.Serial;
import org.apache.spark.Partitioner;

/** Equal ranges of hashes, in their order. Hashes are as good as random, so that each range gets as much. */
final class HashRanges extends Partitioner {
    @Serial
    private static final long serialVersionUID = 1;

    private final int ranges;

    HashRanges(int ranges) {
        this.ranges = ranges;
    }

    @Override
    public int numPartitions() {
        return ranges;
    }

    @Override
    public int getPartition(Object key) {
        return (int) Math.unsignedMultiplyHigh(((TextKey) key).hash().high(), ranges);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HashRanges its && its.ranges == ranges;
    }

    @Override
    public int hashCode() {
        return ranges;
    }
}
