package org.tornadomor.engine;

import static org.tornadomor.engine.Op.check;
import static org.tornadomor.engine.Op.sameColumns;
import static org.tornadomor.engine.Op.sameRows;

import java.util.List;

/** The ops of a plain transformer outside attention: embedding, normalisation, linear maps, activations. */
public sealed interface DenseOp extends Op {

    /** {@code out[i] = table[ids[i]]}: out [R, d], table [V, d], ids [R]. */
    record Embed(Slot out, Slot table, Slot ids) implements DenseOp {
        public Embed {
            sameRows("Embed", out, ids);
            sameColumns("Embed", out, table);
        }

        @Override
        public Extent rows() {
            return out.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(table, ids);
        }

        @Override
        public List<Slot> writes() {
            return List.of(out);
        }
    }

    /** {@code dTable[ids[i]] += dOut[i]}, rows in order, so that the sum does not depend on threads. */
    record EmbedBackward(Slot dTable, Slot dOut, Slot ids) implements DenseOp {
        public EmbedBackward {
            sameRows("EmbedBackward", dOut, ids);
            sameColumns("EmbedBackward", dOut, dTable);
        }

        @Override
        public Extent rows() {
            return dOut.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(dOut, ids);
        }

        @Override
        public List<Slot> writes() {
            return List.of(dTable);
        }
    }

    /**
     * {@code out = x / sqrt(mean(x^2) + eps) * w}, the mean over a row: out, x [R, d], w [d]. With x [R, heads h] and w [h] each
     * head of a row is normalised by itself.
     */
    record RmsNorm(Slot out, Slot x, Slot w, float eps) implements DenseOp {
        public RmsNorm {
            sameRows("RmsNorm", out, x);
            sameColumns("RmsNorm", out, x);
            check(x.columns() % w.rows().max() == 0 && w.columns() == 1, "RmsNorm", x, w);
        }

        /** Number of parts of a row that are each normalised by themselves: its heads, or 1. */
        public int heads() {
            return x.columns() / w.rows().max();
        }

        @Override
        public Extent rows() {
            return out.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(x, w);
        }

        @Override
        public List<Slot> writes() {
            return List.of(out);
        }
    }

    /**
     * With {@code s = 1 / sqrt(mean(x^2) + eps)} and {@code g = dOut * w}:
     * {@code dx += s (g - x s^2 mean(g x))}, {@code dw += sum over rows, and their heads, of dOut x s}.
     */
    record RmsNormBackward(Slot dx, Slot dw, Slot dOut, Slot x, Slot w, float eps) implements DenseOp {
        public RmsNormBackward {
            sameRows("RmsNormBackward", dx, dOut, x);
            sameColumns("RmsNormBackward", dx, dOut, x);
            check(
                    x.columns() % w.rows().max() == 0
                            && w.rows().max() == dw.rows().max(),
                    "RmsNormBackward",
                    w,
                    dw);
        }

        /** Number of parts of a row that were each normalised by themselves: its heads, or 1. */
        public int heads() {
            return x.columns() / w.rows().max();
        }

        @Override
        public Extent rows() {
            return dx.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(dOut, x, w);
        }

        @Override
        public List<Slot> writes() {
            return List.of(dx, dw);
        }
    }

    /**
     * A linear map, {@code c = a w^T (+ residual)}: c [R, n], a [R, k], w [n, k], residual [R, n] or null. A low-rank (LoRA)
     * addition {@code base + (a down^T) up^T} takes two of these ops, the second with the base as residual.
     */
    record MatmulNT(Slot c, Slot a, Slot w, Slot residual) implements DenseOp {
        public MatmulNT {
            sameRows("MatmulNT", c, a);
            sameColumns("MatmulNT", a, w);
            check(w.rows().max() == c.columns(), "MatmulNT", c, w);
            if (residual != null) {
                sameRows("MatmulNT", c, residual);
                sameColumns("MatmulNT", c, residual);
            }
        }

        /** Without a residual. */
        public MatmulNT(Slot c, Slot a, Slot w) {
            this(c, a, w, null);
        }

        @Override
        public Extent rows() {
            return c.rows();
        }

        @Override
        public List<Slot> reads() {
            return residual == null ? List.of(a, w) : List.of(a, w, residual);
        }

        @Override
        public List<Slot> writes() {
            return List.of(c);
        }
    }

    /**
     * The gradient of a linear map's input, {@code c = a w}, or {@code c += a w}: c [R, k], a [R, n], w [n, k].
     */
    record MatmulNN(Slot c, Slot a, Slot w, boolean accumulate) implements DenseOp {
        public MatmulNN {
            sameRows("MatmulNN", c, a);
            sameColumns("MatmulNN", c, w);
            check(w.rows().max() == a.columns(), "MatmulNN", a, w);
        }

        @Override
        public Extent rows() {
            return c.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(a, w);
        }

        @Override
        public List<Slot> writes() {
            return List.of(c);
        }
    }

    /** The gradient of a linear map's weight, {@code c += a^T b}: c [n, k], a [R, n], b [R, k]. */
    record MatmulTN(Slot c, Slot a, Slot b) implements DenseOp {
        public MatmulTN {
            sameRows("MatmulTN", a, b);
            sameColumns("MatmulTN", c, b);
            check(c.rows().max() == a.columns(), "MatmulTN", c, a);
        }

        @Override
        public Extent rows() {
            return a.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(a, b);
        }

        @Override
        public List<Slot> writes() {
            return List.of(c);
        }
    }

    /** The bias of a linear map, {@code x[i] += bias}: x [R, n], bias [n]. */
    record AddBias(Slot x, Slot bias) implements DenseOp {
        public AddBias {
            check(bias.rows().max() == x.columns() && bias.columns() == 1, "AddBias", x, bias);
        }

        @Override
        public Extent rows() {
            return x.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(bias);
        }

        @Override
        public List<Slot> writes() {
            return List.of(x);
        }
    }

    /** {@code dBias += sum over rows of dOut}: dBias [n], dOut [R, n]. */
    record AddBiasBackward(Slot dBias, Slot dOut) implements DenseOp {
        public AddBiasBackward {
            check(dBias.rows().max() == dOut.columns() && dBias.columns() == 1, "AddBiasBackward", dBias, dOut);
        }

        @Override
        public Extent rows() {
            return dOut.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(dOut);
        }

        @Override
        public List<Slot> writes() {
            return List.of(dBias);
        }
    }

    /** {@code out = silu(gate) * up}, silu(x) = x / (1 + exp(-x)): out [R, f]; gateUp [R, 2f] holds gate, then up. */
    record SwiGlu(Slot out, Slot gateUp) implements DenseOp {
        public SwiGlu {
            sameRows("SwiGlu", out, gateUp);
            check(gateUp.columns() == 2 * out.columns(), "SwiGlu", out, gateUp);
        }

        @Override
        public Extent rows() {
            return out.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(gateUp);
        }

        @Override
        public List<Slot> writes() {
            return List.of(out);
        }
    }

    /**
     * With {@code s = 1 / (1 + exp(-gate))}: {@code dGate = dOut up s (1 + gate (1 - s))},
     * {@code dUp = dOut gate s}; dGateUp [R, 2f] laid out as gateUp.
     */
    record SwiGluBackward(Slot dGateUp, Slot dOut, Slot gateUp) implements DenseOp {
        public SwiGluBackward {
            sameRows("SwiGluBackward", dGateUp, dOut, gateUp);
            sameColumns("SwiGluBackward", dGateUp, gateUp);
            check(gateUp.columns() == 2 * dOut.columns(), "SwiGluBackward", dOut, gateUp);
        }

        @Override
        public Extent rows() {
            return dOut.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(dOut, gateUp);
        }

        @Override
        public List<Slot> writes() {
            return List.of(dGateUp);
        }
    }

    /** {@code out = x (1 + erf(x / sqrt 2)) / 2}, the exact GELU of the MLP routers: out, x [R, f]. */
    record Gelu(Slot out, Slot x) implements DenseOp {
        public Gelu {
            sameRows("Gelu", out, x);
            sameColumns("Gelu", out, x);
        }

        @Override
        public Extent rows() {
            return out.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(x);
        }

        @Override
        public List<Slot> writes() {
            return List.of(out);
        }
    }

    /** {@code dx = dOut ((1 + erf(x / sqrt 2)) / 2 + x exp(-x^2 / 2) / sqrt(2 pi))}. */
    record GeluBackward(Slot dx, Slot dOut, Slot x) implements DenseOp {
        public GeluBackward {
            sameRows("GeluBackward", dx, dOut, x);
            sameColumns("GeluBackward", dx, dOut, x);
        }

        @Override
        public Extent rows() {
            return dx.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(dOut, x);
        }

        @Override
        public List<Slot> writes() {
            return List.of(dx);
        }
    }

    /** {@code out = in}: both [R, c], of the same element type. */
    record Copy(Slot out, Slot in) implements DenseOp {
        public Copy {
            sameRows("Copy", out, in);
            sameColumns("Copy", out, in);
            check(out.type() == in.type(), "Copy", out, in);
        }

        @Override
        public Extent rows() {
            return out.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(in);
        }

        @Override
        public List<Slot> writes() {
            return List.of(out);
        }
    }

    /** {@code out += in}: both [R, c], of the same element type. */
    record Add(Slot out, Slot in) implements DenseOp {
        public Add {
            sameRows("Add", out, in);
            sameColumns("Add", out, in);
            check(out.type() == in.type(), "Add", out, in);
        }

        @Override
        public Extent rows() {
            return out.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of(in);
        }

        @Override
        public List<Slot> writes() {
            return List.of(out);
        }
    }

    /** Zeros in all rows: out [R, c], either element type. */
    record Clear(Slot out) implements DenseOp {
        @Override
        public Extent rows() {
            return out.rows();
        }

        @Override
        public List<Slot> reads() {
            return List.of();
        }

        @Override
        public List<Slot> writes() {
            return List.of(out);
        }
    }
}
