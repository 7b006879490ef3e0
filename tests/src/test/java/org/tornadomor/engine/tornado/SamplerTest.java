package org.tornadomor.engine.tornado;

import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.SampleOp;
import org.tornadomor.engine.Slot;

/** Sampling on the device against the CPU engine: greedy and drawn rows, side by side. */
@Tag("device")
class SamplerTest {
    private static Schedules schedules;

    @BeforeAll
    static void start() {
        schedules = new Schedules();
    }

    @AfterAll
    static void stop() {
        schedules.close();
    }

    /** Rows of different kinds: spread out, many ties, all alike, with infinities, and without any number. */
    private static float[] logits(Random random, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                float normal = (float) random.nextGaussian();
                values[i * columns + j] = switch (i % 7) {
                    case 0 -> 3 * normal;
                    case 1 -> Math.round(2 * normal) / 2f;
                    case 2 -> 1.5f;
                    case 3 -> random.nextInt(3) == 0 ? Float.NEGATIVE_INFINITY : normal;
                    case 4 -> random.nextInt(4) == 0 ? Float.NaN : 50 * normal;
                    case 5 -> random.nextInt(columns) == 0 ? Float.POSITIVE_INFINITY : normal;
                    default -> Float.NaN;
                };
            }
        }
        return values;
    }

    private static float[] settings(Random random, int rows) {
        float[] values = new float[rows * SampleOp.SETTINGS];
        for (int i = 0; i < rows; i++) {
            values[SampleOp.SETTINGS * i + SampleOp.TEMPERATURE] =
                    random.nextInt(5) == 0 ? 0 : 0.2f + 2 * random.nextFloat();
            values[SampleOp.SETTINGS * i + SampleOp.TOP_K] = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(20);
            values[SampleOp.SETTINGS * i + SampleOp.TOP_P] = random.nextInt(3) == 0 ? 1 : random.nextFloat();
            values[SampleOp.SETTINGS * i + SampleOp.PENALTY] = random.nextBoolean() ? 1 : 1.3f;
            values[SampleOp.SETTINGS * i + SampleOp.MIN_P] = switch (random.nextInt(5)) {
                case 0 -> 1;
                case 1 -> 0.7f * random.nextFloat();
                case 2 -> 0.05f * random.nextFloat();
                default -> 0;
            };
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "7, 5", "40, 33", "29, 257", "14, 1100"})
    void sample(int max, int columns) {
        schedules.each(max, twin -> {
            Random random = new Random(columns);
            Extent rows = Extent.of("rows", max);
            float[] uniform = new float[max];
            for (int i = 0; i < max; i++) {
                uniform[i] = random.nextInt(8) == 0 ? 0 : random.nextFloat();
            }
            Slot next = twin.i32("next", rows, 100);
            Slot logits = twin.f32("logits", rows, columns, logits(random, max, columns));
            Slot settings = twin.f32("settings", rows, SampleOp.SETTINGS, settings(random, max));
            Slot drawn = twin.f32("uniform", rows, 1, uniform);
            Slot history = twin.i32("history", rows, 6, columns);
            Slot length = twin.i32("length", rows, 7);
            twin.compare(new SampleOp.Sample(next, logits, settings, drawn, history, length), 0);
        });
    }
}
