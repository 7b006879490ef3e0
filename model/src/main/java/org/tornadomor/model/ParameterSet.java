package org.tornadomor.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;
import org.tornadomor.model.io.ParameterNames;

/**
 * One float for each parameter of a model: the weights, or their gradients, or a moment of the optimiser; all four are laid
 * out alike. Sharing is by construction: layers that share weights are handed the same tensors.
 *
 * <p>Within the arena matrices come first, then vectors, then the auxiliary routers, so that the optimiser walks over a few
 * long spans: {@link #matrices()} with weight decay, {@link #vectors()} without, {@link #auxiliary()} with an optimiser of
 * their own.
 */
public final class ParameterSet implements AutoCloseable {
    private final ModelConfig config;
    private final Arena arena;
    /** Of embedding, layers and head: the same arena unless they are narrow. */
    private final Arena matrixArena;

    private final Map<String, Tensor> named = new LinkedHashMap<>();
    private final List<Tensor> matrices = new ArrayList<>();
    private final List<Tensor> vectors = new ArrayList<>();
    private final List<Tensor> auxiliary = new ArrayList<>();
    private final List<LayerWeights> layers = new ArrayList<>();
    private final List<RouterWeights> routers = new ArrayList<>();
    private final List<RouterWeights> auxRouters = new ArrayList<>();
    private final Tensor embedding;
    private final Tensor head;
    private final Tensor finalNorm;
    private final Tensor routerBias;

    /** Reserves memory, all zeros. */
    public ParameterSet(Engine engine, String name, ModelConfig config) {
        this(engine, name, config, ElementType.F32);
    }

    /**
     * Reserves memory, all zeros.
     *
     * @param type of the matrices of embedding, layers and head; routers and norms, which are small, stay F32. A set of
     *     narrow weights computes forward only
     */
    public ParameterSet(Engine engine, String name, ModelConfig config, ElementType type) {
        this.config = config;
        this.arena = engine.arena(name, ElementType.F32);
        this.matrixArena = type.narrow() ? engine.arena(name + ", narrow", type) : arena;
        int d = config.hiddenSize();
        embedding = matrix(ParameterNames.EMBEDDING, config.vocabSize(), d);
        int sets = new LayerMap(config).numWeightSets();
        List<Tensor[]> bodies = new ArrayList<>();
        for (int u = 0; u < sets; u++) {
            bodies.add(layerMatrices(u));
        }
        head = config.tieEmbeddings() ? embedding : matrix(ParameterNames.HEAD, config.vocabSize(), d);
        routers(RouterParameter.Role.NETWORK, matrices, routers);
        for (int u = 0; u < sets; u++) {
            layers.add(layer(u, bodies.get(u)));
        }
        finalNorm = vector(ParameterNames.FINAL_NORM, d);
        routers(RouterParameter.Role.AUXILIARY, auxiliary, auxRouters);
        routerBias = makeRouterBias();
    }

    private LayerWeights layer(int u, Tensor[] body) {
        int d = config.hiddenSize();
        int f = config.intermediateSize();
        int queries = config.queryWidth();
        int keys = config.kvWidth();
        Architecture has = config.architecture();
        Tensor inputNorm = vector(ParameterNames.inputNorm(u), d);
        Tensor postNorm = vector(ParameterNames.postAttentionNorm(u), d);
        Tensor qkvBias = null;
        if (has.qkvBias()) {
            qkvBias = add(vectors, arena.allocate("layer " + u + " qkv bias", queries + 2 * keys));
            nameVector(qkvBias, 0, queries, ParameterNames.bias(ParameterNames.query(u)));
            nameVector(qkvBias, queries, keys, ParameterNames.bias(ParameterNames.key(u)));
            nameVector(qkvBias, queries + keys, keys, ParameterNames.bias(ParameterNames.value(u)));
        }
        Tensor gateUpBias = null;
        if (has.mlpBias()) {
            gateUpBias = add(vectors, arena.allocate("layer " + u + " gate, up bias", 2 * f));
            nameVector(gateUpBias, 0, f, ParameterNames.bias(ParameterNames.gate(u)));
            nameVector(gateUpBias, f, f, ParameterNames.bias(ParameterNames.up(u)));
        }
        return new LayerWeights(
                inputNorm,
                body[0],
                body[1],
                postNorm,
                body[2],
                body[3],
                qkvBias,
                has.outputBias() ? vector(ParameterNames.bias(ParameterNames.attentionOutput(u)), d) : null,
                gateUpBias,
                has.mlpBias() ? vector(ParameterNames.bias(ParameterNames.down(u)), d) : null,
                has.headNorms() ? vector(ParameterNames.queryNorm(u), config.headDim()) : null,
                has.headNorms() ? vector(ParameterNames.keyNorm(u), config.headDim()) : null);
    }

    private Tensor[] layerMatrices(int u) {
        int d = config.hiddenSize();
        int f = config.intermediateSize();
        int queries = config.queryWidth();
        int keys = config.kvWidth();
        Tensor qkv = add(matrices, matrixArena.allocate("layer " + u + " qkv", queries + 2 * keys, d));
        name(qkv, 0, queries, ParameterNames.query(u));
        name(qkv, queries, keys, ParameterNames.key(u));
        name(qkv, queries + keys, keys, ParameterNames.value(u));
        Tensor output = matrix(ParameterNames.attentionOutput(u), d, queries);
        Tensor gateUp = add(matrices, matrixArena.allocate("layer " + u + " gate, up", 2 * f, d));
        name(gateUp, 0, f, ParameterNames.gate(u));
        name(gateUp, f, f, ParameterNames.up(u));
        Tensor down = matrix(ParameterNames.down(u), d, f);
        return new Tensor[] {qkv, output, gateUp, down};
    }

    private void routers(RouterParameter.Role role, List<Tensor> group, List<RouterWeights> into) {
        for (RouterParameter parameter : config.router().parameters(config)) {
            if (parameter.role() == role) {
                into.add(router(group, parameter.name(), parameter.outputs()));
            }
        }
    }

    private RouterWeights router(List<Tensor> group, String prefix, int logits) {
        int d = config.hiddenSize();
        int inner = Scratch.routerInner(config);
        if (inner == 0) {
            return new RouterWeights(
                    null, named(group, arena.allocate(ParameterNames.routerWeight(prefix), logits, d)));
        }
        Tensor up = named(group, arena.allocate(ParameterNames.routerUp(prefix), inner, d));
        return new RouterWeights(up, named(group, arena.allocate(ParameterNames.routerDown(prefix), logits, inner)));
    }

    private Tensor makeRouterBias() {
        for (RouterParameter parameter : config.router().parameters(config)) {
            if (parameter.role() == RouterParameter.Role.BIAS) {
                Tensor bias = arena.allocate(parameter.name(), parameter.outputs());
                if (parameter.stored()) {
                    named.put(bias.name(), bias);
                }
                return bias;
            }
        }
        return null;
    }

    private Tensor matrix(String name, int rows, int columns) {
        return named(matrices, matrixArena.allocate(name, rows, columns));
    }

    private Tensor vector(String name, int size) {
        return named(vectors, arena.allocate(name, size));
    }

    private Tensor named(List<Tensor> group, Tensor tensor) {
        named.put(tensor.name(), tensor);
        return add(group, tensor);
    }

    private static Tensor add(List<Tensor> group, Tensor tensor) {
        group.add(tensor);
        return tensor;
    }

    private void name(Tensor fused, int from, int rows, String name) {
        named.put(name, fused.rows(from, rows).named(name, rows, fused.columns()));
    }

    private void nameVector(Tensor fused, int from, int count, String name) {
        named.put(name, fused.rows(from, count).named(name, count));
    }

    public ModelConfig config() {
        return config;
    }

    /** The type of the matrices of embedding, layers and head. */
    public ElementType type() {
        return matrixArena.type();
    }

    /** Every tensor of a checkpoint by its name in the file. */
    public Map<String, Tensor> named() {
        return Collections.unmodifiableMap(named);
    }

    /** Flat vectors that cover all matrices: weight decay applies. Not for narrow weights, which nothing trains. */
    public List<Tensor> matrices() {
        if (type().narrow()) {
            throw new IllegalStateException(arena.name() + " are " + type() + ", which cannot be trained");
        }
        return arena.spans(arena.name() + ".matrices", matrices);
    }

    /** Flat vectors that cover norm weights and biases: no weight decay. */
    public List<Tensor> vectors() {
        return arena.spans(arena.name() + ".vectors", vectors);
    }

    /** Flat vectors that cover the auxiliary routers; none without them. */
    public List<Tensor> auxiliary() {
        return arena.spans(arena.name() + ".auxiliary", auxiliary);
    }

    LayerWeights layer(int weightSet) {
        return layers.get(weightSet);
    }

    /** The router of recursion r (from 1), or the only one. */
    RouterWeights router(int r) {
        return routers.get(routers.size() == 1 ? 0 : r - 1);
    }

    /** The auxiliary router of recursion r (from 1), or null. */
    RouterWeights auxRouter(int r) {
        return auxRouters.isEmpty() ? null : auxRouters.get(r - 1);
    }

    /** [V, d] */
    Tensor embedding() {
        return embedding;
    }

    /** [V, d]: the embedding again if tied. */
    Tensor head() {
        return head;
    }

    /** [d] */
    Tensor finalNorm() {
        return finalNorm;
    }

    /** The vector that a router moves itself, or null: [N_r] for token-choice, zeros unless balancing is loss-free. */
    public Tensor routerBias() {
        return routerBias;
    }

    @Override
    public void close() {
        matrixArena.close();
        arena.close();
    }
}
