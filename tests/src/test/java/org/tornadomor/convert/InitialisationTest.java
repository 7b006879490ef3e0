package org.tornadomor.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.tornadomor.UserError;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.Sharing;

class InitialisationTest {
    private static ModelConfig plain(int layers) {
        return new ModelConfig(64, 8, 12, layers, 2, 2, 4, 1e-5, 10000, 32, true, 0.02, null);
    }

    private static ConversionPlan plan(
            int layers, int recursions, Sharing sharing, Initialisation init, LayerSelection selection) {
        return ConversionPlan.of(
                plain(layers),
                Path.of("llama"),
                MorConfig.recursive(recursions).withSharing(sharing),
                init,
                selection,
                1);
    }

    private static String sources(int layers, int recursions, Sharing sharing, Initialisation init) {
        return plan(layers, recursions, sharing, init, LayerSelection.ALL)
                .sources()
                .toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // linspace(0, 5, 3) is 0, 2.5, 5, and the half goes to the even number.
                "6; 2; CYCLE; STEPWISE; [[0], [2], [5]]",
                "6; 2; SEQUENCE; STEPWISE; [[0], [2], [5]]",
                "6; 3; CYCLE; STEPWISE; [[0], [5]]",
                "6; 6; CYCLE; STEPWISE; [[0]]",
                // linspace(1, 6, 3) is 1, 3.5, 6.
                "8; 2; MIDDLE_CYCLE; STEPWISE; [[0], [1], [4], [6], [7]]",
                "8; 2; MIDDLE_SEQUENCE; STEPWISE; [[0], [1], [4], [6], [7]]",
                "6; 2; CYCLE; AVERAGE; [[0, 3], [1, 4], [2, 5]]",
                "6; 2; SEQUENCE; AVERAGE; [[0, 1], [2, 3], [4, 5]]",
                "8; 3; MIDDLE_CYCLE; AVERAGE; [[0], [1, 3, 5], [2, 4, 6], [7]]",
                "8; 3; MIDDLE_SEQUENCE; AVERAGE; [[0], [1, 2, 3], [4, 5, 6], [7]]",
                "6; 2; CYCLE; LOWER; [[0], [1], [2]]",
                "8; 2; MIDDLE_CYCLE; LOWER; [[0], [1], [2], [3], [7]]",
                "6; 2; CYCLE; UPPER; [[3], [4], [5]]",
                "8; 2; MIDDLE_SEQUENCE; UPPER; [[0], [4], [5], [6], [7]]",
            })
    void eachRulePicksItsLayers(int layers, int recursions, Sharing sharing, Initialisation init, String expected) {
        assertEquals(expected, sources(layers, recursions, sharing, init));
    }

    /** NumPy's own results for SmolLM-360M's 32 layers and two recursions (middle), TinyLlama's 22 and Gemma's 18. */
    @Test
    void evenSpacingIsThatOfTheReference() {
        assertEquals(List.of(1, 3, 5, 7, 9, 11, 13, 16, 18, 20, 22, 24, 26, 28, 30), Initialisation.evenly(15, 1, 30));
        assertEquals(List.of(0, 2, 4, 6, 8, 10, 13, 15, 17, 19, 21), Initialisation.evenly(11, 0, 21));
        assertEquals(List.of(0, 2, 4, 6, 8, 11, 13, 15, 17), Initialisation.evenly(9, 0, 17));
    }

    @ParameterizedTest
    @EnumSource(Sharing.class)
    void chanceTakesDifferentLayersInOrder(Sharing sharing) {
        MorConfig mor = MorConfig.recursive(2).withSharing(sharing);
        LayerMap map = new LayerMap(plain(40).withMor(mor));
        List<Integer> flat = Initialisation.RANDOM.sources(map, 5).stream()
                .flatMap(List::stream)
                .toList();
        assertEquals(flat.stream().distinct().sorted().toList(), flat);
        assertEquals(map.numWeightSets(), flat.size());
        assertEquals(
                flat,
                Initialisation.RANDOM.sources(map, 5).stream()
                        .flatMap(List::stream)
                        .toList());
        assertNotEquals(
                flat,
                Initialisation.RANDOM.sources(map, 6).stream()
                        .flatMap(List::stream)
                        .toList());
        if (sharing.middle()) {
            assertEquals(0, flat.getFirst());
            assertEquals(39, flat.getLast());
        }
    }

    @Test
    void everyLayerOfTheResultStandsForAnOriginalOne() {
        ConversionPlan plan =
                plan(9, 2, Sharing.MIDDLE_CYCLE, Initialisation.LOWER, new LayerSelection("--drop-layers", "2", false));
        assertEquals(List.of(0, 1, 3, 4, 5, 6, 7, 8), plan.kept());
        assertEquals("[[0], [1], [3], [4], [8]]", plan.sources().toString());
        assertEquals(List.of(2, 5, 6, 7), plan.unused());
        ConversionPlan.Place place = plan.places().get(5);
        assertEquals(new ConversionPlan.Place(5, 6, 2, 2, List.of(3)), place);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "0-2,5; true; [0, 1, 2, 5]",
                "even:3; true; [0, 2, 5]",
                "even:2; false; [0, 2, 3, 5]",
                "1, 4; false; [0, 2, 3, 5]"
            })
    void layersAreChosenByNumber(String text, boolean keep, String expected) {
        assertEquals(expected, new LayerSelection("--x", text, keep).of(6).toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "6; true",
                "4-2; true",
                "a; false",
                "0-5; false",
                "even:0; true",
                "even:6; false",
                "''; true",
                "1,; true"
            })
    void choicesThatCannotBeAreRefused(String text, boolean keep) {
        UserError error = assertThrows(UserError.class, () -> new LayerSelection("--x", text, keep).of(6));
        assertTrue(error.getMessage().startsWith("--x "), error.getMessage());
    }

    @Test
    void countsThatDoNotDivideAreRefusedWithThoseThatDo() {
        for (int layers : IntStream.rangeClosed(1, 20).toArray()) {
            for (Sharing sharing : Sharing.values()) {
                int unique = sharing.middle() ? 2 : 0;
                if (layers > unique && (layers - unique) % 3 == 0) {
                    plan(layers, 3, sharing, Initialisation.UPPER, LayerSelection.ALL);
                    continue;
                }
                String message = assertThrows(
                                UserError.class,
                                () -> plan(layers, 3, sharing, Initialisation.UPPER, LayerSelection.ALL))
                        .getMessage();
                int best = (layers - unique) / 3 * 3 + unique;
                String fix = best <= unique ? "choose fewer recursions" : "--keep-layers even:" + best;
                assertTrue(message.endsWith(fix), message);
            }
        }
    }
}
