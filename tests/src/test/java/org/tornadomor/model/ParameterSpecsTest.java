package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ParameterSpecsTest {
    /** The list and the count know the shapes independently; they agree on every model. */
    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void sumsToTheCount(@ForAll("configs") ModelConfig config) {
        List<ParameterSpec> specs = ParameterSpecs.of(config);
        long total = specs.stream().mapToLong(ParameterSpec::elements).sum();
        assertEquals(ParameterCount.of(config).total(), total);
        Set<String> names = new HashSet<>();
        for (ParameterSpec spec : specs) {
            assertTrue(names.add(spec.name()));
            assertEquals(spec.shape().length == 2, spec.decay());
        }
    }

    @Provide
    Arbitrary<ModelConfig> configs() {
        return Configs.any();
    }

    @Property(generation = GenerationMode.EXHAUSTIVE)
    void presetsToo(@ForAll("presets") String name) {
        ModelConfig config = Presets.get(name);
        long total = ParameterSpecs.of(config).stream()
                .mapToLong(ParameterSpec::elements)
                .sum();
        assertEquals(ParameterCount.of(config).total(), total);
    }

    @Provide
    Arbitrary<String> presets() {
        return Arbitraries.of(Presets.names());
    }

    private static Stream<String> routers(ModelConfig config) {
        return ParameterSpecs.of(config).stream().map(ParameterSpec::toString).filter(name -> name.contains("router"));
    }

    @Example
    void routerNames() {
        ModelConfig config = Configs.llama(6).withMor(MorConfig.expertChoice(2));
        assertEquals(
                List.of("model.routers.0.weight[1, 32]", "model.routers.1.weight[1, 32]"),
                routers(config).toList());
        MorConfig mlp = config.mor().toBuilder()
                .routerArch(RouterArch.MLP)
                .auxRouter(true)
                .build();
        assertEquals(
                List.of(
                        "model.routers.0.up.weight[64, 32]",
                        "model.routers.0.down.weight[1, 64]",
                        "model.routers.1.up.weight[64, 32]",
                        "model.routers.1.down.weight[1, 64]",
                        "model.aux_routers.0.up.weight[64, 32]",
                        "model.aux_routers.0.down.weight[1, 64]",
                        "model.aux_routers.1.up.weight[64, 32]",
                        "model.aux_routers.1.down.weight[1, 64]"),
                routers(config.withMor(mlp)).toList());
        MorConfig token = MorConfig.tokenChoice(2).toBuilder()
                .routerArch(RouterArch.WIDE_MLP)
                .balancing(Balancing.LOSS_FREE)
                .build();
        assertEquals(
                List.of("model.router.up.weight[128, 32]", "model.router.down.weight[2, 128]", "model.router.bias[2]"),
                routers(config.withMor(token)).toList());
    }

    @Example
    void onlyTheBiasIsNotTrained() {
        MorConfig free = MorConfig.tokenChoice(2).toBuilder()
                .balancing(Balancing.LOSS_FREE)
                .build();
        ModelConfig config = Configs.llama(6).withMor(free).withTieEmbeddings(false);
        List<ParameterSpec> specs = ParameterSpecs.of(config);
        assertEquals(
                List.of("model.router.bias"),
                specs.stream()
                        .filter(spec -> !spec.trainable())
                        .map(ParameterSpec::name)
                        .toList());
        assertEquals("lm_head.weight", specs.getLast().name());
        assertFalse(specs.stream().anyMatch(ParameterSpec::auxRouter));
    }
}
