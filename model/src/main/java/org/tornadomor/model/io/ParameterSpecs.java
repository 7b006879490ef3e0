package org.tornadomor.model.io;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.model.Balancing;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.ModelConfig;

/**
 * The tensors of a model, in the order of its file: embedding, weight sets, final norm, routers, auxiliary routers,
 * head.
 */
public final class ParameterSpecs {
    private final ModelConfig config;
    private final List<ParameterSpec> specs = new ArrayList<>();

    private ParameterSpecs(ModelConfig config) {
        this.config = config;
    }

    /** Every tensor of {@code model.safetensors} for this configuration. */
    public static List<ParameterSpec> of(ModelConfig config) {
        ParameterSpecs list = new ParameterSpecs(config);
        list.matrix(ParameterNames.EMBEDDING, config.vocabSize(), config.hiddenSize());
        int sets = new LayerMap(config).numWeightSets();
        for (int u = 0; u < sets; u++) {
            list.layer(u);
        }
        list.vector(ParameterNames.FINAL_NORM, config.hiddenSize());
        list.routers();
        if (!config.tieEmbeddings()) {
            list.matrix(ParameterNames.HEAD, config.vocabSize(), config.hiddenSize());
        }
        return List.copyOf(list.specs);
    }

    private void layer(int u) {
        int d = config.hiddenSize();
        vector(ParameterNames.inputNorm(u), d);
        matrix(ParameterNames.query(u), config.queryWidth(), d);
        matrix(ParameterNames.key(u), config.kvWidth(), d);
        matrix(ParameterNames.value(u), config.kvWidth(), d);
        matrix(ParameterNames.attentionOutput(u), d, config.queryWidth());
        vector(ParameterNames.postAttentionNorm(u), d);
        matrix(ParameterNames.gate(u), config.intermediateSize(), d);
        matrix(ParameterNames.up(u), config.intermediateSize(), d);
        matrix(ParameterNames.down(u), d, config.intermediateSize());
    }

    private void routers() {
        int recursions = config.recursions();
        switch (config.router()) {
            case NONE -> {}
            case EXPERT_CHOICE -> {
                for (int r = 0; r < recursions; r++) {
                    router(ParameterNames.expertRouter(r), 1);
                }
                for (int r = 0; r < recursions && config.mor().auxRouter(); r++) {
                    router(ParameterNames.auxRouter(r), 1);
                }
            }
            case TOKEN_CHOICE -> {
                router(ParameterNames.TOKEN_ROUTER, recursions);
                if (config.mor().balancing() == Balancing.LOSS_FREE) {
                    vector(ParameterNames.ROUTER_BIAS, recursions);
                }
            }
        }
    }

    private void router(String prefix, int outputs) {
        int d = config.hiddenSize();
        int width = Math.toIntExact(config.mor().routerArch().width(d));
        if (width == 0) {
            matrix(ParameterNames.routerWeight(prefix), outputs, d);
        } else {
            matrix(ParameterNames.routerUp(prefix), width, d);
            matrix(ParameterNames.routerDown(prefix), outputs, width);
        }
    }

    private void matrix(String name, int rows, int columns) {
        specs.add(new ParameterSpec(name, new int[] {rows, columns}, true));
    }

    private void vector(String name, int length) {
        specs.add(new ParameterSpec(name, new int[] {length}, false));
    }
}
