package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.math3.random.MersenneTwister;

/**
 * Python's {@code random.Random} seeded with a whole number: the Mersenne Twister of 32 bits, and what Python makes of its output.
 *
 * @see <a href="https://docs.python.org/3/library/random.html">random</a>
 */
final class PythonRandom {
    private static final int WORD = 32;
    /** The number of items up to which {@code sample} works on a copy of them, if few are drawn. */
    private static final int SMALL = 21;

    private final MersenneTwister twister;

    /** @param seed not negative */
    PythonRandom(int seed) {
        // Python seeds with the 32-bit words of the number; this number has one word.
        twister = new MersenneTwister(new int[] {seed});
    }

    /** As {@code getrandbits}: a number of so many bits, 1 to 32. */
    long bits(int count) {
        return (twister.nextInt() & 0xffffffffL) >>> WORD - count;
    }

    /** As {@code random()}: 53 bits in [0, 1). */
    double unit() {
        long high = bits(27);
        long low = bits(26);
        return (high * 67108864.0 + low) * 0x1.0p-53;
    }

    /** A number from 0 up to but not including {@code bound}, drawn as {@code randrange} does. */
    int below(int bound) {
        int count = WORD - Integer.numberOfLeadingZeros(bound);
        long drawn = bits(count);
        while (drawn >= bound) {
            drawn = bits(count);
        }
        return (int) drawn;
    }

    /** As {@code sample}: so many of the items, in the order in which they were drawn. */
    <T> List<T> sample(List<T> items, int count) {
        int n = items.size();
        if (count < 0 || count > n) {
            throw new IllegalArgumentException(count + " of " + n);
        }
        List<T> drawn = new ArrayList<>(count);
        if (n <= copied(count)) {
            List<T> pool = new ArrayList<>(items);
            for (int i = 0; i < count; i++) {
                int at = below(n - i);
                drawn.add(pool.get(at));
                pool.set(at, pool.get(n - i - 1));
            }
        } else {
            Set<Integer> taken = new HashSet<>();
            while (drawn.size() < count) {
                int at = below(n);
                if (taken.add(at)) {
                    drawn.add(items.get(at));
                }
            }
        }
        return drawn;
    }

    /** How many items Python still copies in order to draw {@code count} of them. */
    private static double copied(int count) {
        double size = SMALL;
        if (count > 5) {
            size += Math.pow(4, Math.ceil(Math.log(count * 3.0) / Math.log(4)));
        }
        return size;
    }

    /** As {@code shuffle}: in place. */
    void shuffle(List<?> items) {
        for (int i = items.size() - 1; i > 0; i--) {
            Collections.swap(items, i, below(i + 1));
        }
    }
}
