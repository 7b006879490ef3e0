package org.tornadomor.model;

import static org.tornadomor.model.ReferenceMath.add;
import static org.tornadomor.model.ReferenceMath.binaryCrossEntropy;
import static org.tornadomor.model.ReferenceMath.gelu;
import static org.tornadomor.model.ReferenceMath.logSumExp;
import static org.tornadomor.model.ReferenceMath.map;
import static org.tornadomor.model.ReferenceMath.rmsNorm;
import static org.tornadomor.model.ReferenceMath.sigmoid;
import static org.tornadomor.model.ReferenceMath.softmax;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.tornadomor.engine.Divergence;

/**
 * The whole model in double precision: forward and losses, a token after the other, written from the formulas and tables of
 * the method and from nothing of the engine's code. Tests hold the engine's logits and losses to it, and the engine's
 * gradients to its finite differences.
 *
 * <p>Routing decisions jump, so a run either decides itself, and says with what margin, or is told the depth of each token.
 */
final class ReferenceModel {
    /**
     * How a run decides.
     *
     * @param causal by threshold instead of top-k (expert-choice)
     * @param threshold logit above which a token goes on, causally
     * @param maxDepth recursions that a token runs at most
     * @param limits k of each recursion in a sequence, for top-k
     * @param depth the depth of each token if it is to be replayed, else null
     */
    record Choice(boolean causal, double threshold, int maxDepth, int[] limits, int[] depth) {
        static Choice topK(ModelConfig config, int length) {
            return new Choice(false, 0, config.recursions(), ReferenceShape.limits(config, length), null);
        }

        static Choice threshold(ModelConfig config, double logit, int maxDepth) {
            return new Choice(true, logit, maxDepth, null, null);
        }

        Choice replaying(int[] depths) {
            return new Choice(causal, threshold, maxDepth, limits, depths);
        }
    }

    /** What came out; losses have their coefficients applied, {@code lm} is a mean over all tokens. */
    static final class Result {
        final double[][] logits;
        final double[] rowLoss;
        final int[] depth;
        double lm;
        double aux;
        double balance;
        double z;
        double auxRouter;
        double distillation;
        double exits;
        /** The weight of the cross-entropy in what is minimised. */
        double share = 1;
        /** How far the closest routing decision was from going the other way. */
        double margin = Double.POSITIVE_INFINITY;

        Result(int rows) {
            logits = new double[rows][];
            rowLoss = new double[rows];
            depth = new int[rows];
        }

        /** What is minimised: the auxiliary routers have a loss of their own. */
        double total() {
            return share * lm + distillation + exits + aux + balance + z;
        }
    }

    /** Sums over the candidates of one recursion, or over all tokens for token-choice. */
    private static final class RouterSums {
        int count;
        double entropy;
        double squares;
        double auxEntropy;
        double[] score;
        int[] chosen;
    }

    /** Keys and values by position; null where a depth has none. */
    private record Keys(double[][] k, double[][] v) {
        Keys(int length) {
            this(new double[length][], new double[length][]);
        }

        Keys copy() {
            return new Keys(k.clone(), v.clone());
        }
    }

    /** Logits of a teacher by row, or null; how far the student is from it, and what that counts. */
    double[][] teacher;

    Divergence divergence;
    double weight;
    double temperature;
    /** How many of the teacher's tokens stand for themselves, while the others are one class; 0 for all. */
    int topK;

    /** Coefficients by recursion from 1 of losses at their ends, or null; and what the earlier ends learn instead of the text. */
    float[] exits;

    double[][] exitTeacher;

    /** By recursion and row, the hidden state that the last layer so far left. */
    private double[][][] ends;

    private final ModelConfig config;
    private final MorConfig mor;
    private final Map<String, double[]> weights;
    private final List<ReferenceShape.Layer> layers;
    private final int recursions;
    private final ReferenceMath.Rope rope;
    /** The token that ends a document, within which attention stays; negative for whole sequences. */
    int documentEnd = -1;

    ReferenceModel(ModelConfig config, Map<String, double[]> weights) {
        this.config = config;
        this.mor = config.mor();
        this.weights = weights;
        this.layers = ReferenceShape.unroll(config);
        this.recursions = mor == null ? 1 : mor.numRecursions();
        this.rope = new ReferenceMath.Rope(config, config.maxPositions());
    }

    private double[] weight(String name) {
        double[] value = weights.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no weight " + name + " among " + weights.keySet());
        }
        return value;
    }

    /** A projection of a layer, with its low-rank factors and its bias if there are some. */
    private double[] project(ReferenceShape.Layer layer, String name, double[] x) {
        String shared = "model.layers." + layer.set() + "." + name;
        String own = "model.lora." + layer.number() + "." + name;
        double[] y = map(weight(shared + ".weight"), x);
        double[] a = weights.get(own + ".down.weight");
        if (a != null) {
            double[] low = map(a, x);
            double[] bTransposed = weight(own + ".up.weight");
            for (int i = 0; i < bTransposed.length; i++) {
                y[i % y.length] += bTransposed[i] * low[i / y.length];
            }
        }
        double[] bias = weights.getOrDefault(own + ".bias", weights.get(shared + ".bias"));
        if (bias != null) {
            add(y, 1, bias);
        }
        return y;
    }

    /** Each head through the layer's norm of that name, if there is one; then turned by its position, if it has positions. */
    private double[] turned(ReferenceShape.Layer layer, double[] x, String norm, int position) {
        double[] w = weights.getOrDefault(
                "model.lora." + layer.number() + "." + norm, weights.get("model.layers." + layer.set() + "." + norm));
        for (int from = 0; w != null && from < x.length; from += w.length) {
            double[] head = rmsNorm(Arrays.copyOfRange(x, from, from + w.length), w, config.rmsNormEps());
            System.arraycopy(head, 0, x, from, w.length);
        }
        if (kind(layer).rotary()) {
            rope.turn(x, position);
        }
        return x;
    }

    private AttentionKind kind(ReferenceShape.Layer layer) {
        return config.architecture().kind(layer.number());
    }

    /** Runs sequences of equal length, one after the other in {@code inputs} and {@code targets}. */
    Result run(int[] inputs, int[] targets, int sequences, int length, Choice choice) {
        Result result = new Result(sequences * length);
        ends = new double[recursions + 1][sequences * length][];
        RouterSums[] sums = new RouterSums[recursions];
        Arrays.setAll(sums, r -> new RouterSums());
        for (int b = 0; b < sequences; b++) {
            new Sequence(inputs, b * length, length, choice, result, sums).run();
        }
        double[] head = weight(config.tieEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight");
        double[] norm = weight("model.norm.weight");
        for (int i = 0; i < inputs.length; i++) {
            result.logits[i] = map(head, rmsNorm(result.logits[i], norm, config.rmsNormEps()));
            result.rowLoss[i] = targets[i] < 0 ? 0 : logSumExp(result.logits[i]) - result.logits[i][targets[i]];
            result.lm += result.rowLoss[i] / inputs.length;
            if (teacher != null) {
                result.share = 1 - weight;
                double[] q = softmax(scaled(result.logits[i], 1 / temperature));
                double[] p = softmax(scaled(teacher[i], 1 / temperature));
                int[] kept = topK == 0 ? null : likeliest(p, topK);
                double distance =
                        temperature * temperature * distance(divergence, together(p, kept), together(q, kept));
                result.distillation += targets[i] < 0 ? 0 : weight * distance / inputs.length;
            }
        }
        if (exits != null) {
            addExits(result, head, norm, targets);
        }
        addRouterLosses(result, sums);
        return result;
    }

    private void addExits(Result result, double[] head, double[] norm, int[] targets) {
        result.share = exits[recursions - 1];
        for (int r = 1; r < recursions; r++) {
            for (int i = 0; i < targets.length; i++) {
                double[] logits = map(head, rmsNorm(ends[r][i], norm, config.rmsNormEps()));
                double loss = exitTeacher == null
                        ? logSumExp(logits) - logits[Math.max(0, targets[i])]
                        : distance(Divergence.FORWARD, softmax(exitTeacher[i]), softmax(logits));
                result.exits += targets[i] < 0 ? 0 : exits[r - 1] * loss / targets.length;
            }
        }
    }

    static double[] scaled(double[] x, double factor) {
        return Arrays.stream(x).map(value -> value * factor).toArray();
    }

    /** The k likeliest of some classes, ascending. */
    static int[] likeliest(double[] p, int k) {
        return IntStream.range(0, p.length)
                .boxed()
                .sorted((one, other) -> Double.compare(p[other], p[one]))
                .limit(k)
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
    }

    /** Some classes by themselves, and all others as one. */
    static double[] together(double[] p, int[] kept) {
        if (kept == null) {
            return p;
        }
        double[] classes = new double[kept.length + (kept.length < p.length ? 1 : 0)];
        for (int c = 0; c < p.length; c++) {
            int place = Arrays.binarySearch(kept, c);
            classes[place < 0 ? kept.length : place] += p[c];
        }
        return classes;
    }

    /** How far q is from p, in nats or, for total variation, as a probability. */
    static double distance(Divergence divergence, double[] p, double[] q) {
        double[] mean = new double[p.length];
        Arrays.setAll(mean, i -> (p[i] + q[i]) / 2);
        return switch (divergence) {
            case FORWARD -> relativeEntropy(p, q);
            case REVERSE -> relativeEntropy(q, p);
            case JS -> (relativeEntropy(p, mean) + relativeEntropy(q, mean)) / 2;
            case TV ->
                IntStream.range(0, p.length)
                                .mapToDouble(i -> Math.abs(p[i] - q[i]))
                                .sum()
                        / 2;
        };
    }

    private static double relativeEntropy(double[] p, double[] q) {
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            sum += p[i] == 0 ? 0 : p[i] * Math.log(p[i] / q[i]);
        }
        return sum;
    }

    private void addRouterLosses(Result result, RouterSums[] sums) {
        if (config.router() == RouterKind.EXPERT_CHOICE) {
            for (RouterSums sum : sums) {
                if (sum.count > 0) {
                    result.aux += mor.auxLossCoef() * sum.entropy / sum.count;
                    result.z += mor.zLossCoef() * sum.squares / sum.count;
                    result.auxRouter += sum.auxEntropy / sum.count;
                }
            }
        } else if (config.router() == RouterKind.TOKEN_CHOICE) {
            RouterSums sum = sums[0];
            result.z = mor.zLossCoef() * sum.squares / sum.count;
            for (int j = 0; j < recursions && mor.balancing() == Balancing.LOSS; j++) {
                double share = (double) recursions * sum.chosen[j] / sum.count;
                result.balance += mor.balanceLossCoef() * share * sum.score[j] / sum.count;
            }
        }
    }

    /** One sequence on its way through the layers. */
    private final class Sequence {
        private final int[] inputs;
        private final int at;
        private final int length;
        private final Choice choice;
        private final Result result;
        private final RouterSums[] sums;
        private final double[][] h;
        private final int[] everyone;
        /** Keys and values of recursion 1, by weight set. */
        private final Map<Integer, Keys> firstKeys = new HashMap<>();

        Sequence(int[] inputs, int at, int length, Choice choice, Result result, RouterSums[] sums) {
            this.inputs = inputs;
            this.at = at;
            this.length = length;
            this.choice = choice;
            this.result = result;
            this.sums = sums;
            h = new double[length][];
            everyone = IntStream.range(0, length).toArray();
        }

        void run() {
            int d = config.hiddenSize();
            double[] table = weight("model.embed_tokens.weight");
            for (int t = 0; t < length; t++) {
                h[t] = Arrays.copyOfRange(table, inputs[at + t] * d, (inputs[at + t] + 1) * d);
            }
            boolean routed = config.router().routes();
            boolean recursionsDone = false;
            int recursion = 0;
            for (ReferenceShape.Layer layer : layers) {
                if (layer.recursion() == 0 || !routed && layer.recursion() <= choice.maxDepth()) {
                    if (config.architecture().loopNorm() && layer.recursion() > recursion) {
                        normAll(recursion);
                        recursion = layer.recursion();
                    }
                    store(everyone, layer(layer, everyone, h));
                    for (int t = 0; t < length; t++) {
                        ends[layer.recursion()][at + t] = h[t];
                    }
                } else if (routed && !recursionsDone) {
                    recursionsDone = true;
                    if (config.router() == RouterKind.EXPERT_CHOICE) {
                        expertChoice();
                    } else {
                        tokenChoice();
                    }
                }
            }
            for (int t = 0; t < length; t++) {
                result.logits[at + t] = h[t];
                if (!routed) {
                    result.depth[at + t] = Math.min(choice.maxDepth(), recursions);
                }
            }
        }

        /** What a recursion left, through the final norm. */
        private void normAll(int recursion) {
            for (int t = 0; t < length && recursion > 0; t++) {
                h[t] = rmsNorm(h[t], weight("model.norm.weight"), config.rmsNormEps());
            }
        }

        /** What a half of a layer adds, through its norm if it has one. */
        private double[] added(double[] x, String norm) {
            double[] w = weights.get(norm);
            return w == null ? x : rmsNorm(x, w, config.rmsNormEps());
        }

        private void store(int[] active, double[][] rows) {
            for (int i = 0; i < active.length; i++) {
                h[active[i]] = rows[i];
            }
        }

        /** The shared stack at recursion r on the active tokens. */
        private double[][] block(int r, int[] active) {
            double[][] x = Arrays.stream(active).mapToObj(t -> h[t]).toArray(double[][]::new);
            for (ReferenceShape.Layer layer : layers) {
                if (layer.recursion() == r) {
                    x = layer(layer, active, x);
                }
            }
            return x;
        }

        private double[][] layer(ReferenceShape.Layer layer, int[] active, double[][] x) {
            String prefix = "model.layers." + layer.set() + ".";
            double eps = config.rmsNormEps();
            int rows = active.length;
            double[] inputNorm = weight(prefix + "input_layernorm.weight");
            double[][] normed = new double[rows][];
            for (int i = 0; i < rows; i++) {
                normed[i] = rmsNorm(x[i], inputNorm, eps);
            }
            Keys keys = keys(layer, active, normed);
            double[] postNorm = weight(prefix + "post_attention_layernorm.weight");
            double[][] out = new double[rows][];
            for (int i = 0; i < rows; i++) {
                double[] q = turned(
                        layer,
                        project(layer, "self_attn.q_proj", normed[i]),
                        "self_attn.q_norm.weight",
                        active[i] - documentStart(active[i]));
                double[] mid = x[i].clone();
                int window = kind(layer).window();
                double[] attended = project(layer, "self_attn.o_proj", attend(q, keys, active[i], window));
                add(mid, 1, added(attended, prefix + "input_layernorm_2.weight"));
                double[] n = rmsNorm(mid, postNorm, eps);
                out[i] = mid.clone();
                double[] gate = project(layer, "mlp.gate_proj", n);
                double[] up = project(layer, "mlp.up_proj", n);
                double[] fed = project(layer, "mlp.down_proj", ReferenceMath.swiGlu(gate, up));
                add(out[i], 1, added(fed, prefix + "post_attention_layernorm_2.weight"));
            }
            return out;
        }

        private Keys keys(ReferenceShape.Layer layer, int[] active, double[][] normed) {
            boolean reads = layer.recursion() > 1 && mor.kv() != KvMode.RECURSION_WISE;
            if (reads && mor.kv() == KvMode.SHARED) {
                return firstKeys.get(layer.set());
            }
            Keys keys = reads ? firstKeys.get(layer.set()).copy() : new Keys(length);
            for (int i = 0; i < active.length; i++) {
                keys.k[active[i]] = turned(
                        layer,
                        project(layer, "self_attn.k_proj", normed[i]),
                        "self_attn.k_norm.weight",
                        active[i] - documentStart(active[i]));
                keys.v[active[i]] = project(layer, "self_attn.v_proj", normed[i]);
            }
            if (layer.recursion() == 1) {
                firstKeys.put(layer.set(), keys);
            }
            return keys;
        }

        /** The position at which the document of a token begins. */
        private int documentStart(int position) {
            int start = position;
            while (documentEnd >= 0 ? start > 0 && inputs[at + start - 1] != documentEnd : start > 0) {
                start--;
            }
            return start;
        }

        /**
         * All heads of one query: every key of its document, at its position or before, that exists at this depth; the last of
         * them with a window.
         */
        private double[] attend(double[] q, Keys keys, int position, int window) {
            int size = config.headDim();
            double[] out = new double[q.length];
            int[] all = IntStream.rangeClosed(documentStart(position), position)
                    .filter(s -> keys.k[s] != null)
                    .toArray();
            int[] seen = window == 0 || window >= all.length
                    ? all
                    : Arrays.copyOfRange(all, all.length - window, all.length);
            for (int head = 0; head < config.numHeads(); head++) {
                int from = head / (config.numHeads() / config.numKvHeads()) * size;
                double[] scores = new double[seen.length];
                for (int s = 0; s < seen.length; s++) {
                    for (int j = 0; j < size; j++) {
                        scores[s] += q[head * size + j] * keys.k[seen[s]][from + j] / Math.sqrt(size);
                    }
                }
                double[] share = softmax(scores);
                for (int s = 0; s < seen.length; s++) {
                    for (int j = 0; j < size; j++) {
                        out[head * size + j] += share[s] * keys.v[seen[s]][from + j];
                    }
                }
            }
            return out;
        }

        private void expertChoice() {
            int[] active = everyone;
            for (int r = 1; r <= Math.min(recursions, choice.maxDepth()); r++) {
                int[] candidates = active;
                Map<Integer, Double> logit = new HashMap<>();
                Map<Integer, Double> auxLogit = new HashMap<>();
                for (int t : candidates) {
                    logit.put(t, router("model.routers." + (r - 1), h[t])[0]);
                    if (mor.auxRouter()) {
                        auxLogit.put(t, router("model.aux_routers." + (r - 1), h[t])[0]);
                    }
                }
                if (r > 1) {
                    boolean aux = choice.causal() && mor.causalRouter() == CausalRouter.AUX;
                    active = select(r, candidates, aux ? auxLogit : logit);
                }
                addLosses(sums[r - 1], candidates, active, logit, auxLogit);
                double[][] f = block(r, active);
                for (int i = 0; i < active.length; i++) {
                    int t = active[i];
                    result.depth[at + t] = r;
                    h[t] = h[t].clone();
                    add(h[t], expertGate(logit.get(t)), f[i]);
                }
            }
        }

        private void addLosses(
                RouterSums sum, int[] candidates, int[] active, Map<Integer, Double> logit, Map<Integer, Double> aux) {
            for (int t : candidates) {
                boolean selected = Arrays.binarySearch(active, t) >= 0;
                sum.count++;
                sum.entropy += binaryCrossEntropy(logit.get(t), selected);
                sum.squares += logit.get(t) * logit.get(t);
                sum.auxEntropy += mor.auxRouter() ? binaryCrossEntropy(aux.get(t), selected) : 0;
            }
        }

        /** In the order of positions. */
        private int[] select(int r, int[] candidates, Map<Integer, Double> logit) {
            if (choice.depth() != null) {
                return Arrays.stream(candidates)
                        .filter(t -> choice.depth()[at + t] >= r)
                        .toArray();
            }
            if (choice.causal()) {
                for (int t : candidates) {
                    result.margin = Math.min(result.margin, Math.abs(logit.get(t) - choice.threshold()));
                }
                return Arrays.stream(candidates)
                        .filter(t -> logit.get(t) > choice.threshold())
                        .toArray();
            }
            int k = choice.limits()[r - 1];
            int[] best = Arrays.stream(candidates)
                    .boxed()
                    .sorted((s, t) -> Double.compare(logit.get(t), logit.get(s)))
                    .mapToInt(t -> t)
                    .toArray();
            if (k < best.length) {
                result.margin = Math.min(result.margin, logit.get(best[k - 1]) - logit.get(best[k]));
            }
            return Arrays.stream(best).limit(k).sorted().toArray();
        }

        private double expertGate(double logit) {
            if (mor.gating() == Gating.ADDITIVE) {
                return 1;
            }
            return mor.routerAlpha()
                    * (mor.routerActivation() == RouterActivation.TANH ? Math.tanh(logit) : sigmoid(logit));
        }

        private void tokenChoice() {
            RouterSums sum = sums[0];
            if (sum.score == null) {
                sum.score = new double[recursions];
                sum.chosen = new int[recursions];
            }
            double[][] first = h.clone();
            double[][] scores = new double[length][];
            for (int t = 0; t < length; t++) {
                double[] logits = router("model.router", h[t]);
                scores[t] = mor.routerActivation() == RouterActivation.SIGMOID
                        ? Arrays.stream(logits).map(ReferenceMath::sigmoid).toArray()
                        : softmax(logits);
                int depth = choice.depth() != null ? choice.depth()[at + t] : chooseDepth(scores[t]);
                result.depth[at + t] = depth;
                sum.count++;
                sum.chosen[depth - 1]++;
                add(sum.score, 1, scores[t]);
                sum.squares += Math.pow(logSumExp(logits), 2);
            }
            for (int r = 1; r <= recursions; r++) {
                int depth = r;
                int[] active = Arrays.stream(everyone)
                        .filter(t -> result.depth[at + t] >= depth)
                        .toArray();
                double[][] f = block(r, active);
                for (int i = 0; i < active.length; i++) {
                    int t = active[i];
                    if (result.depth[at + t] > r) {
                        h[t] = f[i];
                    } else {
                        h[t] = first[t].clone();
                        double gate = mor.gating() == Gating.ADDITIVE ? 1 : mor.routerAlpha() * scores[t][r - 1];
                        add(h[t], gate, f[i]);
                    }
                }
            }
        }

        private int chooseDepth(double[] scores) {
            double[] biased = scores.clone();
            if (mor.balancing() == Balancing.LOSS_FREE) {
                add(biased, 1, weight("model.router.bias"));
            }
            int best = 0;
            for (int j = 1; j < biased.length; j++) {
                best = biased[j] > biased[best] ? j : best;
            }
            for (int j = 0; j < biased.length; j++) {
                if (j != best) {
                    result.margin = Math.min(result.margin, biased[best] - biased[j]);
                }
            }
            return Math.min(best + 1, choice.maxDepth());
        }

        private double[] router(String name, double[] x) {
            if (mor.routerArch() == RouterArch.LINEAR) {
                return map(weight(name + ".weight"), x);
            }
            return map(weight(name + ".down.weight"), gelu(map(weight(name + ".up.weight"), x)));
        }
    }
}
