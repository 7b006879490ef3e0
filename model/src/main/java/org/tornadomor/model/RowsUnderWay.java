package org.tornadomor.model;

import java.util.Arrays;

/**
 * The rows that were fed and have not left, each in a slot: how far it is, and which row of its sequence comes next. Rows of a
 * sequence are linked in the order of their positions.
 */
final class RowsUnderWay {
    /** No slot, or no key. */
    static final int NONE = -1;

    /** How far a row is. */
    enum Stage {
        FED,
        IN_BLOCK,
        OUT
    }

    /** What the logits of a row are wanted for. */
    enum Wanted {
        NOT,
        SCORE,
        DRAW;

        /** @param place in the rows that are fed together, from 1 at the end: first those to draw from, then those to score */
        static Wanted of(int place, int logits, int scored) {
            return place <= logits ? DRAW : place <= logits + scored ? SCORE : NOT;
        }
    }

    /** By slot: the token, its place in the sequence, recursions so far, and its key in the plane that it runs in next. */
    final int[] token, position, depth, key;

    /** By slot: the row behind it, and what its logits are wanted for. */
    final int[] next;

    final Wanted[] wanted;
    /** By recursion, the rows that run it next. */
    final int[] waiting;

    private final Stage[] stage;
    private final int[] first, last;
    private final int[] free;
    private final int[] count = new int[Stage.values().length];
    private int freeCount;
    private int scored;

    RowsUnderWay(int slots, int sequences, int recursions) {
        token = new int[slots];
        position = new int[slots];
        depth = new int[slots];
        key = new int[slots];
        next = new int[slots];
        wanted = new Wanted[slots];
        stage = new Stage[slots];
        waiting = new int[recursions + 1];
        first = new int[sequences];
        last = new int[sequences];
        Arrays.fill(first, NONE);
        Arrays.fill(last, NONE);
        free = new int[slots];
        Arrays.setAll(free, i -> slots - 1 - i);
        freeCount = slots;
    }

    int freeSlots() {
        return freeCount;
    }

    int underWay() {
        return free.length - freeCount;
    }

    /** Rows whose logits are to be scored. */
    int scored() {
        return scored;
    }

    /** Rows at a stage. */
    int at(Stage which) {
        return count[which.ordinal()];
    }

    /** The first row of a sequence. */
    int first(int sequence) {
        return first[sequence];
    }

    boolean is(int slot, Stage which) {
        return stage[slot] == which;
    }

    /** Adds a row behind those of its sequence. There must be a free slot. */
    void add(int sequence, int rowToken, int rowPosition, Wanted rowWanted) {
        int slot = free[--freeCount];
        token[slot] = rowToken;
        position[slot] = rowPosition;
        wanted[slot] = rowWanted;
        scored += rowWanted == Wanted.SCORE ? 1 : 0;
        depth[slot] = 0;
        key[slot] = rowPosition;
        next[slot] = NONE;
        stage[slot] = Stage.FED;
        count[Stage.FED.ordinal()]++;
        if (first[sequence] == NONE) {
            first[sequence] = slot;
        } else {
            next[last[sequence]] = slot;
        }
        last[sequence] = slot;
    }

    /** A row begins, or goes on to another recursion after {@code recursions}. */
    void goOn(int slot, int recursions) {
        leaveStage(slot);
        depth[slot] = recursions;
        enter(slot, Stage.IN_BLOCK);
        waiting[recursions + 1]++;
    }

    /** A row has run all its recursions. */
    void finish(int slot, int recursions) {
        leaveStage(slot);
        depth[slot] = recursions;
        enter(slot, Stage.OUT);
    }

    private void enter(int slot, Stage to) {
        stage[slot] = to;
        count[to.ordinal()]++;
    }

    private void leaveStage(int slot) {
        count[stage[slot].ordinal()]--;
        if (stage[slot] == Stage.IN_BLOCK) {
            waiting[depth[slot] + 1]--;
        }
    }

    /**
     * Takes a row out of its sequence; its link to the next row stays readable until the slot is used again.
     *
     * @param before the row in front of it, or {@link #NONE}
     */
    void remove(int sequence, int before, int slot) {
        leaveStage(slot);
        scored -= wanted[slot] == Wanted.SCORE ? 1 : 0;
        if (before == NONE) {
            first[sequence] = next[slot];
        } else {
            next[before] = next[slot];
        }
        if (last[sequence] == slot) {
            last[sequence] = before;
        }
        free[freeCount++] = slot;
    }

    /** Takes out all rows of a sequence. */
    void removeAll(int sequence) {
        while (first[sequence] != NONE) {
            remove(sequence, NONE, first[sequence]);
        }
    }
}
