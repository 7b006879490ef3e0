package org.tornadomor.tasks;

/** What a task asks of a model. */
enum OutputType {
    /** How likely each choice is. */
    MULTIPLE_CHOICE,
    /** How likely a text is behind another. */
    LOGLIKELIHOOD,
    /** How likely a whole text is. */
    LOGLIKELIHOOD_ROLLING,
    /** What the model writes. */
    GENERATE_UNTIL
}
