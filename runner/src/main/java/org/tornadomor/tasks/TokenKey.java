package org.tornadomor.tasks;

import java.util.Arrays;

/**
 * The first tokens of an array as a key: keys of equal tokens are equal.
 *
 * @param ids not to be changed
 * @param count how many of them
 */
record TokenKey(int[] ids, int count) {
    @Override
    public boolean equals(Object other) {
        return other instanceof TokenKey key && Arrays.equals(ids, 0, count, key.ids, 0, key.count);
    }

    @Override
    public int hashCode() {
        int hash = count;
        for (int i = 0; i < count; i++) {
            hash = 31 * hash + ids[i];
        }
        return hash;
    }

    @Override
    public String toString() {
        return Arrays.toString(Arrays.copyOf(ids, count));
    }
}
