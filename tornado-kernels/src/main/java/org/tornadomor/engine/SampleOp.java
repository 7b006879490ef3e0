package org.tornadomor.engine;

import static org.tornadomor.engine.Op.check;
import static org.tornadomor.engine.Op.sameRows;

import java.util.List;

/** From logits to the next token. */
public sealed interface SampleOp extends Op {
    /**
     * Columns of {@code settings} [R, 5]: temperature (0 = greedy), top-k (0 = all), top-p (1 = all), repetition penalty
     * (1 = none), min-p (0 = all).
     */
    int TEMPERATURE = 0;

    int TOP_K = 1;
    int TOP_P = 2;
    int PENALTY = 3;
    int MIN_P = 4;
    /** How many columns there are. */
    int SETTINGS = 5;

    /**
     * The next token of each row: logits of tokens in the row's history are divided (if positive) or multiplied (if
     * negative) by the repetition penalty; then the largest, ties to the smaller id, or, with a temperature, the token at
     * which the cumulative probability of those that are kept passes {@code uniform} in [0, 1), in order of falling
     * probability, ties to the smaller id. Kept are the k likeliest, within the smallest set that reaches top-p, within
     * those whose logit is at most temperature times -ln(min-p) below the largest. Each limit looks at the probabilities
     * of all tokens at the temperature, so their order does not matter (transformers and vLLM take the temperature first
     * too, but give each limit what the one before left; llama.cpp takes the temperature last). The logits are left as
     * they are. next [R], logits [R, V], settings [R, 5], uniform [R], history [R, H] of ids, historyLength [R].
     */
    record Sample(Slot next, Slot logits, Slot settings, Slot uniform, Slot history, Slot historyLength)
            implements SampleOp {
        public Sample {
            sameRows("Sample", next, logits, settings, uniform, history, historyLength);
            check(settings.columns() == SETTINGS, "Sample", settings);
        }

        @Override
        public Extent rows() {
            return next.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(logits, settings, uniform, history, historyLength);
        }

        @Override
        public List<Slot> writes() {
            return List.of(next);
        }
    }
}
