package org.tornadomor.engine.cpu;

import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.DenseOp;
import org.tornadomor.engine.ExpertRouterOp;
import org.tornadomor.engine.LossOp;
import org.tornadomor.engine.Op;
import org.tornadomor.engine.OptimizerOp;
import org.tornadomor.engine.RowOp;
import org.tornadomor.engine.SampleOp;
import org.tornadomor.engine.TokenRouterOp;
import org.tornadomor.engine.cpu.products.Products;

/** Which class runs which op. */
final class CpuOps {
    private CpuOps() {}

    /**
     * An op ready to run.
     *
     * @param threads how many workers may run tiles of the op: sizes its scratch memory
     * @param products who computes products of matrices
     */
    static CpuOp compile(Op op, int threads, Products products) {
        return switch (op) {
            case DenseOp.MatmulNT o -> new Matmul(o, products);
            case DenseOp.MatmulNN o -> new Matmul(o, products);
            case DenseOp.MatmulTN o -> new Matmul(o, products);
            case AttentionOp.Rope o -> new Rope(o);
            case AttentionOp.Attention o -> new AttentionForward(o, threads);
            case AttentionOp.AttentionBackward o -> new AttentionBackward(o);

            case DenseOp.Embed o -> new Embedding.Forward(o);
            case DenseOp.EmbedBackward o -> new Embedding.Backward(o);
            case DenseOp.RmsNorm o -> new RmsNorm.Forward(o);
            case DenseOp.RmsNormBackward o -> new RmsNorm.Backward(o);
            case DenseOp.AddBias o -> new Bias.Forward(o);
            case DenseOp.AddBiasBackward o -> new Bias.Backward(o);
            case DenseOp.SwiGlu o -> new SwiGlu.Forward(o);
            case DenseOp.SwiGluBackward o -> new SwiGlu.Backward(o);
            case DenseOp.Gelu o -> new Gelu.Forward(o);
            case DenseOp.GeluBackward o -> new Gelu.Backward(o);
            case DenseOp.Copy o -> new Elementwise.Copy(o);
            case DenseOp.Add o -> new Elementwise.Add(o);
            case DenseOp.Clear o -> new Elementwise.Clear(o);

            case RowOp.Gather o -> new RowMoves.Gather(o);
            case RowOp.Take o -> new RowMoves.Take(o);
            case RowOp.Scatter o -> new RowMoves.Scatter(o);
            case RowOp.ScatterAdd o -> new RowMoves.ScatterAdd(o);
            case RowOp.SelectTopK o -> new Selection.TopK(o, threads);
            case RowOp.SelectAbove o -> new Selection.Above(o);
            case RowOp.SelectDeeper o -> new Selection.Deeper(o);
            case RowOp.Compact o -> new CompactRows.Compact(o);
            case RowOp.MarkDepth o -> new CompactRows.MarkDepth(o);

            case ExpertRouterOp.GatedScatter o -> new ExpertGate.Forward(o);
            case ExpertRouterOp.GatedScatterBackward o -> new ExpertGate.Backward(o);
            case ExpertRouterOp.ExpertRouterLoss o -> new ExpertGate.Loss(o);

            case TokenRouterOp.ChooseDepth o -> new TokenRouter.ChooseDepth(o);
            case TokenRouterOp.ChooseDepthBackward o -> new TokenRouter.ChooseDepthBackward(o);
            case TokenRouterOp.LeaveAtDepth o -> new TokenExit.Forward(o);
            case TokenRouterOp.LeaveAtDepthBackward o -> new TokenExit.Backward(o);
            case TokenRouterOp.BalanceBias o -> new TokenRouter.BalanceBias(o);

            case LossOp.CrossEntropy o -> new CrossEntropy.Rowwise(o);
            case LossOp.Distil o -> new Distil(o);
            case LossOp.TopTeacher o -> new TopTeacher(o);
            case LossOp.SumInto o -> new CrossEntropy.SumInto(o);

            case OptimizerOp.SquaredNorm o -> new AdamW.SquaredNorm(o);
            case OptimizerOp.AdamW o -> new AdamW.Step(o);

            case SampleOp.Sample o -> new Sampler.Rowwise(o, threads);
        };
    }
}
