package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.UserError;

class PresetsTest {
    /** Name, unrolled layers, shared block; spec 1.2 where the paper gives them, the next that divides elsewhere. */
    @ParameterizedTest
    @CsvSource({
        "135m-rec2, 30, 14", "135m-mor3, 32, 10", "135m-mor4, 30, 7", "360m-rec2, 32, 15", "360m-mor3, 32, 10",
        "360m-mor4, 34, 8", "730m-rec2, 26, 12", "730m-mor3, 26, 8", "730m-mor4, 26, 6", "1.7b-mor2, 24, 11",
        "1.7b-rec3, 26, 8", "1.7b-mor4, 26, 6", "small-mor2, 14, 6", "small-rec3, 14, 4", "small-tok4, 14, 3",
        "tiny, 8, 2", "tiny-rec3, 8, 2"
    })
    void layersOfThePaper(String name, int layers, int block) {
        ModelConfig config = Presets.get(name);
        assertEquals(layers, config.numLayers());
        assertEquals(block, new LayerMap(config).blockSize());
    }

    @Test
    void variants() {
        assertNull(Presets.get("360m").mor());
        assertEquals(Presets.get("360m"), Presets.get("360m-vanilla"));
        assertEquals(Presets.get("tiny-mor3"), Presets.get("tiny"));
        assertNull(Presets.get("tiny-vanilla").mor());
        assertEquals(RouterKind.NONE, Presets.get("small-rec2").router());
        assertEquals(RouterKind.EXPERT_CHOICE, Presets.get("small-mor2").router());
        assertEquals(RouterKind.TOKEN_CHOICE, Presets.get("small-tok2").router());
        assertEquals("tiny", Presets.names().getFirst());
        assertEquals("1.7b-vanilla", Presets.names().getLast());
    }

    @Test
    void unknownNamesTheNearest() {
        String message =
                assertThrows(UserError.class, () -> Presets.get("360M-mor33")).getMessage();
        assertTrue(message.contains("'360M-mor33'") && message.contains("360m-mor3,"), message);
    }
}
