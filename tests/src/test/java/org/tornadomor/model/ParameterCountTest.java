package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParameterCountTest {
    /** Millions outside the embedding and weight sets, as the paper prints them; routers do not count. */
    @ParameterizedTest
    @CsvSource({
        "135m, 106, 30", "135m-rec2, 57, 16", "135m-mor3, 42, 12", "360m, 315, 32", "360m-rec2, 167, 17",
        "360m-mor2, 167, 17", "360m-rec3, 118, 12", "360m-mor3, 118, 12", "360m-tok3, 118, 12", "360m-mor4, 98, 10",
        "730m, 654, 26", "730m-mor3, 252, 10", "1.7b, 1611, 24", "1.7b-mor2, 872, 13", "1.7b-mor3, 671, 10"
    })
    void sizesOfThePaper(String name, long millions, int sets) {
        ModelConfig config = Presets.get(name);
        assertEquals(millions, Math.round(ParameterCount.of(config).nonEmbedding() / 1e6));
        assertEquals(sets, new LayerMap(config).numWeightSets());
    }

    /** The ablation whose layers were not padded: 29 layers, 1 + 9 + 1. */
    @Test
    void smallestModelOfTheAblation() {
        ModelConfig config = Presets.get("135m-mor3").withNumLayers(29);
        assertEquals(39, Math.round(ParameterCount.of(config).nonEmbedding() / 1e6));
        assertEquals(11, new LayerMap(config).numWeightSets());
    }

    @ParameterizedTest
    @CsvSource({"135m, 28.31, 106.20", "360m, 47.19, 314.64", "730m, 75.50, 654.39", "1.7b, 100.66, 1610.71"})
    void exactVanilla(String name, double embedding, double others) {
        ParameterCount count = ParameterCount.of(Presets.get(name));
        assertEquals(embedding, count.embedding() / 1e6, 0.005);
        assertEquals(others, count.nonEmbedding() / 1e6, 0.005);
        assertEquals(count.embedding() + count.nonEmbedding(), count.total());
    }

    @Test
    void routers() {
        ModelConfig config = Presets.get("360m-mor3");
        assertEquals(3 * 960, ParameterCount.of(config).routers());
        MorConfig wide = config.mor().withRouterArch(RouterArch.WIDE_MLP);
        assertEquals(
                3 * (4 * 960 * 961L), ParameterCount.of(config.withMor(wide)).routers());
        MorConfig aux = config.mor().toBuilder().auxRouter(true).build();
        assertEquals(6 * 960, ParameterCount.of(config.withMor(aux)).routers());
        MorConfig free = MorConfig.tokenChoice(3).toBuilder()
                .balancing(Balancing.LOSS_FREE)
                .build();
        assertEquals(3 * 960 + 3, ParameterCount.of(config.withMor(free)).routers());
    }

    @Test
    void untiedHeadCounts() {
        ModelConfig config = Presets.get("tiny");
        assertEquals(
                2 * 257 * 192,
                ParameterCount.of(config.withTieEmbeddings(false)).embedding());
    }
}
