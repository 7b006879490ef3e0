package org.tornadomor.engine.cpu.basics;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width of this machine and the few functions on vectors that must give the same bits whether interpreted or
 * compiled. Each has a scalar twin that computes the same thing for the ends of rows.
 *
 * <p>In loops, here and elsewhere, {@code add} is called on the vector that was just loaded or computed, with the sums as its
 * argument, and not the other way round. The compiler knows the class of such a vector. That of a vector that goes round
 * in a loop it knows only if it has watched the loop long enough; if not, each call makes an object, for as long as the program
 * runs.
 */
public final class Lanes {
    public static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    public static final int LENGTH = SPECIES.length();
    static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);
    /** Half a vector, if a vector is a whole cache line. */
    public static final VectorSpecies<Float> PART = LENGTH > 8 ? FloatVector.SPECIES_256 : SPECIES;
    /**
     * The first element of a large float array that begins a cache line. Collectors that manage memory in regions start large
     * arrays at the start of one, and the elements come after a header of 16 bytes. Vectors that straddle lines cost twice.
     */
    public static final int ALIGNED = 12;

    private static final float LOG2_E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    /** Adding this to a float rounds it to an integer, which then stands in the low bits. */
    private static final float ROUND = 12582912f;

    /**
     * The exponential of this changes no float32 sum with 1 in it. A much smaller number would make products that are no longer
     * normal numbers, as in the gradient of a key that hardly any query attends to, and some processors take many times as long
     * over those.
     */
    private static final float EXP_MIN = -44f;

    private static final float EXP_MAX = 88f;
    /** Minimax polynomial of (exp(r) - 1 - r) / r^2 on |r| <= ln 2 / 2 (Cephes, expf). */
    private static final float P0 = 1.9875691500e-4f;

    private static final float P1 = 1.3981999507e-3f;
    private static final float P2 = 8.3334519073e-3f;
    private static final float P3 = 4.1665795894e-2f;
    private static final float P4 = 1.6666665459e-1f;
    private static final float P5 = 5.0000001201e-1f;
    private static final int ONE_BITS = 0x3f800000;

    // Constants of their own: to the compiler, elements of an array would not be constants. The methods that use them
    // would then get too large to be inlined, and the vectors passed to these methods would be put on the heap.
    private static final VectorShuffle<Float> FOLD_8 = fold(SPECIES, 8);
    private static final VectorShuffle<Float> FOLD_4 = fold(SPECIES, 4);
    private static final VectorShuffle<Float> FOLD_2 = fold(SPECIES, 2);
    private static final VectorShuffle<Float> FOLD_1 = fold(SPECIES, 1);

    private static final VectorShuffle<Float> FOLD_PART_4 = fold(PART, 4);
    private static final VectorShuffle<Float> FOLD_PART_2 = fold(PART, 2);
    private static final VectorShuffle<Float> FOLD_PART_1 = fold(PART, 1);

    private Lanes() {}

    private static VectorShuffle<Float> fold(VectorSpecies<Float> species, int distance) {
        return VectorShuffle.fromOp(species, lane -> (lane + distance) % species.length());
    }

    /** The sum of the lanes, folded in halves. */
    public static float sum(FloatVector v) {
        if (LENGTH > 8) {
            v = v.add(v.rearrange(FOLD_8));
        }
        if (LENGTH > 4) {
            v = v.add(v.rearrange(FOLD_4));
        }
        if (LENGTH > 2) {
            v = v.add(v.rearrange(FOLD_2));
        }
        return v.add(v.rearrange(FOLD_1)).lane(0);
    }

    /** The same for a vector in memory: loaded in parts, since it may have been stored in parts. */
    public static float sum(float[] x, int at) {
        FloatVector v = FloatVector.fromArray(PART, x, at);
        if (PART.length() < LENGTH) {
            v = v.add(FloatVector.fromArray(PART, x, at + PART.length()));
        }
        if (PART.length() > 4) {
            v = v.add(v.rearrange(FOLD_PART_4));
        }
        if (PART.length() > 2) {
            v = v.add(v.rearrange(FOLD_PART_2));
        }
        return v.add(v.rearrange(FOLD_PART_1)).lane(0);
    }

    /** The inner product of {@code n} elements. */
    public static float dot(float[] a, int aAt, float[] b, int bAt, int n) {
        FloatVector sums = FloatVector.zero(SPECIES);
        int whole = whole(n);
        for (int i = 0; i < whole; i += LENGTH) {
            sums = FloatVector.fromArray(SPECIES, a, aAt + i).fma(FloatVector.fromArray(SPECIES, b, bAt + i), sums);
        }
        // The code of sum, written out: sum is not always inlined here, and would then be passed an object for each
        // product.
        if (LENGTH > 8) {
            sums = sums.add(sums.rearrange(FOLD_8));
        }
        if (LENGTH > 4) {
            sums = sums.add(sums.rearrange(FOLD_4));
        }
        if (LENGTH > 2) {
            sums = sums.add(sums.rearrange(FOLD_2));
        }
        float sum = sums.add(sums.rearrange(FOLD_1)).lane(0);
        for (int i = whole; i < n; i++) {
            sum = Math.fma(a[aAt + i], b[bAt + i], sum);
        }
        return sum;
    }

    /** The scalar twin of {@link #dot}: the same bits. */
    public static float plainDot(float[] a, int aAt, float[] b, int bAt, int n) {
        int whole = whole(n);
        float sum = 0f;
        if (whole > 0) {
            sum = foldedDot(a, aAt, b, bAt, whole, 1);
        }
        for (int i = whole; i < n; i++) {
            sum = Math.fma(a[aAt + i], b[bAt + i], sum);
        }
        return sum;
    }

    /** The inner product of every {@code step}-th element, its lanes folded in halves as in {@link #sum}. */
    private static float foldedDot(float[] a, int aAt, float[] b, int bAt, int whole, int step) {
        if (step < LENGTH) {
            return foldedDot(a, aAt, b, bAt, whole, 2 * step)
                    + foldedDot(a, aAt + step, b, bAt + step, whole, 2 * step);
        }
        float sum = 0f;
        for (int i = 0; i < whole; i += LENGTH) {
            sum = Math.fma(a[aAt + i], b[bAt + i], sum);
        }
        return sum;
    }

    /** The scalar twin of adding {@code n} elements up, a vector at a time: the same bits. n is a number of whole vectors. */
    public static float plainSum(float[] x, int at, int n) {
        return foldedSum(x, at, n, 1);
    }

    private static float foldedSum(float[] x, int at, int n, int step) {
        if (step < LENGTH) {
            return foldedSum(x, at, n, 2 * step) + foldedSum(x, at + step, n, 2 * step);
        }
        float sum = 0f;
        for (int i = 0; i < n; i += LENGTH) {
            sum += x[at + i];
        }
        return sum;
    }

    /** {@code y += factor x} for {@code n} elements. */
    public static void addScaled(float[] y, int yAt, float[] x, int xAt, int n, float factor) {
        int whole = inVectors(n);
        for (int i = 0; i < whole; i += LENGTH) {
            FloatVector.fromArray(SPECIES, x, xAt + i)
                    .fma(FloatVector.broadcast(SPECIES, factor), FloatVector.fromArray(SPECIES, y, yAt + i))
                    .intoArray(y, yAt + i);
        }
        for (int i = whole; i < n; i++) {
            y[yAt + i] = Math.fma(x[xAt + i], factor, y[yAt + i]);
        }
    }

    /** {@code x *= factor} for {@code n} elements. */
    public static void scale(float[] x, int at, int n, float factor) {
        int whole = inVectors(n);
        for (int i = 0; i < whole; i += LENGTH) {
            FloatVector.fromArray(SPECIES, x, at + i).mul(factor).intoArray(x, at + i);
        }
        for (int i = whole; i < n; i++) {
            x[at + i] *= factor;
        }
    }

    /** The largest of {@code n} elements, passing over NaN; minus infinity if there is none. */
    public static float max(float[] x, int at, int n) {
        int whole = inVectors(n);
        float max = whole > 0 ? maxOfVectors(x, at, whole) : Float.NEGATIVE_INFINITY;
        for (int i = whole; i < n; i++) {
            max = x[at + i] > max ? x[at + i] : max;
        }
        return max;
    }

    private static float maxOfVectors(float[] x, int at, int whole) {
        // A comparison is one instruction. Java's max takes many, since it respects NaN and the signs of zeros.
        FloatVector most = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < whole; i += LENGTH) {
            FloatVector more = FloatVector.fromArray(SPECIES, x, at + i);
            most = more.blend(most, more.compare(VectorOperators.GT, most).not());
        }
        // Unlike a sum, the maximum of the lanes does not depend on their order.
        return most.reduceLanes(VectorOperators.MAX);
    }

    /** {@code n} rounded down to whole vectors. */
    public static int whole(int n) {
        return n - n % LENGTH;
    }

    /**
     * The same for a loop over vectors whose scalar twin does the rest; 0 as long as {@link ColdStart} asks for plain loops.
     */
    public static int inVectors(int n) {
        return ColdStart.isPlain(n) ? 0 : whole(n);
    }

    /** {@code exp(x)} to about one unit in the last place; below -44 it is exp(-44), above 88 exp(88). */
    public static FloatVector exp(FloatVector x) {
        // Comparisons are one instruction each. Java's min and max take many, since they respect the signs of zeros.
        FloatVector clamped = x.blend(EXP_MIN, x.compare(VectorOperators.LT, EXP_MIN));
        clamped = clamped.blend(EXP_MAX, clamped.compare(VectorOperators.GT, EXP_MAX));
        FloatVector shifted =
                clamped.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, ROUND));
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN2_HIGH), clamped);
        r = n.fma(FloatVector.broadcast(SPECIES, -LN2_LOW), r);
        FloatVector p = FloatVector.broadcast(SPECIES, P0);
        p = p.fma(r, FloatVector.broadcast(SPECIES, P1));
        p = p.fma(r, FloatVector.broadcast(SPECIES, P2));
        p = p.fma(r, FloatVector.broadcast(SPECIES, P3));
        p = p.fma(r, FloatVector.broadcast(SPECIES, P4));
        p = p.fma(r, FloatVector.broadcast(SPECIES, P5));
        p = p.fma(r.mul(r), r).add(1f);
        IntVector bits = (IntVector) shifted.reinterpretShape(INTS, 0);
        IntVector scale = bits.lanewise(VectorOperators.LSHL, 23).add(ONE_BITS);
        return p.mul(scale.reinterpretShape(SPECIES, 0));
    }

    /** The scalar twin of {@link #exp(FloatVector)}: the same bits. */
    public static float exp(float x) {
        float clamped = x < EXP_MIN ? EXP_MIN : x > EXP_MAX ? EXP_MAX : x;
        float shifted = Math.fma(clamped, LOG2_E, ROUND);
        float n = shifted - ROUND;
        float r = Math.fma(n, -LN2_HIGH, clamped);
        r = Math.fma(n, -LN2_LOW, r);
        float p = Math.fma(P0, r, P1);
        p = Math.fma(p, r, P2);
        p = Math.fma(p, r, P3);
        p = Math.fma(p, r, P4);
        p = Math.fma(p, r, P5);
        p = Math.fma(p, r * r, r) + 1f;
        return p * Float.intBitsToFloat((Float.floatToRawIntBits(shifted) << 23) + ONE_BITS);
    }

    /** {@code 1 / (1 + exp(-x))}. */
    public static FloatVector sigmoid(FloatVector x) {
        FloatVector one = FloatVector.broadcast(SPECIES, 1f);
        return one.div(exp(x.neg()).add(one));
    }

    /** The scalar twin of {@link #sigmoid(FloatVector)}: the same bits. */
    public static float sigmoid(float x) {
        return 1f / (exp(-x) + 1f);
    }
}
