package org.tornadomor.engine.cpu;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.RowMath;

/**
 * Draws one token from a row of logits without sorting them. Think of the tokens in order of falling probability, ties by id:
 * top-k, top-p and the draw each ask where in that order a count or a probability mass is reached. A search answers this one
 * digit of the ordered logits after another: it adds up count and mass of the tokens for each value of the digit. That takes a
 * few passes over the row, whatever it holds.
 */
final class TokenDraw {
    private static final int[] SHIFTS = {21, 10, 0};
    private static final int[] SIZES = {2048, 2048, 1024};
    /**
     * Tokens weighed by one call. Vectors are slow until the JVM has compiled their method, which it does after a certain
     * number of calls, and with whole rows there would be only one call for each token of text.
     */
    private static final int CHUNK = 512;
    /** Below this the exponential is taken as 0: such tokens are never drawn. */
    private static final float EXP_MIN = -44f;

    /** The row, filled in by the caller. */
    final float[] logits;

    /** The weights of the last draw, the largest 1. */
    final float[] mass;

    private final int[] order;
    private final int[] coarseCounts = new int[SIZES[0]];
    private final double[] coarseMass = new double[SIZES[0]];
    private final int[] fineCounts = new int[SIZES[1]];
    private final double[] fineMass = new double[SIZES[1]];

    private int topK;
    private float topP, minP;

    private int wantedCount;
    private double wantedMass;
    private boolean beyond;

    /** What the last search found: a token, and count and mass of the tokens up to and with it. */
    private int foundToken;

    private int foundCount;
    private double foundMass;

    TokenDraw(int tokens) {
        logits = new float[tokens];
        mass = new float[tokens];
        order = new int[tokens];
    }

    /** The token of the largest logit, ties to the smaller id; NaN is never the largest. */
    int likeliest() {
        int best = 0;
        float most = Float.NEGATIVE_INFINITY;
        for (int id = 0; id < logits.length; id++) {
            if (logits[id] > most) {
                most = logits[id];
                best = id;
            }
        }
        return best;
    }

    /**
     * Sets what the next draws choose from.
     *
     * @param likeliest how many of the likeliest tokens (top-k); 0 for all
     * @param mass the probability mass that the smallest set of tokens has to reach (top-p); 1 for all
     * @param share the least probability, as a share of the largest (min-p); 0 for all
     */
    void limit(int likeliest, float mass, float share) {
        topK = likeliest;
        topP = mass;
        minP = share;
    }

    /**
     * Draws a token.
     *
     * @param max the largest logit, finite
     * @param uniform in [0, 1)
     */
    int draw(float max, float temperature, float uniform) {
        weigh(max, temperature);
        sumDigits();
        double total = 0;
        for (double part : coarseMass) {
            total += part;
        }
        int kept = topK > 0 ? Math.min(topK, logits.length) : logits.length;
        double keptMass = total;
        if (kept < logits.length || topP < 1f) {
            search(kept, topP < 1f ? topP * total : Double.POSITIVE_INFINITY, false);
            kept = foundCount;
            keptMass = foundMass;
        }
        if (minP > 0f) {
            countLikely(max, temperature);
            if (foundCount < kept) {
                kept = foundCount;
                keptMass = foundMass;
            }
        }
        search(kept, uniform * keptMass, true);
        return foundToken;
    }

    /** Count and mass of the tokens that are at least {@code minP} times as likely as the likeliest. */
    private void countLikely(float max, float temperature) {
        float least = (float) Math.log(minP);
        foundCount = 0;
        foundMass = 0;
        for (int id = 0; id < logits.length; id++) {
            if ((logits[id] - max) / temperature >= least) {
                foundCount++;
                foundMass += mass[id];
            }
        }
    }

    /** {@code mass = exp((logit - max) / temperature)}. */
    private void weigh(float max, float temperature) {
        for (int from = 0; from < logits.length; from += CHUNK) {
            weigh(from, Math.min(logits.length, from + CHUNK), max, temperature);
        }
    }

    private void weigh(int from, int to, float max, float temperature) {
        int whole = from + Lanes.inVectors(to - from);
        FloatVector zero = FloatVector.zero(Lanes.SPECIES);
        for (int c = from; c < whole; c += Lanes.LENGTH) {
            FloatVector x =
                    FloatVector.fromArray(Lanes.SPECIES, logits, c).sub(max).div(temperature);
            zero.blend(Lanes.exp(x), x.compare(VectorOperators.GE, EXP_MIN)).intoArray(mass, c);
        }
        for (int c = whole; c < to; c++) {
            float x = (logits[c] - max) / temperature;
            mass[c] = x >= EXP_MIN ? Lanes.exp(x) : 0f;
        }
    }

    /** The sums over the first digit, which all searches of a draw share. */
    private void sumDigits() {
        Arrays.fill(coarseCounts, 0);
        Arrays.fill(coarseMass, 0);
        for (int id = 0; id < logits.length; id++) {
            int key = RowMath.order(logits[id]);
            order[id] = key;
            coarseCounts[key >>> SHIFTS[0]]++;
            coarseMass[key >>> SHIFTS[0]] += mass[id];
        }
    }

    /**
     * Finds the first token at which the count is reached, or the mass is reached, or exceeded if {@code exceed} asks for that.
     */
    private void search(int count, double massBound, boolean exceed) {
        wantedCount = count;
        wantedMass = massBound;
        beyond = exceed;
        foundCount = 0;
        foundMass = 0;
        int digit = searchDigits(coarseCounts, coarseMass, SIZES[0]);
        for (int level = 1; level < SHIFTS.length; level++) {
            sumFineDigits(digit, level);
            int next = searchDigits(fineCounts, fineMass, SIZES[level]);
            digit = digit * SIZES[level] + next;
        }
        searchEquals(digit);
    }

    private boolean reached(int count, double sum) {
        return count >= wantedCount || (beyond ? sum > wantedMass : sum >= wantedMass);
    }

    /**
     * The largest digit value at which the search's goal is reached; tokens that stand before it are counted as found. Rounding
     * may keep the goal just out of reach; then the last value that occurs is the result.
     */
    private int searchDigits(int[] counts, double[] sums, int size) {
        int last = -1;
        for (int digit = size - 1; digit >= 0; digit--) {
            if (counts[digit] == 0) {
                continue;
            }
            if (last >= 0) {
                foundCount += counts[last];
                foundMass += sums[last];
            }
            last = digit;
            if (reached(foundCount + counts[digit], foundMass + sums[digit])) {
                break;
            }
        }
        return last;
    }

    private void sumFineDigits(int prefix, int level) {
        Arrays.fill(fineCounts, 0);
        Arrays.fill(fineMass, 0);
        int shift = SHIFTS[level];
        int prefixShift = SHIFTS[level - 1];
        int mask = SIZES[level] - 1;
        for (int id = 0; id < order.length; id++) {
            if (order[id] >>> prefixShift == prefix) {
                int digit = order[id] >>> shift & mask;
                fineCounts[digit]++;
                fineMass[digit] += mass[id];
            }
        }
    }

    /** The last step of a search: among tokens with the same logit, in order of their ids. */
    private void searchEquals(int key) {
        for (int id = 0; id < order.length; id++) {
            if (order[id] == key) {
                foundToken = id;
                foundCount++;
                foundMass += mass[id];
                if (reached(foundCount, foundMass)) {
                    return;
                }
            }
        }
    }
}
