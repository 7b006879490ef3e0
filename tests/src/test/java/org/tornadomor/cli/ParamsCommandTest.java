package org.tornadomor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.model.Presets;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ParamsCommandTest {
    private static JsonNode params(Object... args) {
        Object[] all = new Object[args.length + 2];
        all[0] = "params";
        all[1] = "--json";
        System.arraycopy(args, 0, all, 2, args.length);
        return JsonMapper.shared().readTree(Outcome.of(all).succeeds().out());
    }

    /** Non-embedding millions as the paper prints them (table 3). */
    @ParameterizedTest
    @CsvSource({"360m-vanilla, 315", "360m-mor2, 167", "360m-mor3, 118", "360m-mor4, 98"})
    void countsAreThePapers(String preset, int millions) {
        JsonNode count = params(preset).get(0).get("parameters");
        assertEquals(millions, Math.round(count.get("non_embedding").asDouble() / 1e6));
        assertEquals(
                count.get("total").asLong(),
                count.get("non_embedding").asLong()
                        + count.get("embedding").asLong()
                        + count.get("routers").asLong());
    }

    /** The optimiser steps of a released model. */
    @Test
    void aBudgetGivesSteps() {
        JsonNode vanilla = params("360m", "--budget", "16.5e18").get(0);
        assertEquals(9438, vanilla.get("steps").asLong(), 2);
        assertEquals(2 * vanilla.get("steps").asLong(), stepsOfHalfBatches(), 2);
    }

    private static long stepsOfHalfBatches() {
        return params("360m", "--budget", "16.5e18", "--batch-tokens", 1 << 20)
                .get(0)
                .get("steps")
                .asLong();
    }

    @Test
    void shorterSequencesAttendLess() {
        double whole = params("tiny").get(0).get("forward_flops_per_token").asDouble();
        double half = params("tiny", "--context", 256)
                .get(0)
                .get("forward_flops_per_token")
                .asDouble();
        assertTrue(half < whole);
    }

    @Test
    void modelsComeFromPresetsFoldersAndFiles() {
        Path golden = Folders.GOLDEN.resolve("token-recursion-wise");
        JsonNode models = params("tiny", golden, golden.resolve("config.json"));
        assertEquals(3, models.size());
        assertTrue(models.get(1).get("kind").asString().contains("token_choice"));
        assertEquals(models.get(1).get("parameters"), models.get(2).get("parameters"));
    }

    @Test
    void withoutANameEveryPresetIsShown() {
        String table = Outcome.of("params").succeeds().out();
        Presets.names().forEach(name -> assertTrue(table.contains("\n" + name + " "), name));
    }
}
