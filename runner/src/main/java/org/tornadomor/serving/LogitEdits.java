package org.tornadomor.serving;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** Changes the logits of a request on the host, before its next token is drawn: bias and penalties, see {@link Extras}. */
final class LogitEdits {
    private final Map<Integer, Double> bias;
    private final float repetition;
    private final double frequency, presence;
    /** Tokens of the prompt and those that were drawn. */
    private final BitSet there = new BitSet();
    /** How often each token was drawn. */
    private final Map<Integer, Integer> drawn = new HashMap<>();

    private LogitEdits(Request request) {
        Extras extras = request.extras();
        bias = extras.logitBias();
        repetition = (float) request.sampling().repetitionPenalty();
        frequency = extras.frequencyPenalty();
        presence = extras.presencePenalty();
        for (int id : request.prompt()) {
            there.set(id);
        }
    }

    /**
     * Null for requests whose logits can stay where they are. Scores come from penalised logits: if scores are wanted, a
     * repetition penalty is applied here and not by the sampler.
     */
    static LogitEdits of(Request request) {
        boolean scoresPenalised =
                request.extras().topScores() >= 0 && request.sampling().repetitionPenalty() != 1;
        return scoresPenalised || request.extras().changesLogits() ? new LogitEdits(request) : null;
    }

    /** A token was drawn. */
    void drew(int id) {
        there.set(id);
        drawn.merge(id, 1, Integer::sum);
    }

    /** Changes the logits of the next token, [V]. */
    void apply(float[] logits) {
        bias.forEach((id, value) -> logits[id] += value.floatValue());
        if (repetition != 1) {
            for (int id = there.nextSetBit(0); id >= 0; id = there.nextSetBit(id + 1)) {
                // In float, as the sampler computes it, so that asking for scores changes no text.
                float logit = logits[id];
                logits[id] = logit > 0 ? logit / repetition : logit * repetition;
            }
        }
        drawn.forEach((id, count) -> logits[id] -= (float) (frequency * count + presence));
    }
}
