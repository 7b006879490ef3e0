package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.io.Checkpoints;

/** A prefix whose use takes pages that there are not: it is forgotten on the way, and then nobody uses any part of it. */
class ScarcePrefixTest {
    private static final int CONTEXT = 64;
    private static final int LENGTH = 2 * DecoderSize.PAGE_ROWS;
    private static final ModelConfig CONFIG =
            new ModelConfig(50, 16, 24, 5, 2, 1, 8, 1e-5, 10000, CONTEXT, true, 0.6, MorConfig.expertChoice(3));

    private static int[] text(int from) {
        return IntStream.range(0, LENGTH + 1).map(i -> (from + 7 * i) % 50).toArray();
    }

    private static void run(Decoder decoder, int sequence, int[] ids) {
        assertTrue(decoder.feed(sequence, ids, 0, LENGTH, 1));
        while (decoder.rowsUnderWay() > 0) {
            assertTrue(decoder.reserve());
            decoder.tick(DepthPolicy.DEPTH_WISE);
        }
    }

    /** Keeps the keys of a text, and lets a sequence of another text take pages. @return pages of the block in use */
    private static int fill(Decoder decoder) {
        int first = decoder.open(0.5, 3);
        run(decoder, first, text(1));
        decoder.remember(first, text(1), LENGTH);
        decoder.close(first);
        run(decoder, decoder.open(0.5, 3), text(2));
        return decoder.usedBlockPages();
    }

    private static DecoderSize size(int blockPages) {
        return new DecoderSize(3, CONTEXT, 2 * LENGTH, 3, DecoderSize.PAGE_ROWS, 30, blockPages, ElementType.F32);
    }

    @Test
    void aPrefixThatIsForgottenOnTheWayIsNotUsed() {
        try (Engine engine = new CpuEngine(1);
                ParameterSet weights = new ParameterSet(engine, "weights", CONFIG)) {
            Checkpoints.initialise(engine, weights, 5);
            int pages;
            try (Decoder roomy = new Decoder(engine, weights, size(60))) {
                pages = fill(roomy);
                int again = roomy.open(0.5, 3);
                assertEquals(LENGTH, roomy.adopt(again, text(1), LENGTH + 1));
                assertTrue(roomy.usedBlockPages() > pages, "no page is filled in part");
            }
            try (Decoder scarce = new Decoder(engine, weights, size(pages))) {
                assertEquals(pages, fill(scarce));
                int again = scarce.open(0.5, 3);
                assertEquals(0, scarce.adopt(again, text(1), LENGTH + 1));
                run(scarce, again, text(1));
            }
        }
    }
}
