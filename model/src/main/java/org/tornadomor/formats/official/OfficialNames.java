package org.tornadomor.formats.official;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.formats.official.OfficialSettings.Wrapping;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterNames;
import org.tornadomor.model.ParameterSpec;
import org.tornadomor.model.ParameterSpecs;

/**
 * Where the official code has each tensor. It builds all unrolled layers, makes those that share weights point at the same tensors, and
 * wraps the layers of a recursion in a module with the router; the names are those of the modules, so a shared tensor has one for each
 * recursion:
 *
 * <ul>
 *   <li>recursive: {@code model.layers.3.mlp...}, l = 0 .. L - 1;
 *   <li>expert-choice: {@code model.layers.1.block.2.mlp...}, the wrapper of a recursion and the layer in it;
 *   <li>token-choice: {@code model.layers.1.block_list.0.2.mlp...}, one wrapper, the recursion and the layer.
 * </ul>
 */
final class OfficialNames {
    private final ModelConfig config;
    private final LayerMap map;
    private final Wrapping wrapping;
    private final Map<String, List<String>> names = new LinkedHashMap<>();

    private OfficialNames(ModelConfig config, Wrapping wrapping) {
        this.config = config;
        this.map = new LayerMap(config);
        this.wrapping = wrapping;
    }

    /** The names that each tensor of this program has there, at least one, all of the same content. */
    static Map<String, List<String>> of(ModelConfig config, Wrapping wrapping) {
        OfficialNames all = new OfficialNames(config, wrapping);
        all.routers();
        for (ParameterSpec spec : ParameterSpecs.of(config)) {
            all.names.computeIfAbsent(spec.name(), all::layers);
        }
        if (config.tieEmbeddings()) {
            all.names.put(ParameterNames.EMBEDDING, List.of(ParameterNames.EMBEDDING, ParameterNames.HEAD));
        }
        return all.names;
    }

    private List<String> layers(String name) {
        for (int u = 0; u < map.numWeightSets(); u++) {
            String ours = ParameterNames.layer(u);
            if (name.startsWith(ours)) {
                List<String> copies = new ArrayList<>();
                for (int l = 0; l < config.numLayers(); l++) {
                    if (map.weightSet(l) == u) {
                        copies.add(layer(l) + name.substring(ours.length()));
                    }
                }
                return copies;
            }
        }
        return List.of(name);
    }

    /** What the names of an unrolled layer's tensors begin with. */
    private String layer(int l) {
        int recursion = map.recursion(l);
        if (wrapping == Wrapping.NONE || l < map.prefix()) {
            return ParameterNames.layer(l);
        }
        if (recursion == 0) {
            int wrappers = wrapping == Wrapping.EXPERT ? config.recursions() : 1;
            return ParameterNames.layer(map.prefix() + wrappers);
        }
        int position = map.weightSet(l) - map.prefix();
        return wrapping == Wrapping.EXPERT
                ? wrapper(recursion) + "block." + position + "."
                : wrapper(1) + "block_list." + (recursion - 1) + "." + position + ".";
    }

    private String wrapper(int recursion) {
        return ParameterNames.layer(map.prefix() + recursion - 1);
    }

    private void routers() {
        if (wrapping == Wrapping.TOKEN) {
            router(ParameterNames.TOKEN_ROUTER, wrapper(1) + "mor_router.router");
            names.put(ParameterNames.ROUTER_BIAS, List.of(wrapper(1) + "router_bias"));
        }
        for (int r = 1; r <= config.recursions() && wrapping == Wrapping.EXPERT; r++) {
            router(ParameterNames.expertRouter(r - 1), wrapper(r) + "mor_router.router");
            router(ParameterNames.auxRouter(r - 1), wrapper(r) + "mlp_router.router");
        }
    }

    private void router(String ours, String official) {
        names.put(ParameterNames.routerWeight(ours), List.of(official + ".weight"));
        names.put(ParameterNames.routerUp(ours), List.of(official + ".0.weight"));
        names.put(ParameterNames.routerDown(ours), List.of(official + ".2.weight"));
    }
}
