package org.tornadomor.engine.tornado;

import org.tornadomor.engine.DenseOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Rows of a table by their ids, {@code out[i] = table[ids[i]]}, and the gradient of the table, {@code dTable[ids[i]] += dOut[i]}.
 * Lesson 1 ({@code docs/lessons/01-loop-body}) leads to it.
 *
 * <pre>{@code
 * forward:  [ 0 ... 63 ][ 64 ... 127 ] ...    work-item i has element i of out, row by row
 * backward: group g has row g if no earlier row has the same id; its items share the columns
 * }</pre>
 */
final class Embedding {
    private static final int GROUP = 64;

    private Embedding() {}

    /** The same as a gather. */
    static void record(DenseOp.Embed op, TaskList tasks) {
        int columns = op.out().columns();
        tasks.add(
                "Embed",
                tasks.call(op.rows(), op.out(), op.table(), op.ids()),
                Grid.items(op.rows(), columns, Elementwise.GROUP),
                (graph, id, a) -> graph.task(
                        id,
                        RowMoves::gather,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.i(0),
                        a.arrays(),
                        a.code(),
                        columns));
    }

    static void record(DenseOp.EmbedBackward op, TaskList tasks) {
        int columns = op.dOut().columns();
        int group = tasks.device().cpu() ? 1 : GROUP;
        tasks.add(
                "EmbedBackward",
                tasks.call(op.rows(), op.dTable(), op.dOut(), op.ids()),
                Grid.groupPerRow(op.rows(), group, 0),
                (graph, id, a) -> graph.task(
                        id,
                        Embedding::backward,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.i(0),
                        a.arrays(),
                        a.code(),
                        columns,
                        group));
    }

    /**
     * {@code dTable[ids[i]] += dOut[i]}, rows in order: the group of the first row with an id adds up all rows with that id,
     * so that no two groups write to one place and the sum has one order.
     *
     * <p>KernelContext, since a group deals with a row. Tensors: dTable, dOut, ids. Grid: a group for each row; item l
     * deals with the columns l, l + group, ... No local memory: all items read the same ids at the same time.
     */
    static void backward(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            IntArray i0,
            long arrays,
            int call,
            int columns,
            int group) {
        int at = Args.begin(c, run, call);
        int rows = Args.rows(run, call);
        int row = c.groupIdx;
        if (row < rows) {
            FloatArray dTable = Args.pick(m0, m1, arrays, 0);
            FloatArray dOut = Args.pick(m0, m1, arrays, 1);
            int idsAt = Args.offset(table, at, 2);
            int idsStride = Args.stride(table, at, 2);
            int id = i0.get(idsAt + row * idsStride);
            // Counts all earlier rows: for a loop that ends at the first one the PTX backend makes invalid code.
            int earlier = 0;
            for (int i = 0; i < row; i++) {
                if (i0.get(idsAt + i * idsStride) == id) {
                    earlier++;
                }
            }
            if (earlier == 0) {
                int tableRow = Args.offset(table, at, 0) + id * Args.stride(table, at, 0);
                for (int i = row; i < rows; i++) {
                    if (i0.get(idsAt + i * idsStride) == id) {
                        int dRow = Args.offset(table, at, 1) + i * Args.stride(table, at, 1);
                        for (int column = c.localIdx; column < columns; column += group) {
                            dTable.set(tableRow + column, dTable.get(tableRow + column) + dOut.get(dRow + column));
                        }
                    }
                }
            }
        }
    }
}
