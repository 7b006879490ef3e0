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
     * The next token of each row. First the logits of tokens in the row's history are divided (if positive) or multiplied (if
     * negative) by the repetition penalty. At temperature 0 the token with the largest logit is next, ties to the smaller id.
     * Otherwise it is the token at which the cumulative probability of the kept tokens passes {@code uniform} in [0, 1), in
     * order of falling probability, ties to the smaller id. A token is kept if it is among the k likeliest, in the smallest set
     * that reaches top-p, and has a logit at most temperature times -ln(min-p) below the largest. Each limit looks at the
     * probabilities of all tokens at the temperature, so the order of the limits does not matter (transformers and vLLM take
     * the temperature first too, but apply each limit to what the previous one left; llama.cpp takes the temperature last). The
     * logits are left as they are. next [R], logits [R, V], settings [R, 5], uniform [R], history [R, H] of ids, historyLength
     * [R].
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
