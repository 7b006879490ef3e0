package org.tornadomor.engine.cpu.basics;

/** How often the numbers of an arena may have changed: whoever keeps something made from them asks whether it still holds. */
public final class Changes {
    private long count;

    /** Something was written, or may have been. */
    public void add() {
        count++;
    }

    /** A number that stays as long as the arena's numbers do. */
    public long count() {
        return count;
    }
}
