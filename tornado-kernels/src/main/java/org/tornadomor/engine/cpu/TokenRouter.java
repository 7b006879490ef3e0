package org.tornadomor.engine.cpu;

import org.tornadomor.engine.TokenRouterOp;
import org.tornadomor.engine.TokenRouterOp.Scores;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Tiles;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/** Token choice: scores and depths, and the router's own losses. */
final class TokenRouter {
    private TokenRouter() {}

    /** {@code depth = 1 + argmax(scores + bias)}, at most {@code deepest[0]}. */
    static final class ChooseDepth extends SlotOp implements WorkerTeam.TileTask {
        private final TokenRouterOp.ChooseDepth op;
        private final int depths;
        private final int tileRows;
        private final FloatRows scores;
        private final IntRows depth;
        private final IntRows load;
        private final FloatRows logits;
        private final FloatRows bias;
        private final IntRows deepest;
        private int count;

        ChooseDepth(TokenRouterOp.ChooseDepth op) {
            this.op = op;
            depths = op.logits().columns();
            tileRows = Tiles.rows(Tiles.FUNCTION * depths);
            scores = floats(op.scores());
            depth = ints(op.depth());
            load = ints(op.load());
            logits = floats(op.logits());
            bias = floats(op.bias());
            deepest = ints(op.deepest());
        }

        @Override
        void run(WorkerTeam team) {
            count = op.rows().count();
            team.run(this, Tiles.count(count, tileRows));
            for (int j = 0; j < depths; j++) {
                load.set(j, 0);
            }
            for (int i = 0; i < count; i++) {
                int j = depth.get(i) - 1;
                load.set(j, load.get(j) + 1);
            }
        }

        @Override
        public void tile(int tile, int worker) {
            int limit = Math.max(1, Math.min(depths, deepest.get(0)));
            int end = Tiles.end(tile, tileRows, count);
            for (int i = tile * tileRows; i < end; i++) {
                score(op.kind(), scores.values, scores.row(i), logits.values, logits.row(i), depths);
                depth.set(i, Math.min(limit, 1 + best(scores.row(i))));
            }
        }

        private int best(int scoresAt) {
            int best = 0;
            for (int j = 1; j < depths; j++) {
                float challenger = scores.values[scoresAt + j] + bias.get(j);
                if (challenger > scores.values[scoresAt + best] + bias.get(best)) {
                    best = j;
                }
            }
            return best;
        }
    }

    private static void score(Scores kind, float[] scores, int at, float[] logits, int logitsAt, int depths) {
        if (kind == Scores.SIGMOID) {
            for (int j = 0; j < depths; j++) {
                scores[at + j] = Lanes.sigmoid(logits[logitsAt + j]);
            }
            return;
        }
        float max = max(logits, logitsAt, depths);
        float sum = 0f;
        for (int j = 0; j < depths; j++) {
            scores[at + j] = Lanes.exp(logits[logitsAt + j] - max);
            sum += scores[at + j];
        }
        for (int j = 0; j < depths; j++) {
            scores[at + j] /= sum;
        }
    }

    private static float max(float[] x, int at, int count) {
        float max = x[at];
        for (int j = 1; j < count; j++) {
            max = Math.max(max, x[at + j]);
        }
        return max;
    }

    /** The router's gradient from the gates, from balancing and from the z-loss. */
    static final class ChooseDepthBackward extends SlotOp implements WorkerTeam.TileTask {
        private static final int TILE_ROWS = 256;

        private final TokenRouterOp.ChooseDepthBackward op;
        private final int depths;
        private final FloatRows dLogits;
        private final FloatRows losses;
        private final FloatRows dGate;
        private final FloatRows scores;
        private final IntRows depth;
        private final IntRows load;
        private final FloatRows logits;
        private final float[] share;
        private final double[] balance;
        private final double[] squares;
        private int count;

        ChooseDepthBackward(TokenRouterOp.ChooseDepthBackward op) {
            this.op = op;
            depths = op.logits().columns();
            dLogits = floats(op.dLogits());
            losses = floats(op.losses());
            dGate = floats(op.dGate());
            scores = floats(op.scores());
            depth = ints(op.depth());
            load = ints(op.load());
            logits = floats(op.logits());
            share = new float[depths];
            int tiles = Tiles.count(op.rows().max(), TILE_ROWS);
            balance = new double[tiles];
            squares = new double[tiles];
        }

        @Override
        void run(WorkerTeam team) {
            count = op.rows().count();
            if (count == 0) {
                return;
            }
            for (int j = 0; j < depths; j++) {
                share[j] = (float) depths * load.get(j) / count;
            }
            int tiles = Tiles.count(count, TILE_ROWS);
            team.run(this, tiles);
            double balances = 0;
            double squared = 0;
            for (int tile = 0; tile < tiles; tile++) {
                balances += balance[tile];
                squared += squares[tile];
            }
            double each = (double) op.scale() / count;
            losses.add(op.balanceAt(), each * op.balanceCoef() * balances);
            losses.add(op.zAt(), each * op.zCoef() * squared);
        }

        @Override
        public void tile(int tile, int worker) {
            double balances = 0;
            double squared = 0;
            int end = Tiles.end(tile, TILE_ROWS, count);
            for (int i = tile * TILE_ROWS; i < end; i++) {
                balances += scoreGradient(i);
                if (op.zCoef() != 0f) {
                    squared += addZGradient(i);
                }
            }
            balance[tile] = balances;
            squares[tile] = squared;
        }

        /** Sets the row's dLogits from gate and balance; returns its {@code sum_j f_j score_j}. */
        private double scoreGradient(int i) {
            float each = op.scale() * op.balanceCoef() / count;
            int chosen = depth.get(i) - 1;
            float gateGradient = op.alpha() * dGate.get(i);
            int scoresAt = scores.row(i);
            int dLogitsAt = dLogits.row(i);
            double balances = 0;
            float mean = 0f;
            for (int j = 0; j < depths; j++) {
                float score = scores.values[scoresAt + j];
                float dScore = each * share[j] + (j == chosen ? gateGradient : 0f);
                dLogits.values[dLogitsAt + j] = dScore;
                mean += score * dScore;
                balances += (double) share[j] * score;
            }
            for (int j = 0; j < depths; j++) {
                float score = scores.values[scoresAt + j];
                float dScore = dLogits.values[dLogitsAt + j];
                dLogits.values[dLogitsAt + j] =
                        op.kind() == Scores.SOFTMAX ? score * (dScore - mean) : score * (1f - score) * dScore;
            }
            return balances;
        }

        /** Adds the z-loss's part, {@code 2 lse softmax}; returns the row's {@code lse^2}. */
        private double addZGradient(int i) {
            int at = logits.row(i);
            float max = max(logits.values, at, depths);
            float sum = 0f;
            for (int j = 0; j < depths; j++) {
                sum += Lanes.exp(logits.values[at + j] - max);
            }
            double lse = max + StrictMath.log(sum);
            float factor = (float) (2 * lse * op.scale() * op.zCoef() / count / sum);
            int dLogitsAt = dLogits.row(i);
            for (int j = 0; j < depths; j++) {
                dLogits.values[dLogitsAt + j] += factor * Lanes.exp(logits.values[at + j] - max);
            }
            return lse * lse;
        }
    }

    /** {@code bias[j] += rate sign(mean(load) - load[j])}. */
    static final class BalanceBias extends SlotOp {
        private final TokenRouterOp.BalanceBias op;
        private final FloatRows bias;
        private final IntRows load;

        BalanceBias(TokenRouterOp.BalanceBias op) {
            this.op = op;
            bias = floats(op.bias());
            load = ints(op.load());
        }

        @Override
        void run(WorkerTeam team) {
            int depths = op.rows().count();
            long total = 0;
            for (int j = 0; j < depths; j++) {
                total += load.get(j);
            }
            for (int j = 0; j < depths; j++) {
                // The sign of mean - load, without dividing.
                bias.add(j, op.rate() * Long.signum(total - (long) depths * load.get(j)));
            }
        }
    }
}
