package org.tornadomor.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadomor.UserError;
import org.tornadomor.trainer.TrainingConfig;

/** Numbers with a letter for thousands, on the command line and behind --set. */
class QuantityTest {
    @ParameterizedTest
    @CsvSource({"7, 7", "1k, 1000", "1K, 1000", "1.5m, 1500000", "20M, 20000000", "1g, 1000000000", "2G, 2000000000"})
    void eitherCaseIsTaken(String text, long expected) {
        assertEquals(expected, Quantity.bytes("--kv-memory", text));
        assertEquals(expected, TrainingConfig.DEFAULT.with("tokens", text).tokens());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "k", "1T", "-1k", "1 k", "0", "0.1"})
    void whatIsNoAmountIsNamed(String text) {
        UserError error = assertThrows(UserError.class, () -> Quantity.bytes("--kv-memory", text));
        assertTrue(error.getMessage().startsWith("--kv-memory " + text), error.getMessage());
    }

    /** Five millions of minutes are not what anybody means. */
    @Test
    void minutesHaveNoLetters() {
        assertThrows(UserError.class, () -> TrainingConfig.DEFAULT.with("minutes", "5m"));
        assertEquals(5, TrainingConfig.DEFAULT.with("minutes", "5").minutes());
    }
}
