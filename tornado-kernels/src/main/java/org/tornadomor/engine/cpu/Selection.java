package org.tornadomor.engine.cpu;

import java.util.Arrays;
import org.tornadomor.engine.RowOp;
import org.tornadomor.engine.cpu.basics.RowMath;
import org.tornadomor.engine.cpu.basics.Tiles;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** Which candidate rows go on to the next recursion. */
final class Selection {
    private static final int DIGIT_BITS = 8;
    private static final int DIGITS = 1 << DIGIT_BITS;

    private Selection() {}

    /**
     * The {@code limit[0]} rows of each sequence with the largest logits, ties to the earlier row. The limit-th largest
     * is found digit by digit from counts of the logits' ordered bits: five passes over a sequence, whatever it holds.
     * NaN counts as the smallest.
     */
    static final class TopK extends SlotOp implements WorkerTeam.TileTask {
        private final RowOp.SelectTopK op;
        private final IntRows selected;
        private final FloatRows logits;
        private final IntRows start;
        private final IntRows limit;
        private final int[][] counts;
        private int sequences;
        private int perTile;

        TopK(RowOp.SelectTopK op, int threads) {
            this.op = op;
            selected = ints(op.selected());
            logits = floats(op.logits());
            start = ints(op.start());
            limit = ints(op.limit());
            counts = new int[threads][DIGITS];
        }

        @Override
        void run(WorkerTeam team) {
            sequences = CompactRows.sequences(op.start(), start, op.rows().count());
            int rowsEach = Math.max(1, op.rows().count() / Math.max(1, sequences));
            perTile = Tiles.rows(2 * Tiles.FUNCTION * rowsEach);
            team.run(this, Tiles.count(sequences, perTile));
        }

        @Override
        public void tile(int tile, int worker) {
            int end = Tiles.end(tile, perTile, sequences);
            for (int b = tile * perTile; b < end; b++) {
                select(start.get(b), start.get(b + 1), limit.get(0), counts[worker]);
            }
        }

        private void select(int from, int to, int k, int[] count) {
            if (k <= 0 || k >= to - from) {
                int all = k <= 0 ? 0 : 1;
                for (int i = from; i < to; i++) {
                    selected.set(i, all);
                }
                return;
            }
            int last = 0;
            int left = k;
            for (int shift = Integer.SIZE - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
                countDigits(from, to, last, shift, count);
                int digit = DIGITS - 1;
                while (count[digit] < left) {
                    left -= count[digit--];
                }
                last = last << DIGIT_BITS | digit;
            }
            // Selects all that are larger than the last one selected, and as many of its equals as there is room for.
            for (int i = from; i < to; i++) {
                int order = Integer.compareUnsigned(RowMath.order(logits.get(i)), last);
                boolean chosen = order > 0 || order == 0 && left-- > 0;
                selected.set(i, chosen ? 1 : 0);
            }
        }

        /** Counts a digit of the logits that agree with {@code prefix} in all higher digits. */
        private void countDigits(int from, int to, int prefix, int shift, int[] count) {
            Arrays.fill(count, 0);
            for (int i = from; i < to; i++) {
                int rest = RowMath.order(logits.get(i)) >>> shift;
                if (rest >>> DIGIT_BITS == prefix) {
                    count[rest & DIGITS - 1]++;
                }
            }
        }
    }

    /** {@code selected[i] = logits[i] > threshold[0]}; NaN is not selected. */
    static final class Above extends RowwiseOp {
        private final IntRows selected;
        private final FloatRows logits;
        private final FloatRows threshold;

        Above(RowOp.SelectAbove op) {
            super(op.rows(), 1);
            selected = ints(op.selected());
            logits = floats(op.logits());
            threshold = floats(op.threshold());
        }

        @Override
        void rows(int from, int to, int worker) {
            float bound = threshold.get(0);
            for (int i = from; i < to; i++) {
                selected.set(i, logits.get(i) > bound ? 1 : 0);
            }
        }
    }

    /** {@code selected[i] = depth[index[i]] >= recursion}. */
    static final class Deeper extends RowwiseOp {
        private final int recursion;
        private final IntRows selected;
        private final IntRows depth;
        private final IntRows index;

        Deeper(RowOp.SelectDeeper op) {
            super(op.rows(), 1);
            recursion = op.recursion();
            selected = ints(op.selected());
            depth = ints(op.depth());
            index = ints(op.index());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int i = from; i < to; i++) {
                int reached = depth.values[depth.checkedRow(index.get(i))];
                selected.set(i, reached >= recursion ? 1 : 0);
            }
        }
    }
}
