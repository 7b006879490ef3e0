package org.tornadomor.engine;

import static org.tornadomor.engine.Op.check;
import static org.tornadomor.engine.Op.sameRows;

import java.util.List;

/** From logits to the next token. */
public sealed interface SampleOp extends Op {
    /** Columns of {@code settings} [R, 4]: temperature (0 = greedy), top-k (0 = all), top-p (1 = all), repetition penalty. */
    int TEMPERATURE = 0;

    int TOP_K = 1;
    int TOP_P = 2;
    int PENALTY = 3;
    /** How many columns there are. */
    int SETTINGS = 4;

    /**
     * The next token of each row: logits of tokens in the row's history are divided (if positive) or multiplied (if
     * negative) by the repetition penalty; then the largest, ties to the smaller id, or, with a temperature, the token at
     * which the cumulative probability of the k likeliest within the smallest set that reaches top-p passes
     * {@code uniform} in [0, 1), in order of falling probability, ties to the smaller id. The logits are left as they
     * are. next [R], logits [R, V], settings [R, 4], uniform [R], history [R, H] of ids, historyLength [R].
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
