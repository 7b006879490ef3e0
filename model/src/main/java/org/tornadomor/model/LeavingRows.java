package org.tornadomor.model;

import org.tornadomor.model.RowsUnderWay.Stage;
import org.tornadomor.model.RowsUnderWay.Wanted;

/**
 * Lets rows out that have run all their recursions: those whose logits are not wanted at once, the others when all rows before
 * them have left. A tick has places for a limited number of rows of logits. Rows to draw from get places first, one row of a
 * sequence at a time; the places that remain are for rows that are only scored, so that a long prompt whose tokens are scored
 * delays nobody.
 */
final class LeavingRows {
    private static final int NONE = RowsUnderWay.NONE;

    private final RowsUnderWay rows;
    private final OpenSequences sequences;
    private final DecodePrograms programs;
    private final KeyPages keys;
    private final int[] sequence, position;
    private int count;
    private int drawn;

    LeavingRows(RowsUnderWay rows, OpenSequences sequences, DecodePrograms programs, KeyPages keys) {
        this.rows = rows;
        this.sequences = sequences;
        this.programs = programs;
        this.keys = keys;
        int most = programs.leaving.extent.max();
        sequence = new int[most];
        position = new int[most];
    }

    /** Rows that left in the last tick and have logits; those to draw from come first. */
    int count() {
        return count;
    }

    /** How many of them are to draw from. */
    int drawn() {
        return drawn;
    }

    int sequence(int row) {
        return sequence[row];
    }

    int position(int row) {
        return position[row];
    }

    /** Forgets the rows of the last tick. */
    void clear() {
        count = 0;
        drawn = 0;
    }

    /** Lets out what can leave. */
    void run(int plainDepth) {
        programs.keyed.clear();
        programs.leaving.clear();
        boolean keeps = programs.keeps(plainDepth);
        for (int i = 0; i < sequences.count(); i++) {
            leave(sequences.number(i), Wanted.DRAW, keeps);
        }
        drawn = count;
        for (int i = 0; rows.scored() > 0 && i < sequences.count(); i++) {
            leave(sequences.number(i), Wanted.SCORE, keeps);
        }
        programs.runKeyed();
        programs.runLeaving(plainDepth);
    }

    /** Lets out those rows of a sequence whose logits are wanted for one purpose, and those whose logits are not wanted. */
    private void leave(int s, Wanted purpose, boolean keeps) {
        boolean blocked = false;
        int before = NONE;
        for (int slot = rows.first(s); slot != NONE; slot = rows.next[slot]) {
            Wanted wanted = rows.wanted[slot];
            boolean leaves = rows.is(slot, Stage.OUT)
                    && (wanted == Wanted.NOT || wanted == purpose && !blocked && count < sequence.length);
            if (!leaves) {
                blocked = true;
                before = slot;
                continue;
            }
            if (wanted != Wanted.NOT) {
                sequence[count] = s;
                position[count++] = rows.position[slot];
                addOuter(programs.leaving, s, slot);
            } else if (keeps) {
                addOuter(programs.keyed, s, slot);
            }
            rows.remove(s, before, slot);
        }
    }

    /** Adds a row to those that run layers outside of the block, where every token has a key at its position. */
    void addOuter(DecodeRows to, int s, int slot) {
        int p = rows.position[slot];
        to.add(slot, keys.tableRow(s, 0), p, keys.place(s, 0, p), p + 1);
    }
}
