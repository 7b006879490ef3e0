package org.tornadomor.engine;

import static org.tornadomor.engine.Op.check;
import static org.tornadomor.engine.Op.sameColumns;
import static org.tornadomor.engine.Op.sameRows;

import java.util.List;

/**
 * Rotary positions and attention among compact rows.
 *
 * <p>Rows of several segments stand one after the other: segment b has the query rows {@code start[b]} to
 * {@code start[b+1] - 1}, in the order of their positions. Its keys begin at row {@code keyStart[b]} of k and v. Query i sees
 * the first {@code visible[i]} of them, or with a window the last {@code window} of those. This one rule serves attention among
 * the survivors of a recursion, attention to the shared keys of the first recursion, and decoding from caches, where a segment
 * is a sequence at a depth.
 *
 * <p>Keys of a segment may lie in pages of {@code pageRows} rows, as they do in caches: then row b of {@code keyStart} says
 * where each page begins, and key j is row {@code keyStart[b][j / pageRows] + j % pageRows}.
 */
public sealed interface AttentionOp extends Op {

    /**
     * Rotates each head in place by its row's position, rotate-half form: with c = table[p][j], s = table[p][h/2 + j],
     * {@code (x[j], x[j+h/2]) = (x[j] c - x[j+h/2] s, x[j+h/2] c + x[j] s)}. x [R, heads h], position [R],
     * table [positions, h]: cosines, then sines. With {@code inverse} it rotates back, which is also the backward.
     */
    record Rope(Slot x, Slot position, Slot table, boolean inverse) implements AttentionOp {
        public Rope {
            sameRows("Rope", x, position);
            check(x.columns() % table.columns() == 0 && table.columns() % 2 == 0, "Rope", x, table);
        }

        @Override
        public Extent rows() {
            return x.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(position, table);
        }

        @Override
        public List<Slot> writes() {
            return List.of(x);
        }
    }

    /**
     * Which rows attend to which, as {@link AttentionOp} says: start [B+1], keyStart [B, pages], visible [R].
     *
     * @param window the most keys that a row sees; {@link #UNWINDOWED} for all that are visible
     * @param pageRows keys of a page, a power of two and at least 16, the lanes of the widest vector; {@link #UNPAGED} where
     *     the keys of a segment follow one another
     */
    record Rows(Slot start, Slot keyStart, Slot visible, int pageRows, int window) {
        /** {@link #pageShift} of a segment that has one page, with room for more keys than there can be. */
        public static final int UNPAGED_SHIFT = 30;

        public static final int UNPAGED = 1 << UNPAGED_SHIFT;

        /** More keys than there can be. */
        public static final int UNWINDOWED = 1 << UNPAGED_SHIFT;

        public Rows {
            check(Integer.bitCount(pageRows) == 1 && (keyStart.columns() == 1 || pageRows < UNPAGED), "Rows", keyStart);
            check(window > 0 && window <= UNWINDOWED, "Rows", window);
        }

        /** All visible keys, in pages. */
        public Rows(Slot start, Slot keyStart, Slot visible, int pageRows) {
            this(start, keyStart, visible, pageRows, UNWINDOWED);
        }

        /** Keys that follow one another. */
        public Rows(Slot start, Slot keyStart, Slot visible) {
            this(start, keyStart, visible, UNPAGED, UNWINDOWED);
        }

        /** The same keys through a window. */
        public Rows through(int keys) {
            return new Rows(start, keyStart, visible, pageRows, keys);
        }

        public boolean paged() {
            return pageRows < UNPAGED;
        }

        /** The page of key j is {@code j >> pageShift}. */
        public int pageShift() {
            return Integer.numberOfTrailingZeros(pageRows);
        }
    }

    /**
     * The heads.
     *
     * @param heads query heads
     * @param kvHeads key heads; query head j reads key head j / (heads / kvHeads)
     * @param headDim columns of a head
     * @param scale factor on the scores, 1 / sqrt(headDim)
     */
    record Heads(int heads, int kvHeads, int headDim, float scale) {}

    /**
     * {@code out = softmax(scale q k^T) v} for each head, over the visible keys; {@code lse} is the logarithm of the sum of
     * exponentials, kept for the backward. out, q [R, heads h], lse [R, heads], k, v [K, kvHeads h].
     */
    record Attention(Slot out, Slot lse, Slot q, Slot k, Slot v, Rows which, Heads heads) implements AttentionOp {
        public Attention {
            checkAttention("Attention", heads, which, q, k, v, out);
            check(lse.columns() == heads.heads, "Attention", lse);
            sameRows("Attention", q, out, lse, which.visible);
        }

        @Override
        public Extent rows() {
            return out.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(q, k, v, which.start, which.keyStart, which.visible);
        }

        @Override
        public List<Slot> writes() {
            return List.of(out, lse);
        }
    }

    /**
     * With P = exp(scale q k^T - lse), dP = dOut v^T and D = sum over a head of dOut out: {@code dS = P (dP - D)},
     * {@code dq = scale dS k}, {@code dk (+)= scale dS^T q}, {@code dv (+)= P^T dOut}. dk and dv cover the same rows as k
     * and v; {@code accumulate} adds to them (shared keys), else the rows of the sequences' keys are overwritten.
     */
    record AttentionBackward(
            Slot dq,
            Slot dk,
            Slot dv,
            Slot dOut,
            Slot out,
            Slot lse,
            Slot q,
            Slot k,
            Slot v,
            Rows which,
            Heads heads,
            boolean accumulate)
            implements AttentionOp {
        public AttentionBackward {
            checkAttention("AttentionBackward", heads, which, q, k, v, out);
            checkAttention("AttentionBackward", heads, which, dq, dk, dv, dOut);
            check(!which.paged(), "AttentionBackward", which);
            sameRows("AttentionBackward", q, out, lse, dq, dOut, which.visible);
        }

        @Override
        public Extent rows() {
            return dq.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(dOut, out, lse, q, k, v, which.start, which.keyStart, which.visible);
        }

        @Override
        public List<Slot> writes() {
            return List.of(dq, dk, dv);
        }
    }

    private static void checkAttention(String op, Heads heads, Rows which, Slot q, Slot k, Slot v, Slot out) {
        check(heads.heads % heads.kvHeads == 0, op, heads);
        check(q.columns() == heads.heads * heads.headDim, op, q, heads);
        check(k.columns() == heads.kvHeads * heads.headDim, op, k, heads);
        sameColumns(op, k, v);
        sameColumns(op, q, out);
        check(which.start.rows().max() == which.keyStart.rows().max() + 1, op, which);
    }
}
