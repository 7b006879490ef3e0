package org.tornadomor.tasks;

import java.util.List;
import java.util.function.LongConsumer;
import org.tornadomor.UserError;

/** Runs requests through a model. */
interface RequestScorer extends AutoCloseable {
    /**
     * The answers, in the order of the requests.
     *
     * @param progress is told of tokens that were done
     * @throws UserError if the model computes nothing finite
     */
    default Answer[] score(List<TokenRequest> requests, LongConsumer progress) {
        Answer[] answers = new Answer[requests.size()];
        run(ScoringJob.of(requests), answers, progress);
        for (Answer answer : answers) {
            if (!Double.isFinite(answer.logLikelihood())) {
                throw new UserError("the model's log-likelihoods are not finite; use an earlier checkpoint");
            }
        }
        return answers;
    }

    /** Runs all jobs and fills in the answers. */
    void run(List<ScoringJob> jobs, Answer[] answers, LongConsumer progress);

    /** Tokens that were computed so far; those whose keys were there already are not among them. */
    long computed();

    @Override
    void close();
}
