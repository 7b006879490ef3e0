package org.tornadomor.model;

/**
 * What attention of one layer may differ in from that of another.
 *
 * @param window a row sees the last so many of the keys before it, its own among them; 0 for all. At the deeper recursions of a
 *     routed model they are the last that reached that depth
 * @param rotary whether queries and keys are turned by their positions
 */
public record AttentionKind(int window, boolean rotary) {
    /** All keys, with rotary positions. */
    public static final AttentionKind FULL = new AttentionKind(0, true);

    public AttentionKind {
        Checks.notNegative("sliding_window", window);
    }
}
