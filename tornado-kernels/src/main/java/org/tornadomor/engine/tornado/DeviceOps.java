package org.tornadomor.engine.tornado;

import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Op;
import org.tornadomor.engine.RowOp;

/** Which class has the kernels of which op. */
final class DeviceOps {
    private DeviceOps() {}

    /** Adds the tasks of an op to a program. */
    static void record(Op op, TaskList tasks) {
        switch (op) {
            case DenseOp.RmsNorm o -> RmsNorm.record(o, tasks);
            case DenseOp.RmsNormBackward o -> RmsNorm.record(o, tasks);
            case DenseOp.MatmulNT o -> Matmul.record(o, tasks);
            case DenseOp.Copy o -> Elementwise.record(o, tasks);
            case DenseOp.Add o -> Elementwise.record(o, tasks);
            case DenseOp.Clear o -> Elementwise.record(o, tasks);
            case RowOp.Gather o -> RowMoves.record(o, tasks);
            default -> throw new IllegalArgumentException("no device kernel for " + op);
        }
    }
}
