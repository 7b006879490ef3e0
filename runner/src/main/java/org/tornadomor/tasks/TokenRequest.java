package org.tornadomor.tasks;

/**
 * What a model is asked, as tokens.
 *
 * @param ids all of them; the model sees all but the last
 * @param scored how many of the last ones are predicted
 * @param cut how many tokens were taken off at the left, since the context is too short for them
 * @param partial whether some of the tokens that were taken off were to be predicted
 */
record TokenRequest(int[] ids, int scored, int cut, boolean partial) {
    /** Tokens that the model sees. */
    int inputs() {
        return ids.length - 1;
    }

    /** The first of the tokens from which something is predicted. */
    int firstPredicting() {
        return ids.length - 1 - scored;
    }
}
