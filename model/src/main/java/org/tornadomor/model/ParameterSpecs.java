package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.model.ParameterSpec.Group;

/**
 * The tensors of a model, in the order of its file: embedding, weight sets, final norm, low-rank factors, routers, auxiliary
 * routers, head.
 */
public final class ParameterSpecs {
    private final ModelConfig config;
    private final LayerMap map;
    private final List<ParameterSpec> specs = new ArrayList<>();

    private ParameterSpecs(ModelConfig config) {
        this.config = config;
        this.map = new LayerMap(config);
    }

    /** Every tensor of {@code model.safetensors} for this configuration. */
    public static List<ParameterSpec> of(ModelConfig config) {
        ParameterSpecs list = new ParameterSpecs(config);
        list.matrix(ParameterNames.EMBEDDING, config.vocabSize(), config.hiddenSize());
        int sets = list.map.numWeightSets();
        for (int u = 0; u < sets; u++) {
            list.layer(u);
        }
        list.vector(ParameterNames.FINAL_NORM, config.hiddenSize());
        for (int l = 0; l < config.numLayers(); l++) {
            list.lora(l);
        }
        list.routers();
        if (!config.tieEmbeddings()) {
            list.matrix(ParameterNames.HEAD, config.vocabSize(), config.hiddenSize());
        }
        return List.copyOf(list.specs);
    }

    private void layer(int u) {
        int d = config.hiddenSize();
        vector(ParameterNames.inputNorm(u), d);
        if (config.architecture().sandwichNorms()) {
            vector(ParameterNames.attentionOutputNorm(u), d);
        }
        Architecture has = config.sharedArchitecture(map, u);
        map(ParameterNames.query(u), config.queryWidth(), d, has.qkvBias());
        map(ParameterNames.key(u), config.kvWidth(), d, has.qkvBias());
        map(ParameterNames.value(u), config.kvWidth(), d, has.qkvBias());
        map(ParameterNames.attentionOutput(u), d, config.queryWidth(), has.outputBias());
        if (has.headNorms()) {
            vector(ParameterNames.queryNorm(u), config.headDim());
            vector(ParameterNames.keyNorm(u), config.headDim());
        }
        vector(ParameterNames.postAttentionNorm(u), d);
        if (config.architecture().sandwichNorms()) {
            vector(ParameterNames.feedForwardOutputNorm(u), d);
        }
        map(ParameterNames.gate(u), config.intermediateSize(), d, has.mlpBias());
        map(ParameterNames.up(u), config.intermediateSize(), d, has.mlpBias());
        map(ParameterNames.down(u), d, config.intermediateSize(), has.mlpBias());
    }

    /** A linear map, with or without a bias. */
    private void map(String name, int out, int in, boolean bias) {
        matrix(name, out, in);
        if (bias) {
            vector(ParameterNames.bias(name), out);
        }
    }

    private void lora(int l) {
        if (config.lora() != null && map.recursion(l) > 0) {
            own(l);
        }
        for (LoraTarget target : LoraConfig.targets(config, map, l)) {
            int rank = config.lora().rank(config, target);
            add(ParameterNames.loraDown(l, target), Group.LOW_RANK, rank, target.inputs(config));
            add(ParameterNames.loraUp(l, target), Group.LOW_RANK, rank, target.outputs(config));
        }
    }

    /** Biases and norms of heads, which layers with low-rank factors have for themselves. */
    private void own(int l) {
        Architecture has = config.architecture();
        boolean keys = LoraConfig.projectsKeys(config, map, l);
        ownBias(l, has.qkvBias(), ParameterNames.query(0), config.queryWidth());
        ownBias(l, has.qkvBias() && keys, ParameterNames.key(0), config.kvWidth());
        ownBias(l, has.qkvBias() && keys, ParameterNames.value(0), config.kvWidth());
        ownBias(l, has.outputBias(), ParameterNames.attentionOutput(0), config.hiddenSize());
        if (has.headNorms()) {
            vector(ParameterNames.own(l, ParameterNames.queryNorm(0)), config.headDim());
        }
        if (has.headNorms() && keys) {
            vector(ParameterNames.own(l, ParameterNames.keyNorm(0)), config.headDim());
        }
        ownBias(l, has.mlpBias(), ParameterNames.gate(0), config.intermediateSize());
        ownBias(l, has.mlpBias(), ParameterNames.up(0), config.intermediateSize());
        ownBias(l, has.mlpBias(), ParameterNames.down(0), config.hiddenSize());
    }

    private void ownBias(int l, boolean has, String matrix, int outputs) {
        if (has) {
            vector(ParameterNames.own(l, ParameterNames.bias(matrix)), outputs);
        }
    }

    private void routers() {
        for (RouterParameter parameter : config.router().parameters(config)) {
            switch (parameter.role()) {
                case NETWORK -> router(parameter, Group.MATRIX);
                case FIXED -> router(parameter, Group.UNTRAINED);
                case AUXILIARY -> router(parameter, Group.AUXILIARY);
                case BIAS -> {
                    if (parameter.stored()) {
                        add(parameter.name(), Group.UNTRAINED, parameter.outputs());
                    }
                }
            }
        }
    }

    private void router(RouterParameter router, Group group) {
        int d = config.hiddenSize();
        int width = Math.toIntExact(config.mor().routerArch().width(d));
        if (width == 0) {
            add(ParameterNames.routerWeight(router.name()), group, router.outputs(), d);
        } else {
            add(ParameterNames.routerUp(router.name()), group, width, d);
            add(ParameterNames.routerDown(router.name()), group, router.outputs(), width);
        }
    }

    private void matrix(String name, int rows, int columns) {
        add(name, Group.MATRIX, rows, columns);
    }

    private void vector(String name, int length) {
        add(name, Group.VECTOR, length);
    }

    private void add(String name, Group group, int... shape) {
        specs.add(new ParameterSpec(name, shape, group));
    }
}
