package org.tornadomor.engine.cpu;

/** How often the numbers of an arena may have changed: whoever keeps something made from them asks whether it still holds. */
final class Changes {
    private long count;

    /** Something was written, or may have been. */
    void add() {
        count++;
    }

    /** A number that stays as long as the arena's numbers do. */
    long count() {
        return count;
    }
}
