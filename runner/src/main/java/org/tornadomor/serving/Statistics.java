package org.tornadomor.serving;

/**
 * What a {@link Scheduler} has done so far.
 *
 * @param promptTokens tokens of prompts that were read, those found in the prefix cache included
 * @param lookedUpTokens tokens of prompts for which the prefix cache was asked
 * @param cachedTokens tokens of prompts whose keys were there already
 * @param newTokens tokens that were drawn
 * @param preemptions how often a request was set back
 * @param ticks in which something ran
 * @param rows that were under way, summed over the ticks
 * @param ended requests that ended
 */
public record Statistics(
        long promptTokens,
        long lookedUpTokens,
        long cachedTokens,
        long newTokens,
        long preemptions,
        long ticks,
        long rows,
        long ended) {}
