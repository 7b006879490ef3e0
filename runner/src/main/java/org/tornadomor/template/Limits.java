package org.tornadomor.template;

/**
 * What one rendering may take. A template that asks for more fails; it never keeps a thread or fills the memory.
 *
 * @param steps operations, of which a round of a loop is several; an operation on long text or lists counts by their length
 * @param length characters (UTF-16) of the output, and of each text that is made on the way
 * @param depth macros, {@code caller()} and recursive loops within each other
 * @param range items of a {@code range()}
 */
public record Limits(long steps, int length, int depth, long range) {
    /** Ample for chats of thousands of messages, and at most a second or two of work. */
    public static final Limits DEFAULT = new Limits(4_000_000, 1 << 24, 100, 100_000);

    /** @throws IllegalArgumentException if a limit is not positive */
    public Limits {
        if (steps < 1 || length < 1 || depth < 1 || range < 1) {
            throw new IllegalArgumentException("limits are positive");
        }
    }
}
