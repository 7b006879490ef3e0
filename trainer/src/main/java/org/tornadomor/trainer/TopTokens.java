package org.tornadomor.trainer;

/** Picks the k likeliest tokens of a row of logits, and says how likely they and all others are. For one thread. */
final class TopTokens {
    /** The logarithm of a probability that counts as none: floats for smaller ones are not usable numbers. */
    private static final double NOTHING = -100;

    private final int k;
    private final double temperature;
    /** A heap with the least likely of the best on top: of equals, the one with the larger id. */
    private final int[] heap;

    private final boolean[] picked;
    private final int vocabulary;
    private float[] logits;
    private int from;

    TopTokens(int vocabulary, int k, double temperature) {
        this.k = k;
        this.temperature = temperature;
        heap = new int[k];
        picked = new boolean[vocabulary];
        this.vocabulary = vocabulary;
    }

    /**
     * Picks the tokens of a row.
     *
     * @param row of logits [rows, V]
     * @param ids [k] filled with the tokens, ascending
     * @param logProbs [k + 1] filled with the logarithms of their probabilities at the temperature, and of that of all others
     * @return their probability together
     */
    double of(float[] logits, int row, int[] ids, float[] logProbs) {
        this.logits = logits;
        from = row * vocabulary;
        pick();
        double max = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < vocabulary; c++) {
            max = Math.max(max, logits[from + c]);
        }
        double known = 0;
        double rest = 0;
        for (int c = 0; c < vocabulary; c++) {
            double weight = Math.exp((logits[from + c] - max) / temperature);
            if (picked[c]) {
                known += weight;
            } else {
                rest += weight;
            }
        }
        double logSum = Math.log(known + rest);
        for (int c = 0, i = 0; i < k; c++) {
            if (picked[c]) {
                ids[i] = c;
                logProbs[i++] = (float) ((logits[from + c] - max) / temperature - logSum);
                picked[c] = false;
            }
        }
        logProbs[k] = (float) Math.max(NOTHING, Math.log(rest) - logSum);
        return known / (known + rest);
    }

    private void pick() {
        for (int c = 0; c < k; c++) {
            heap[c] = c;
        }
        for (int i = k / 2 - 1; i >= 0; i--) {
            sink(i);
        }
        for (int c = k; c < vocabulary; c++) {
            // A later token of the same logit is the worse one.
            if (logits[from + c] > logits[from + heap[0]]) {
                heap[0] = c;
                sink(0);
            }
        }
        for (int id : heap) {
            picked[id] = true;
        }
    }

    private void sink(int start) {
        int i = start;
        while (2 * i + 1 < k) {
            int child = 2 * i + 1;
            if (child + 1 < k && worse(heap[child + 1], heap[child])) {
                child++;
            }
            if (!worse(heap[child], heap[i])) {
                return;
            }
            int moved = heap[i];
            heap[i] = heap[child];
            heap[child] = moved;
            i = child;
        }
    }

    private boolean worse(int one, int other) {
        float a = logits[from + one];
        float b = logits[from + other];
        return a < b || a == b && one > other;
    }
}
