package org.tornadomor.engine.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.tornadomor.engine.cpu.basics.ColdStart;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Transpose;

/** One query against keys and values in place: a decoding step, whose time is that of reading the cache once. */
final class RowAttention {
    private static final VectorSpecies<Float> SPECIES = Lanes.SPECIES;
    private static final int LENGTH = Lanes.LENGTH;
    /**
     * Scratch elements that {@link #scores} needs: the lanes of a vector's worth of inner products, and the same transposed.
     */
    static final int BLOCK = 2 * LENGTH * LENGTH;

    private RowAttention() {}

    /** {@code to[j] = q . k[j]} for {@code count} rows of k. May write up to the next whole vector of {@code to}. */
    static void scores(
            float[] q,
            int qAt,
            float[] k,
            int kAt,
            int kStride,
            int dim,
            int count,
            float[] to,
            int toAt,
            float[] block,
            int blockAt) {
        int whole = Lanes.whole(dim);
        if (ColdStart.isPlain(count * dim)) {
            for (int j = 0; j < count; j++) {
                to[toAt + j] = plainScore(q, qAt, k, kAt + j * kStride, whole, dim);
            }
            return;
        }
        for (int j = 0; j < count; j += LENGTH) {
            int keys = Math.min(LENGTH, count - j);
            for (int i = 0; i < keys; i++) {
                lanes(q, qAt, k, kAt + (j + i) * kStride, whole, block, blockAt + i * LENGTH);
            }
            sums(block, blockAt, to, toAt + j);
            for (int i = 0; i < keys && whole < dim; i++) {
                float sum = to[toAt + j + i];
                for (int c = whole; c < dim; c++) {
                    sum = Math.fma(q[qAt + c], k[kAt + (j + i) * kStride + c], sum);
                }
                to[toAt + j + i] = sum;
            }
        }
    }

    /** The scalar twin: lanes are added in order. */
    private static float plainScore(float[] q, int qAt, float[] k, int kAt, int whole, int dim) {
        float sum = 0f;
        for (int lane = 0; lane < LENGTH; lane++) {
            float laneSum = 0f;
            for (int c = lane; c < whole; c += LENGTH) {
                laneSum = Math.fma(q[qAt + c], k[kAt + c], laneSum);
            }
            sum = lane == 0 ? laneSum : sum + laneSum;
        }
        for (int c = whole; c < dim; c++) {
            sum = Math.fma(q[qAt + c], k[kAt + c], sum);
        }
        return sum;
    }

    private static void lanes(float[] q, int qAt, float[] k, int kAt, int whole, float[] to, int toAt) {
        FloatVector sums = FloatVector.zero(SPECIES);
        for (int c = 0; c < whole; c += LENGTH) {
            sums = FloatVector.fromArray(SPECIES, q, qAt + c).fma(FloatVector.fromArray(SPECIES, k, kAt + c), sums);
        }
        sums.intoArray(to, toAt);
    }

    /** The sum of the lanes of each of {@link #LENGTH} vectors: transposed, they add up as vectors. */
    private static void sums(float[] block, int blockAt, float[] to, int toAt) {
        int turned = blockAt + LENGTH * LENGTH;
        Transpose.run(block, blockAt, LENGTH, LENGTH, LENGTH, block, turned, LENGTH);
        FloatVector sums = FloatVector.fromArray(SPECIES, block, turned);
        for (int i = 1; i < LENGTH; i++) {
            sums = FloatVector.fromArray(SPECIES, block, turned + i * LENGTH).add(sums);
        }
        sums.intoArray(to, toAt);
    }

    /** {@code out += sum over j of p[j] v[j]} for {@code count} rows of v. */
    static void addWeighted(
            float[] p, int pAt, float[] v, int vAt, int vStride, int dim, int count, float[] out, int outAt) {
        int whole = ColdStart.isPlain(count * dim) ? 0 : Lanes.whole(dim);
        int c = 0;
        for (; c + 4 * LENGTH <= whole; c += 4 * LENGTH) {
            fourVectors(p, pAt, v, vAt + c, vStride, count, out, outAt + c);
        }
        for (; c < whole; c += LENGTH) {
            FloatVector sums = FloatVector.fromArray(SPECIES, out, outAt + c);
            for (int j = 0; j < count; j++) {
                sums = FloatVector.fromArray(SPECIES, v, vAt + c + j * vStride)
                        .fma(FloatVector.broadcast(SPECIES, p[pAt + j]), sums);
            }
            sums.intoArray(out, outAt + c);
        }
        for (; c < dim; c++) {
            float sum = out[outAt + c];
            for (int j = 0; j < count; j++) {
                sum = Math.fma(v[vAt + c + j * vStride], p[pAt + j], sum);
            }
            out[outAt + c] = sum;
        }
    }

    private static void fourVectors(
            float[] p, int pAt, float[] v, int vAt, int vStride, int count, float[] out, int outAt) {
        FloatVector a = FloatVector.fromArray(SPECIES, out, outAt);
        FloatVector b = FloatVector.fromArray(SPECIES, out, outAt + LENGTH);
        FloatVector c = FloatVector.fromArray(SPECIES, out, outAt + 2 * LENGTH);
        FloatVector d = FloatVector.fromArray(SPECIES, out, outAt + 3 * LENGTH);
        for (int j = 0; j < count; j++) {
            int at = vAt + j * vStride;
            FloatVector weight = FloatVector.broadcast(SPECIES, p[pAt + j]);
            a = FloatVector.fromArray(SPECIES, v, at).fma(weight, a);
            b = FloatVector.fromArray(SPECIES, v, at + LENGTH).fma(weight, b);
            c = FloatVector.fromArray(SPECIES, v, at + 2 * LENGTH).fma(weight, c);
            d = FloatVector.fromArray(SPECIES, v, at + 3 * LENGTH).fma(weight, d);
        }
        a.intoArray(out, outAt);
        b.intoArray(out, outAt + LENGTH);
        c.intoArray(out, outAt + 2 * LENGTH);
        d.intoArray(out, outAt + 3 * LENGTH);
    }
}
