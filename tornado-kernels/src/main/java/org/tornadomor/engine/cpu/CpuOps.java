package org.tornadomor.engine.cpu;

import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.Op;

/** Which class runs which op. */
final class CpuOps {
    private CpuOps() {}

    /** @param threads how many workers may run tiles of the op: sizes its scratch memory */
    static CpuOp compile(Op op, int threads) {
        return switch (op) {
            case DenseOp.RmsNorm o -> new RmsNorm.Forward(o);
            case DenseOp.RmsNormBackward o -> new RmsNorm.Backward(o);
            case DenseOp.MatmulNT o -> new Matmul.Nt(o);
            case DenseOp.MatmulNN o -> new Matmul.Nn(o);
            case DenseOp.MatmulTN o -> new Matmul.Tn(o);
            case AttentionOp.Rope o -> new Rope(o);
            case AttentionOp.Attention o -> new AttentionForward(o);
            case AttentionOp.AttentionBackward o -> new AttentionBackward(o);
            default -> throw new IllegalArgumentException("no CPU op for " + op);
        };
    }
}
