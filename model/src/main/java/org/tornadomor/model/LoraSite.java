package org.tornadomor.model;

/** A place within a layer where one input goes through one or several linear maps. */
public enum LoraSite {
    /** The normalised input, from which queries, keys and values come. */
    ATTENTION,
    /** What attention collected. */
    OUTPUT,
    /** The normalised input of the feed-forward half. */
    FEED_FORWARD,
    /** SwiGLU's product. */
    DOWN;

    /** Elements of a row there. */
    int inputs(LoraTarget.Widths widths) {
        return switch (this) {
            case ATTENTION, FEED_FORWARD -> widths.hidden();
            case OUTPUT -> widths.query();
            case DOWN -> widths.feedForward();
        };
    }
}
