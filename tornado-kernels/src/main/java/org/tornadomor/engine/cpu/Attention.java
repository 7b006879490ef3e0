package org.tornadomor.engine.cpu;

import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.products.MatmulKernel;

/** What attention and its backward share: the segments of compact rows, see {@link AttentionOp}, and q, k and v. */
abstract class Attention implements CpuOp {
    /** Up to this many rows of a sequence, keys are read once, in place, instead of being packed. */
    static final int FEW_ROWS = 4;

    final AttentionOp.Heads heads;
    final int dim;
    final int group;
    final Matrix q = new Matrix();
    final Matrix k = new Matrix();
    final Matrix v = new Matrix();
    private final AttentionOp.Rows which;
    private final int pageShift, pageMask;
    /** Keys that a row sees at most. */
    final int window;

    private int rows;
    private int[] start, keyStart, visible;
    private int startAt, startStride, keyStartAt, keyStartStride, visibleAt, visibleStride;

    Attention(AttentionOp.Heads heads, AttentionOp.Rows which) {
        this.heads = heads;
        this.which = which;
        this.pageShift = which.pageShift();
        this.pageMask = which.pageRows() - 1;
        this.window = which.window();
        this.dim = heads.headDim();
        this.group = heads.heads() / heads.kvHeads();
    }

    final void bind(CpuBinding b, int rowCount, Slot qSlot, Slot kSlot, Slot vSlot) {
        rows = rowCount;
        q.bind(b, qSlot);
        k.bind(b, kSlot);
        v.bind(b, vSlot);
        start = b.ints(which.start());
        startAt = b.offset(which.start());
        startStride = b.stride(which.start());
        keyStart = b.ints(which.keyStart());
        keyStartAt = b.offset(which.keyStart());
        keyStartStride = b.stride(which.keyStart());
        visible = b.ints(which.visible());
        visibleAt = b.offset(which.visible());
        visibleStride = b.stride(which.visible());
    }

    final int sequences() {
        return which.keyStart().rows().count();
    }

    /** The first query row of a sequence. */
    final int start(int sequence) {
        return Math.min(rows, start[startAt + sequence * startStride]);
    }

    /** The first key row of a sequence. */
    final int keyStart(int sequence) {
        return keyStart[keyStartAt + sequence * keyStartStride];
    }

    /** The row of a sequence's key j. Keys of the same page follow one another. */
    final int keyRow(int sequence, int j) {
        return keyStart[keyStartAt + sequence * keyStartStride + (j >> pageShift)] + (j & pageMask);
    }

    /** Copies the rows {@code from} to {@code keys - 1} of one head of keys or values as floats, {@link #dim} apart. */
    final void gather(Matrix rows, int sequence, int column, int from, int keys, float[] to, int toAt) {
        int run = Math.min(which.pageRows(), keys);
        for (int j = from / run * run; j < keys; j += run) {
            rows.copy(keyRow(sequence, j), column, Math.min(run, keys - j), dim, to, toAt + j * dim, dim);
        }
    }

    /** Whether keys and values are floats that follow one another. */
    final boolean inPlace() {
        return !which.paged() && !k.isNarrow();
    }

    /** The index behind the last key that a query row sees. */
    final int visible(int row) {
        return visible[visibleAt + row * visibleStride];
    }

    /** The first key that a query row sees: later rows of a sequence begin no earlier. */
    final int firstKey(int row) {
        return Math.max(0, visible(row) - window);
    }

    /** The most keys that a sequence sees, rounded up so that scratch memory grows rarely. */
    final int longest() {
        int most = 1;
        for (int sequence = 0; sequence < sequences(); sequence++) {
            int end = start(sequence + 1);
            if (end > start(sequence)) {
                most = Math.max(most, visible(end - 1));
            }
        }
        return most <= MatmulKernel.DEPTH ? MatmulKernel.DEPTH : Integer.highestOneBit(most - 1) << 1;
    }

    /** Whether a sequence has so few rows, or so wide heads, that nothing is packed. */
    final boolean direct(int rowCount) {
        return rowCount <= FEW_ROWS || dim > MatmulKernel.DEPTH;
    }

    /** Columns of a head rounded up to whole panels. */
    final int paddedDim() {
        return (dim + MatmulKernel.WIDTH - 1) / MatmulKernel.WIDTH * MatmulKernel.WIDTH;
    }
}
