package org.tornadomor.tasks;

/**
 * How tasks are run.
 *
 * @param shots examples before each document; null for what each task says
 * @param limit the most documents of a task; null for all
 * @param sequences requests that run side by side; 0 for as many as fit
 * @param context tokens that the model may see at once
 * @param threshold expert-choice: a token goes on to the next recursion if its router gives it more than this probability
 * @param maxDepth the most recursions of a token
 */
public record TaskOptions(Integer shots, Integer limit, int sequences, int context, double threshold, int maxDepth) {}
