package org.tornadomor.engine;

import static org.tornadomor.engine.Op.sameColumns;
import static org.tornadomor.engine.Op.sameRows;

import java.util.List;

/** Expert-choice routing: each recursion has a router that gives every candidate row one logit. */
public sealed interface ExpertRouterOp extends Op {

    /** How a logit becomes a gate: {@code gate = alpha * activation(logit)}, or 1 if additive. */
    enum Gate {
        SIGMOID,
        TANH,
        ADDITIVE
    }

    /**
     * {@code h[index[i]] += gate(logits[parent[i]]) f[i]}: h [N, d] all rows, f [R, d] the block's output for the selected
     * rows, logits [C] of the candidates, parent [R] the candidate that each selected row was.
     */
    record GatedScatter(Slot h, Slot f, Slot logits, Slot index, Slot parent, Gate gate, float alpha)
            implements ExpertRouterOp {
        public GatedScatter {
            sameRows("GatedScatter", f, index, parent);
            sameColumns("GatedScatter", h, f);
        }

        @Override
        public Extent rows() {
            return f.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(f, logits, index, parent);
        }

        @Override
        public List<Slot> writes() {
            return List.of(h);
        }
    }

    /**
     * {@code df[i] = gate dh[index[i]]}, {@code dLogits[parent[i]] += gate' (dh[index[i]] . f[i])}; dh stays as it is, being
     * the gradient of the residual path too.
     */
    record GatedScatterBackward(
            Slot df, Slot dLogits, Slot dh, Slot f, Slot logits, Slot index, Slot parent, Gate gate, float alpha)
            implements ExpertRouterOp {
        public GatedScatterBackward {
            sameRows("GatedScatterBackward", df, f, index, parent);
            sameColumns("GatedScatterBackward", dh, f, df);
            sameRows("GatedScatterBackward", dLogits, logits);
        }

        @Override
        public Extent rows() {
            return df.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(dh, f, logits, index, parent);
        }

        @Override
        public List<Slot> writes() {
            return List.of(df, dLogits);
        }
    }

    /**
     * The router's own losses over the C candidates, with y = selected:
     * {@code losses[auxAt] += scale auxCoef mean(BCE(logit, y))}, {@code losses[zAt] += scale zCoef mean(logit^2)},
     * {@code agreement[0] += scale share of rows with (logit > 0) = (y = 1)}, and the gradient of both losses,
     * {@code dLogits = scale (auxCoef (sigmoid(logit) - y) + 2 zCoef logit) / C}. (Spec of the method, 2.4 and 2.5.)
     */
    record ExpertRouterLoss(
            Slot dLogits,
            Slot losses,
            Slot agreement,
            Slot logits,
            Slot selected,
            int auxAt,
            int zAt,
            float auxCoef,
            float zCoef,
            float scale)
            implements ExpertRouterOp {
        public ExpertRouterLoss {
            sameRows("ExpertRouterLoss", dLogits, logits, selected);
        }

        @Override
        public Extent rows() {
            return logits.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(logits, selected);
        }

        @Override
        public List<Slot> writes() {
            return List.of(dLogits, losses, agreement);
        }
    }
}
