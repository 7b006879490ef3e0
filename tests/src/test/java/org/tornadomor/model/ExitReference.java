package org.tornadomor.model;

import static org.tornadomor.model.ReferenceMath.add;
import static org.tornadomor.model.ReferenceMath.map;
import static org.tornadomor.model.ReferenceMath.rmsNorm;
import static org.tornadomor.model.ReferenceMath.sigmoid;
import static org.tornadomor.model.ReferenceMath.softmax;

import java.util.Arrays;
import java.util.Map;

/**
 * A recursive model whose tokens may leave, in double precision, a token after the other: at recursion d it reads of each earlier token
 * the key and value of recursion min(d, the one at which that token left). Written from the definitions, with nothing of the
 * engine's code.
 */
final class ExitReference {
    /**
     * What came out.
     *
     * @param logits by position
     * @param depth by position, the recursion at which it left
     * @param margin how far the closest decision was from going the other way
     */
    record Run(double[][] logits, int[] depth, double margin) {}

    private final ModelConfig config;
    private final Map<String, double[]> weights;
    private final int recursions;
    private final int block;
    private final ReferenceMath.Rope rope;

    ExitReference(ModelConfig config, Map<String, double[]> weights) {
        this.config = config;
        this.weights = weights;
        recursions = config.mor().numRecursions();
        block = config.numLayers() / recursions;
        rope = new ReferenceMath.Rope(config, config.maxPositions());
    }

    private double[] norm(String name, double[] x) {
        return rmsNorm(x, weights.get(name), config.rmsNormEps());
    }

    private double[] project(String name, double[] x) {
        double[] y = map(weights.get(name + ".weight"), x);
        if (weights.containsKey(name + ".bias")) {
            add(y, 1, weights.get(name + ".bias"));
        }
        return y;
    }

    /** @param from the first position whose token may leave before the last recursion, or before {@code deepest} */
    Run run(int[] ids, int from, ExitRule rule, int deepest) {
        // By recursion from 1, layer of the block, position.
        double[][][][] keys = new double[recursions + 1][block][ids.length][];
        double[][][][] values = new double[recursions + 1][block][ids.length][];
        double[][] logits = new double[ids.length][];
        int[] left = new int[ids.length];
        double margin = Double.POSITIVE_INFINITY;
        int d = config.hiddenSize();
        double[] table = weights.get("model.embed_tokens.weight");
        for (int p = 0; p < ids.length; p++) {
            double[] h = Arrays.copyOfRange(table, ids[p] * d, (ids[p] + 1) * d);
            double stayed = 1;
            for (int r = 1; left[p] == 0; r++) {
                double[] before = h;
                for (int l = 0; l < block; l++) {
                    h = layer(l, r, p, h, keys, values, left);
                }
                h = config.architecture().loopNorm() ? norm("model.norm.weight", h) : h;
                boolean leaves = r == deepest;
                if (!leaves && p >= from && rule.by() != ExitRule.By.NONE) {
                    if (rule.by() == ExitRule.By.GATE) {
                        stayed *= 1 - sigmoid(project("model.early_exit_gate", h)[0]);
                    }
                    double sure = sure(rule.by(), before, h, stayed);
                    margin = Math.min(margin, Math.abs(sure - rule.threshold()));
                    leaves = sure >= rule.threshold();
                }
                left[p] = leaves ? r : 0;
            }
            logits[p] = head(h);
        }
        return new Run(logits, left, margin);
    }

    private double[] head(double[] h) {
        double[] x = config.architecture().loopNorm() ? h : norm("model.norm.weight", h);
        return map(weights.get(config.tieEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight"), x);
    }

    private double sure(ExitRule.By by, double[] before, double[] after, double stayed) {
        return switch (by) {
            case SOFTMAX -> {
                double[] p = softmax(head(after));
                Arrays.sort(p);
                yield p[p.length - 1] - p[p.length - 2];
            }
            case STATE -> dot(before, after) / Math.sqrt(dot(before, before) * dot(after, after));
            case GATE -> 1 - stayed;
            case NONE -> throw new IllegalArgumentException();
        };
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private double[] layer(int l, int r, int p, double[] x, double[][][][] keys, double[][][][] values, int[] left) {
        String prefix = "model.layers." + l + ".";
        double[] normed = norm(prefix + "input_layernorm.weight", x);
        double[] q = turned(project(prefix + "self_attn.q_proj", normed), l, prefix + "self_attn.q_norm.weight", p);
        keys[r][l][p] = turned(project(prefix + "self_attn.k_proj", normed), l, prefix + "self_attn.k_norm.weight", p);
        values[r][l][p] = project(prefix + "self_attn.v_proj", normed);
        double[][] k = new double[p + 1][];
        double[][] v = new double[p + 1][];
        for (int s = 0; s <= p; s++) {
            int plane = config.kv() == KvMode.SHARED ? 1 : s == p ? r : Math.min(r, left[s]);
            k[s] = keys[plane][l][s];
            v[s] = values[plane][l][s];
        }
        double[] mid = x.clone();
        double[] attended = project(
                prefix + "self_attn.o_proj",
                attend(q, k, v, config.architecture().kind(l).window()));
        add(mid, 1, added(prefix + "input_layernorm_2.weight", attended));
        double[] n = norm(prefix + "post_attention_layernorm.weight", mid);
        double[] fed = project(
                prefix + "mlp.down_proj",
                ReferenceMath.swiGlu(project(prefix + "mlp.gate_proj", n), project(prefix + "mlp.up_proj", n)));
        double[] out = mid.clone();
        add(out, 1, added(prefix + "post_attention_layernorm_2.weight", fed));
        return out;
    }

    private double[] added(String norm, double[] x) {
        return weights.containsKey(norm) ? norm(norm, x) : x;
    }

    private double[] turned(double[] x, int l, String norm, int position) {
        double[] w = weights.get(norm);
        for (int at = 0; w != null && at < x.length; at += w.length) {
            double[] head = rmsNorm(Arrays.copyOfRange(x, at, at + w.length), w, config.rmsNormEps());
            System.arraycopy(head, 0, x, at, w.length);
        }
        if (config.architecture().kind(l).rotary()) {
            rope.turn(x, position);
        }
        return x;
    }

    private double[] attend(double[] q, double[][] k, double[][] v, int window) {
        int size = config.headDim();
        int first = window == 0 ? 0 : Math.max(0, k.length - window);
        double[] out = new double[q.length];
        for (int head = 0; head < config.numHeads(); head++) {
            int at = head / (config.numHeads() / config.numKvHeads()) * size;
            double[] scores = new double[k.length - first];
            for (int s = first; s < k.length; s++) {
                for (int j = 0; j < size; j++) {
                    scores[s - first] += q[head * size + j] * k[s][at + j] / Math.sqrt(size);
                }
            }
            double[] share = softmax(scores);
            for (int s = first; s < k.length; s++) {
                for (int j = 0; j < size; j++) {
                    out[head * size + j] += share[s - first] * v[s][at + j];
                }
            }
        }
        return out;
    }
}
