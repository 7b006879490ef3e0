package org.tornadomor.data;

/**
 * What the simplest models of a text reach: the loss that a trained one has to beat. Both are cross-entropies in nats a
 * token, from counts in the training part with add-one smoothing over the vocabulary.
 *
 * @param unigram of each held-out token by itself
 * @param bigram of each held-out token but the first, given the token before it
 */
public record Baselines(double unigram, double bigram) {
    /**
     * Counts one sequence and measures another.
     *
     * @param heldOut at least two tokens
     * @param vocabSize the number of different tokens there can be
     */
    public static Baselines measure(TokenSequence training, TokenSequence heldOut, int vocabSize) {
        if (heldOut.size() < 2) {
            throw new IllegalArgumentException("a bigram takes two held-out tokens, not " + heldOut.size());
        }
        long[] single = new long[vocabSize];
        long[] followed = new long[vocabSize];
        PairCounts pairs = new PairCounts(vocabSize);
        int before = -1;
        for (long i = 0; i < training.size(); i++) {
            int token = training.get(i);
            single[token]++;
            if (before >= 0) {
                followed[before]++;
                pairs.add(before, token);
            }
            before = token;
        }
        double unigram = 0;
        double bigram = 0;
        before = -1;
        for (long i = 0; i < heldOut.size(); i++) {
            int token = heldOut.get(i);
            unigram -= Math.log((single[token] + 1.0) / (training.size() + (double) vocabSize));
            if (before >= 0) {
                bigram -= Math.log((pairs.get(before, token) + 1.0) / (followed[before] + (double) vocabSize));
            }
            before = token;
        }
        return new Baselines(unigram / heldOut.size(), bigram / (heldOut.size() - 1));
    }
}
