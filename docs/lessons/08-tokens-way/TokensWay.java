package org.tornadomor.lessons.lesson8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.tornadomor.engine.Engine;
import org.tornadomor.lessons.Exercise;
import org.tornadomor.lessons.Lesson;
import org.tornadomor.lessons.ModelPass;
import org.tornadomor.lessons.Trial;
import org.tornadomor.lessons.Version;
import org.tornadomor.lessons.Workload;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.MorConfigBuilder;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.RouterActivation;
import org.tornadomor.model.RouterKind;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.Sharing;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Lesson 8: a whole model, from tokens to the logits of the token that follows each. Its one layer is passed three times. Without
 * routing all tokens pass it each time; with routing two thirds of them pass it a second and one third a third time.
 */
public final class TokensWay implements Lesson {
    private static final int RECURSIONS = 3;
    private static final double EPS = 1e-5;
    private static final double THETA = 10_000;
    private static final double ALPHA = 1;
    /** Of the random weights, so that no token of the sizes here is nearly as good as the next. */
    private static final int SEED = 8;

    /**
     * Sizes.
     *
     * @param length tokens
     * @param vocabulary different tokens
     * @param hidden columns of a token's state
     * @param wide columns between the two products of the feed-forward part
     * @param heads of queries; two share a head of keys
     * @param headDim columns of a head
     */
    private record Sizes(int length, int vocabulary, int hidden, int wide, int heads, int headDim) {
        int keyHeads() {
            return heads / 2;
        }

        ModelConfig config(boolean routed) {
            MorConfigBuilder mor = new MorConfigBuilder(
                            RECURSIONS, routed ? RouterKind.EXPERT_CHOICE : RouterKind.NONE)
                    .sharing(Sharing.CYCLE);
            if (routed) {
                mor.routerActivation(RouterActivation.SIGMOID).routerAlpha(ALPHA);
            }
            MorConfig built = mor.build();
            return new ModelConfig(
                    vocabulary,
                    hidden,
                    wide,
                    RECURSIONS,
                    heads,
                    keyHeads(),
                    headDim,
                    EPS,
                    THETA,
                    length,
                    true,
                    0.02,
                    built);
        }

        /** Each weight by its name in the file of a model, as rows x columns; a vector has one column. */
        Map<String, int[]> shapes() {
            Map<String, int[]> shapes = new LinkedHashMap<>();
            String layer = "model.layers.0.";
            shapes.put("model.embed_tokens.weight", new int[] {vocabulary, hidden});
            shapes.put("model.norm.weight", new int[] {hidden, 1});
            shapes.put(layer + "input_layernorm.weight", new int[] {hidden, 1});
            shapes.put(layer + "self_attn.q_proj.weight", new int[] {heads * headDim, hidden});
            shapes.put(layer + "self_attn.k_proj.weight", new int[] {keyHeads() * headDim, hidden});
            shapes.put(layer + "self_attn.v_proj.weight", new int[] {keyHeads() * headDim, hidden});
            shapes.put(layer + "self_attn.o_proj.weight", new int[] {hidden, heads * headDim});
            shapes.put(layer + "post_attention_layernorm.weight", new int[] {hidden, 1});
            shapes.put(layer + "mlp.gate_proj.weight", new int[] {wide, hidden});
            shapes.put(layer + "mlp.up_proj.weight", new int[] {wide, hidden});
            shapes.put(layer + "mlp.down_proj.weight", new int[] {hidden, wide});
            for (int r = 0; r < RECURSIONS; r++) {
                shapes.put("model.routers." + r + ".weight", new int[] {1, hidden});
            }
            return shapes;
        }

        Map<String, float[]> weights() {
            Random random = new Random(SEED);
            Map<String, float[]> weights = new HashMap<>();
            shapes().forEach((name, shape) -> {
                float[] values = new float[shape[0] * shape[1]];
                float spread = shape[1] == 1 ? 0.1f : 1f / (float) Math.sqrt(shape[1]);
                for (int i = 0; i < values.length; i++) {
                    values[i] = (shape[1] == 1 ? 1 : 0) + spread * (float) random.nextGaussian();
                }
                weights.put(name, values);
            });
            return weights;
        }

        int[] tokens() {
            return new Random(SEED).ints(length, 0, vocabulary).toArray();
        }

        /** How many tokens pass recursion r, from 1. */
        int active(int r) {
            return length * (RECURSIONS - r + 1) / RECURSIONS;
        }

        /** Multiplications and additions of all products with weights. */
        long flops(boolean routed) {
            long passes = 0;
            for (int r = 1; r <= RECURSIONS; r++) {
                passes += routed ? active(r) : length;
            }
            long layer = 2L * heads * headDim * hidden + 2L * keyHeads() * headDim * hidden + 3L * wide * hidden;
            return 2 * (passes * layer + (long) length * vocabulary * hidden);
        }

        /** Of weights, each once, and of the logits. */
        long bytes() {
            long weights = shapes().values().stream()
                    .mapToLong(shape -> (long) shape[0] * shape[1])
                    .sum();
            return Float.BYTES * (weights + (long) length * vocabulary);
        }
    }

    /** Versions 0 and 2: the model in plain Java. */
    private static final class PlainModel {
        private final Sizes s;
        private final Map<String, float[]> weights;

        PlainModel(Sizes s, Map<String, float[]> weights) {
            this.s = s;
            this.weights = weights;
        }

        float[] logits(int[] tokens, boolean routed) {
            float[] table = weights.get("model.embed_tokens.weight");
            double[][] h = new double[tokens.length][s.hidden()];
            for (int t = 0; t < tokens.length; t++) {
                for (int d = 0; d < s.hidden(); d++) {
                    h[t][d] = table[tokens[t] * s.hidden() + d];
                }
            }
            List<Integer> active = new ArrayList<>();
            for (int t = 0; t < tokens.length; t++) {
                active.add(t);
            }
            for (int r = 1; r <= RECURSIONS; r++) {
                double[] z = new double[tokens.length];
                for (int t : active) {
                    z[t] = routed ? map("model.routers." + (r - 1) + ".weight", h[t])[0] : 0;
                }
                active = routed ? most(active, z, s.active(r)) : active;
                double[][] f = layer(active, h);
                for (int i = 0; i < f.length; i++) {
                    int t = active.get(i);
                    double gate = ALPHA / (1 + Math.exp(-z[t]));
                    h[t] = routed ? sum(h[t], gate, f[i]) : f[i];
                }
            }
            float[] logits = new float[tokens.length * s.vocabulary()];
            for (int t = 0; t < tokens.length; t++) {
                double[] row = map("model.embed_tokens.weight", norm("model.norm.weight", h[t]));
                for (int v = 0; v < row.length; v++) {
                    logits[t * s.vocabulary() + v] = (float) row[v];
                }
            }
            return logits;
        }

        /** The k of some tokens with the largest z, in order. */
        private static List<Integer> most(List<Integer> candidates, double[] z, int k) {
            return candidates.stream()
                    .sorted((a, b) -> Double.compare(z[b], z[a]))
                    .limit(k)
                    .sorted()
                    .toList();
        }

        /** The layer on some tokens, which see each other alone. */
        private double[][] layer(List<Integer> active, double[][] h) {
            String name = "model.layers.0.";
            double[][] out = new double[active.size()][];
            double[][] keys = new double[active.size()][];
            double[][] values = new double[active.size()][];
            for (int i = 0; i < out.length; i++) {
                double[] x = h[active.get(i)];
                double[] n = norm(name + "input_layernorm.weight", x);
                double[] q = turn(map(name + "self_attn.q_proj.weight", n), active.get(i));
                keys[i] = turn(map(name + "self_attn.k_proj.weight", n), active.get(i));
                values[i] = map(name + "self_attn.v_proj.weight", n);
                double[] mid = sum(x, 1, map(name + "self_attn.o_proj.weight", attend(q, keys, values, i)));
                double[] m = norm(name + "post_attention_layernorm.weight", mid);
                double[] gate = map(name + "mlp.gate_proj.weight", m);
                double[] up = map(name + "mlp.up_proj.weight", m);
                for (int j = 0; j < up.length; j++) {
                    up[j] *= gate[j] / (1 + Math.exp(-gate[j]));
                }
                out[i] = sum(mid, 1, map(name + "mlp.down_proj.weight", up));
            }
            return out;
        }

        private double[] attend(double[] q, double[][] keys, double[][] values, int row) {
            double[] out = new double[q.length];
            for (int at = 0; at < q.length; at += s.headDim()) {
                int keyAt = at / s.headDim() / 2 * s.headDim();
                double[] p = new double[row + 1];
                for (int j = 0; j <= row; j++) {
                    for (int d = 0; d < s.headDim(); d++) {
                        p[j] += q[at + d] * keys[j][keyAt + d] / Math.sqrt(s.headDim());
                    }
                }
                double most = Arrays.stream(p).max().orElseThrow();
                double total = Arrays.stream(p).map(score -> Math.exp(score - most)).sum();
                for (int j = 0; j <= row; j++) {
                    double share = Math.exp(p[j] - most) / total;
                    for (int d = 0; d < s.headDim(); d++) {
                        out[at + d] += share * values[j][keyAt + d];
                    }
                }
            }
            return out;
        }

        /** Turns each pair of numbers of each head by the token's place. */
        private double[] turn(double[] x, int place) {
            int half = s.headDim() / 2;
            for (int at = 0; at < x.length; at += s.headDim()) {
                for (int j = 0; j < half; j++) {
                    double angle = place * Math.pow(THETA, -(double) j / half);
                    double a = x[at + j];
                    double b = x[at + j + half];
                    x[at + j] = a * Math.cos(angle) - b * Math.sin(angle);
                    x[at + j + half] = b * Math.cos(angle) + a * Math.sin(angle);
                }
            }
            return x;
        }

        private double[] norm(String name, double[] x) {
            float[] w = weights.get(name);
            double squares = 0;
            for (double value : x) {
                squares += value * value;
            }
            double scale = 1 / Math.sqrt(squares / x.length + EPS);
            double[] out = new double[x.length];
            for (int d = 0; d < out.length; d++) {
                out[d] = x[d] * scale * w[d];
            }
            return out;
        }

        private double[] map(String name, double[] x) {
            float[] w = weights.get(name);
            double[] out = new double[w.length / x.length];
            for (int j = 0; j < out.length; j++) {
                for (int d = 0; d < x.length; d++) {
                    out[j] += w[j * x.length + d] * x[d];
                }
            }
            return out;
        }

        private static double[] sum(double[] a, double factor, double[] b) {
            double[] sum = a.clone();
            for (int d = 0; d < sum.length; d++) {
                sum[d] += factor * b[d];
            }
            return sum;
        }
    }

    /** Versions 1 and 3: the model of this project, which trains and serves. */
    private static final class WholeModel implements ModelPass {
        private final Sizes s;
        private final Scorer scorer;
        private final int[] tokens;

        WholeModel(Engine engine, Sizes s, Map<String, float[]> weights, int[] tokens, boolean routed) {
            this.s = s;
            this.tokens = tokens;
            ParameterSet parameters = new ParameterSet(engine, "weights", s.config(routed));
            parameters.named().forEach((name, tensor) -> engine.upload(tensor, weights.get(name), 0));
            scorer = new Scorer(engine, parameters, 1, s.length());
        }

        @Override
        public float[] run() {
            int[] next = new int[tokens.length];
            for (int t = 0; t < tokens.length; t++) {
                next[t] = tokens[(t + 1) % tokens.length];
            }
            float[] logits = new float[tokens.length * s.vocabulary()];
            scorer.score(tokens, next, 1, tokens.length, false, logits);
            return logits;
        }

        @Override
        public int[] depths() {
            int[] depths = new int[tokens.length];
            scorer.depths(depths);
            return depths;
        }
    }

    @Override
    public int number() {
        return 8;
    }

    @Override
    public String title() {
        return "A token's way";
    }

    @Override
    public String idea() {
        return "a model is the kernels of all lessons one after the other, and a profile says which of them to care about";
    }

    @Override
    public String folder() {
        return "08-tokens-way";
    }

    @Override
    public Workload workload(boolean small) {
        Sizes s = small ? new Sizes(48, 64, 32, 64, 2, 16) : new Sizes(384, 512, 256, 704, 8, 32);
        Map<String, float[]> weights = s.weights();
        int[] tokens = s.tokens();
        PlainModel plain = new PlainModel(s, weights);
        return new Workload(
                s.length() + " tokens through a layer of " + s.hidden() + " columns, " + RECURSIONS + " times",
                List.of(
                        Version.plain("plain Java, full depth", () -> plain.logits(tokens, false)),
                        Version.model(
                                "the model, full depth",
                                engine -> new WholeModel(engine, s, weights, tokens, false)),
                        Version.plain("plain Java, routed", () -> plain.logits(tokens, true))
                                .needing(s.flops(true)),
                        Version.model(
                                        "the model, routed",
                                        engine -> new WholeModel(engine, s, weights, tokens, true))
                                .needing(s.flops(true))),
                s.flops(false),
                s.bytes(),
                1e-3);
    }

    @Override
    public Exercise exercise() {
        return new Exercise(
                "out[row] = the column of the largest of the row's logits, the smaller column of equal ones, a group a row",
                List.of(FloatArray.class, FloatArray.class, int.class, int.class),
                List.of(trial(4, 64, 5), trial(3, 33, 8), trial(2, 20, 3)));
    }

    /** The largest logit stands in two columns. */
    private static Trial trial(int rows, int columns, int step) {
        FloatArray logits = new FloatArray(rows * columns);
        FloatArray out = new FloatArray(rows);
        float[] expected = new float[rows];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                logits.set(row * columns + column, (column * step + row) % 7 - 10);
            }
            int largest = columns - 3 - row;
            logits.set(row * columns + columns - 1, 2);
            logits.set(row * columns + largest, 2);
            expected[row] = largest;
        }
        return new Trial(
                rows + " rows of " + columns + " logits",
                List.of(logits, out, rows, columns),
                List.of("logits", "out", "rows", "columns"),
                out,
                "out",
                expected,
                1e-6);
    }
}
