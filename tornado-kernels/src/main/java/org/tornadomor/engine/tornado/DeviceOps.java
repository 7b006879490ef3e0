package org.tornadomor.engine.tornado;

import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.ExpertRouterOp;
import org.tornadomor.engine.LossOp;
import org.tornadomor.engine.Op;
import org.tornadomor.engine.OptimizerOp;
import org.tornadomor.engine.RowOp;
import org.tornadomor.engine.SampleOp;
import org.tornadomor.engine.TokenRouterOp;

/** Which class has the kernels of which op. */
final class DeviceOps {
    private DeviceOps() {}

    /** Adds the tasks of an op to a program. */
    static void record(Op op, TaskList tasks) {
        switch (op) {
            case DenseOp.Embed o -> Embedding.record(o, tasks);
            case DenseOp.EmbedBackward o -> Embedding.record(o, tasks);
            case DenseOp.RmsNorm o -> RmsNorm.record(o, tasks);
            case DenseOp.RmsNormBackward o -> RmsNorm.record(o, tasks);
            case DenseOp.AddBias o -> Bias.record(o, tasks);
            case DenseOp.AddBiasBackward o -> Bias.record(o, tasks);
            case DenseOp.MatmulNT o -> Matmul.record(o, tasks);
            case DenseOp.MatmulNN o -> Matmul.record(o, tasks);
            case DenseOp.MatmulTN o -> Matmul.record(o, tasks);
            case DenseOp.SwiGlu o -> SwiGlu.record(o, tasks);
            case DenseOp.SwiGluBackward o -> SwiGlu.record(o, tasks);
            case DenseOp.Gelu o -> Gelu.record(o, tasks);
            case DenseOp.GeluBackward o -> Gelu.record(o, tasks);
            case DenseOp.Copy o -> Elementwise.record(o, tasks);
            case DenseOp.Add o -> Elementwise.record(o, tasks);
            case DenseOp.Clear o -> Elementwise.record(o, tasks);
            case RowOp.Gather o -> RowMoves.record(o, tasks);
            case RowOp.SelectTopK o -> Selection.record(o, tasks);
            case RowOp.SelectAbove o -> Selection.record(o, tasks);
            case RowOp.SelectDeeper o -> Selection.record(o, tasks);
            case RowOp.Compact o -> CompactRows.record(o, tasks);
            case RowOp.MarkDepth o -> CompactRows.record(o, tasks);
            case ExpertRouterOp.GatedScatter o -> ExpertGate.record(o, tasks);
            case ExpertRouterOp.GatedScatterBackward o -> ExpertGate.record(o, tasks);
            case ExpertRouterOp.ExpertRouterLoss o -> ExpertGate.record(o, tasks);
            case TokenRouterOp.ChooseDepth o -> TokenRouter.record(o, tasks);
            case TokenRouterOp.ChooseDepthBackward o -> TokenRouter.record(o, tasks);
            case TokenRouterOp.BalanceBias o -> TokenRouter.record(o, tasks);
            case TokenRouterOp.LeaveAtDepth o -> TokenExit.record(o, tasks);
            case TokenRouterOp.LeaveAtDepthBackward o -> TokenExit.record(o, tasks);
            case AttentionOp.Attention o -> Attention.record(o, tasks);
            case AttentionOp.AttentionBackward o -> AttentionGradient.record(o, tasks);
            case SampleOp.Sample o -> Sampler.record(o, tasks);
            case RowOp.Take o -> RowMoves.record(o, tasks);
            case RowOp.Scatter o -> RowMoves.record(o, tasks);
            case RowOp.ScatterAdd o -> RowMoves.record(o, tasks);
            case AttentionOp.Rope o -> Rope.record(o, tasks);
            case LossOp.CrossEntropy o -> CrossEntropy.record(o, tasks);
            case LossOp.Distil o -> Distil.record(o, tasks);
            case LossOp.TopTeacher o -> TopTeacher.record(o, tasks);
            case LossOp.SumInto o -> CrossEntropy.record(o, tasks);
            case OptimizerOp.SquaredNorm o -> AdamW.record(o, tasks);
            case OptimizerOp.AdamW o -> AdamW.record(o, tasks);
        }
    }
}
