package org.tornadomor.lessons;

/**
 * What is wrong with an exercise.
 *
 * @param rule the kind of fault in one word, such as {@code race}
 * @param line of the learner's file, 0 where none is to blame
 * @param cause what happened
 * @param hint what to look at
 */
record Finding(String rule, int line, String cause, String hint) {}
