package org.tornadomor.engine;

import static org.tornadomor.engine.Op.check;
import static org.tornadomor.engine.Op.sameColumns;
import static org.tornadomor.engine.Op.sameRows;

import java.util.List;

/** Token-choice routing: one router gives each token a score for every depth; the token runs exactly the best one. */
public sealed interface TokenRouterOp extends Op {

    /** What turns the N_r logits of a token into scores. */
    enum Scores {
        SOFTMAX,
        SIGMOID
    }

    /**
     * {@code scores = softmax or sigmoid of logits}, {@code depth = 1 + argmax(scores + bias)} (ties to the smaller), at
     * most {@code deepest[0]}; {@code load[j]} = how many tokens have depth j+1. scores, logits [R, N_r], depth [R],
     * load [N_r], bias [N_r], deepest [1].
     */
    record ChooseDepth(Slot scores, Slot depth, Slot load, Slot logits, Slot bias, Slot deepest, Scores kind)
            implements TokenRouterOp {
        public ChooseDepth {
            sameRows("ChooseDepth", scores, depth, logits);
            sameColumns("ChooseDepth", scores, logits);
            check(load.rows().max() == logits.columns() && bias.rows().max() == logits.columns(), "ChooseDepth", load);
        }

        @Override
        public Extent rows() {
            return logits.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(logits, bias, deepest);
        }

        @Override
        public List<Slot> writes() {
            return List.of(scores, depth, load);
        }
    }

    /**
     * The gradient of the router, from the gates (dGate [R], of the chosen depth) and from its own losses:
     * balance {@code losses[balanceAt] += scale balanceCoef sum_j f_j P_j} with f_j = N_r load_j / R and P_j = mean score j
     * (spec 3.3), z {@code losses[zAt] += scale zCoef mean(logsumexp(logits)^2)}; dGate already carries the loss scale.
     * {@code dLogits} [R, N_r] is overwritten; gate = alpha score of the chosen depth, no gate gradient if additive.
     */
    record ChooseDepthBackward(
            Slot dLogits,
            Slot losses,
            Slot dGate,
            Slot scores,
            Slot depth,
            Slot load,
            Slot logits,
            Scores kind,
            float alpha,
            int balanceAt,
            int zAt,
            float balanceCoef,
            float zCoef,
            float scale)
            implements TokenRouterOp {
        public ChooseDepthBackward {
            sameRows("ChooseDepthBackward", dLogits, dGate, scores, depth, logits);
            sameColumns("ChooseDepthBackward", dLogits, scores, logits);
        }

        @Override
        public Extent rows() {
            return logits.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(dGate, scores, depth, load, logits);
        }

        @Override
        public List<Slot> writes() {
            return List.of(dLogits, losses);
        }
    }

    /**
     * After a recursion, r = recursion[i], for its active rows, t = index[i]: a token whose depth is r leaves with
     * {@code h[t] = first[t] + gate f[i]}, gate = alpha scores[t][r-1] (1 if additive); the others go on with
     * {@code h[t] = f[i]}. h, first [N, d], f [R, d], scores [N, N_r], depth [N], index, recursion [R].
     */
    record LeaveAtDepth(
            Slot h,
            Slot first,
            Slot f,
            Slot scores,
            Slot depth,
            Slot index,
            Slot recursion,
            float alpha,
            boolean weighted)
            implements TokenRouterOp {
        public LeaveAtDepth {
            sameRows("LeaveAtDepth", f, index, recursion);
            sameColumns("LeaveAtDepth", h, first, f);
        }

        @Override
        public Extent rows() {
            return f.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(first, f, scores, depth, index, recursion);
        }

        @Override
        public List<Slot> writes() {
            return List.of(h);
        }
    }

    /**
     * For a token that left at r: {@code df[i] = gate dh[t]}, {@code dGate[t] = dh[t] . f[i]} (0 if additive); for one that
     * went on: {@code df[i] = dOn[t]}, the gradient that came back from recursion r+1. dh is the gradient of h after the
     * last recursion, and of first on the residual path.
     */
    record LeaveAtDepthBackward(
            Slot df,
            Slot dGate,
            Slot dh,
            Slot dOn,
            Slot f,
            Slot scores,
            Slot depth,
            Slot index,
            int recursion,
            float alpha,
            boolean weighted)
            implements TokenRouterOp {
        public LeaveAtDepthBackward {
            sameRows("LeaveAtDepthBackward", df, f, index);
            sameColumns("LeaveAtDepthBackward", dh, dOn, f, df);
        }

        @Override
        public Extent rows() {
            return df.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(dh, dOn, f, scores, depth, index);
        }

        @Override
        public List<Slot> writes() {
            return List.of(df, dGate);
        }
    }

    /**
     * Loss-free balancing, once an optimiser step: {@code bias[j] += rate sign(mean(load) - load[j])} (spec 3.3).
     * bias [N_r], load [N_r].
     */
    record BalanceBias(Slot bias, Slot load, float rate) implements TokenRouterOp {
        @Override
        public Extent rows() {
            return bias.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(load);
        }

        @Override
        public List<Slot> writes() {
            return List.of(bias);
        }
    }
}
