package org.tornadomor.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;

/**
 * One float for each parameter of a model: the weights, or their gradients, or a moment of the optimiser; all four are laid
 * out alike. Sharing is by construction: layers that share weights are handed the same tensors.
 *
 * <p>Within the arena matrices come first, then vectors, then low-rank factors, then the auxiliary routers, so that the
 * optimiser walks over a few long spans: {@link #matrices()} with weight decay, {@link #vectors()} without,
 * {@link #lowRank()}, and {@link #auxiliary()} with an optimiser of their own.
 */
public final class ParameterSet implements AutoCloseable {
    private final ModelConfig config;
    private final LayerMap map;
    private final Arena arena;
    /** The arena of the matrices of embedding, layers and head: the same as all others' unless these are narrow. */
    private final Arena matrixArena;

    private final Map<String, Tensor> named = new LinkedHashMap<>();
    private final List<Tensor> matrices = new ArrayList<>();
    private final List<Tensor> vectors = new ArrayList<>();
    private final List<Tensor> lowRank = new ArrayList<>();
    private final List<Tensor> auxiliary = new ArrayList<>();
    private final Map<Tensor, ParameterGroup> groups = new IdentityHashMap<>();
    private final List<LayerWeights> layers = new ArrayList<>();
    /** By unrolled layer; null where it has none. */
    private final List<LoraWeights> loras = new ArrayList<>();

    private final List<RouterWeights> routers = new ArrayList<>();
    private final List<RouterWeights> auxRouters = new ArrayList<>();
    /** The group of what is allocated next. */
    private ParameterGroup current;

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
        map = new LayerMap(config);
        current = ParameterGroup.EMBEDDING;
        embedding = matrix(ParameterNames.EMBEDDING, config.vocabSize(), d);
        int sets = map.numWeightSets();
        List<Tensor[]> bodies = new ArrayList<>();
        for (int u = 0; u < sets; u++) {
            current = groupOf(u);
            bodies.add(layerMatrices(u));
        }
        current = ParameterGroup.EMBEDDING;
        head = config.tieEmbeddings() ? embedding : matrix(ParameterNames.HEAD, config.vocabSize(), d);
        current = ParameterGroup.ROUTERS;
        routers(RouterParameter.Role.NETWORK, matrices, routers);
        // These are part of a checkpoint, but no optimiser walks over them.
        routers(RouterParameter.Role.FIXED, new ArrayList<>(), routers);
        for (int u = 0; u < sets; u++) {
            current = groupOf(u);
            layers.add(layer(u, bodies.get(u)));
        }
        current = ParameterGroup.UNIQUE;
        finalNorm = vector(ParameterNames.FINAL_NORM, d);
        current = ParameterGroup.LORA;
        loras();
        routers(RouterParameter.Role.AUXILIARY, auxiliary, auxRouters);
        routerBias = makeRouterBias();
    }

    private LayerWeights layer(int u, Tensor[] body) {
        int d = config.hiddenSize();
        Tensor inputNorm = vector(ParameterNames.inputNorm(u), d);
        Tensor postNorm = vector(ParameterNames.postAttentionNorm(u), d);
        boolean sandwich = config.architecture().sandwichNorms();
        LayerWeights bare = new LayerWeights(
                inputNorm,
                body[0],
                body[1],
                postNorm,
                body[2],
                body[3],
                null,
                null,
                null,
                null,
                null,
                null,
                sandwich ? vector(ParameterNames.attentionOutputNorm(u), d) : null,
                sandwich ? vector(ParameterNames.feedForwardOutputNorm(u), d) : null);
        return withVectors(bare, config.sharedArchitecture(map, u), true, ParameterNames.layer(u));
    }

    /** Adds biases and norms of heads. @param prefix of their names */
    private LayerWeights withVectors(LayerWeights layer, Architecture has, boolean projectsKeys, String prefix) {
        int d = config.hiddenSize();
        int f = config.intermediateSize();
        int queries = config.queryWidth();
        int keys = projectsKeys ? config.kvWidth() : 0;
        UnaryOperator<String> name =
                first -> prefix + first.substring(ParameterNames.layer(0).length());
        UnaryOperator<String> bias = matrix -> name.apply(ParameterNames.bias(matrix));
        Tensor qkvBias = null;
        if (has.qkvBias()) {
            qkvBias = add(vectors, arena.allocate(prefix + "qkv bias", queries + 2 * keys));
            nameVector(qkvBias, 0, queries, bias.apply(ParameterNames.query(0)));
        }
        if (has.qkvBias() && projectsKeys) {
            nameVector(qkvBias, queries, keys, bias.apply(ParameterNames.key(0)));
            nameVector(qkvBias, queries + keys, keys, bias.apply(ParameterNames.value(0)));
        }
        Tensor gateUpBias = null;
        if (has.mlpBias()) {
            gateUpBias = add(vectors, arena.allocate(prefix + "gate, up bias", 2 * f));
            nameVector(gateUpBias, 0, f, bias.apply(ParameterNames.gate(0)));
            nameVector(gateUpBias, f, f, bias.apply(ParameterNames.up(0)));
        }
        boolean keyNorm = has.headNorms() && projectsKeys;
        return new LayerWeights(
                layer.inputNorm(),
                layer.qkv(),
                layer.output(),
                layer.postNorm(),
                layer.gateUp(),
                layer.down(),
                qkvBias,
                has.outputBias() ? vector(bias.apply(ParameterNames.attentionOutput(0)), d) : null,
                gateUpBias,
                has.mlpBias() ? vector(bias.apply(ParameterNames.down(0)), d) : null,
                has.headNorms() ? vector(name.apply(ParameterNames.queryNorm(0)), config.headDim()) : null,
                keyNorm ? vector(name.apply(ParameterNames.keyNorm(0)), config.headDim()) : null,
                layer.attentionOutNorm(),
                layer.feedForwardOutNorm());
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

    private ParameterGroup groupOf(int set) {
        return map.isShared(set) ? ParameterGroup.SHARED : ParameterGroup.UNIQUE;
    }

    /** Vectors of all layers come before the factors, so that they are neighbours of the other vectors. */
    private void loras() {
        List<LayerWeights> own = new ArrayList<>();
        for (int l = 0; l < config.numLayers(); l++) {
            boolean has = config.lora() != null && map.recursion(l) > 0;
            own.add(
                    has
                            ? withVectors(
                                    layers.get(map.weightSet(l)),
                                    config.architecture(),
                                    LoraConfig.projectsKeys(config, map, l),
                                    ParameterNames.LORA + l + ".")
                            : null);
        }
        for (int l = 0; l < config.numLayers(); l++) {
            loras.add(own.get(l) == null ? null : lora(l, LoraConfig.targets(config, map, l), own.get(l)));
        }
    }

    private LoraWeights lora(int l, List<LoraTarget> targets, LayerWeights layer) {
        Map<LoraSite, Tensor> down = new EnumMap<>(LoraSite.class);
        Map<LoraTarget, Tensor> up = new EnumMap<>(LoraTarget.class);
        for (LoraSite site : LoraSite.values()) {
            List<LoraTarget> here = LoraConfig.at(site, targets);
            if (here.isEmpty()) {
                continue;
            }
            int ranks = LoraConfig.total(config, here);
            Tensor fused = add(
                    lowRank,
                    arena.allocate(
                            "lora " + l + " " + site, ranks, here.getFirst().inputs(config)));
            down.put(site, fused);
            int from = 0;
            for (LoraTarget target : here) {
                int rank = config.lora().rank(config, target);
                name(fused, from, rank, ParameterNames.loraDown(l, target));
                String upName = ParameterNames.loraUp(l, target);
                up.put(target, named(lowRank, arena.allocate(upName, rank, target.outputs(config))));
                from += rank;
            }
        }
        return new LoraWeights(down, up, layer);
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

    private Tensor add(List<Tensor> group, Tensor tensor) {
        group.add(tensor);
        groups.put(tensor, current);
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

    /** Flat vectors that cover the low-rank factors: weight decay applies. None without them. */
    public List<Tensor> lowRank() {
        return arena.spans(arena.name() + ".low_rank", lowRank);
    }

    /** Flat vectors that cover the auxiliary routers; none without them. */
    public List<Tensor> auxiliary() {
        return arena.spans(arena.name() + ".auxiliary", auxiliary);
    }

    /**
     * Flat vectors that cover some groups.
     *
     * @param decayed those of the parameters that weight decay applies to, else of the others
     */
    public List<Tensor> spans(Set<ParameterGroup> wanted, boolean decayed) {
        List<Tensor> spans = new ArrayList<>();
        for (List<Tensor> neighbours : decayed ? List.of(matrices, lowRank) : List.of(vectors)) {
            List<Tensor> run = new ArrayList<>();
            for (Tensor tensor : neighbours) {
                if (wanted.contains(groups.get(tensor))) {
                    run.add(tensor);
                } else {
                    endRun(run, spans);
                }
            }
            endRun(run, spans);
        }
        return spans;
    }

    private void endRun(List<Tensor> run, List<Tensor> spans) {
        spans.addAll(arena.spans(arena.name() + ".span " + spans.size(), run));
        run.clear();
    }

    /** The weights of an unrolled layer: those of its weight set, but for biases and norms of heads that are its own. */
    LayerWeights layerAt(int l) {
        return loras.get(l) == null
                ? layers.get(map.weightSet(l))
                : loras.get(l).layer();
    }

    /** The low-rank factors of an unrolled layer, or null. */
    LoraWeights lora(int l) {
        return loras.get(l);
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
