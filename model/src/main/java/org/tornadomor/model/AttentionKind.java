package org.tornadomor.model;

/**
 * The ways in which attention may differ from layer to layer.
 *
 * @param window how many keys a row sees: the last ones, its own among them; 0 for all. At the deeper recursions of a routed
 *     model these are the last that reached that depth
 * @param rotary whether queries and keys are turned by their positions
 */
public record AttentionKind(int window, boolean rotary) {
    /** All keys, with rotary positions. */
    public static final AttentionKind FULL = new AttentionKind(0, true);

    public AttentionKind {
        Checks.notNegative("sliding_window", window);
    }
}
