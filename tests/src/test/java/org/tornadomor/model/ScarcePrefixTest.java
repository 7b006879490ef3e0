package org.tornadomor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.model.io.Checkpoints;

/** Prefixes where pages are short: what is forgotten for a page, and what is not. */
class ScarcePrefixTest {
    private static final int CONTEXT = 64;
    private static final int LENGTH = 2 * DecoderSize.PAGE_ROWS;
    private static final ModelConfig CONFIG =
            new ModelConfig(50, 16, 24, 5, 2, 1, 8, 1e-5, 10000, CONTEXT, true, 0.6, MorConfig.expertChoice(3));

    private Engine engine;
    private ParameterSet weights;

    @BeforeEach
    void initialise() {
        engine = new CpuEngine(1);
        weights = new ParameterSet(engine, "weights", CONFIG);
        Checkpoints.initialise(engine, weights, 5);
    }

    @AfterEach
    void close() {
        weights.close();
        engine.close();
    }

    private static int[] text(int from) {
        return IntStream.range(0, LENGTH + 1).map(i -> (from + 7 * i) % 50).toArray();
    }

    /** Computes what a sequence does not have yet of a text. */
    private static void run(Decoder decoder, int sequence, int[] ids) {
        int known = decoder.length(sequence);
        assertTrue(decoder.feed(sequence, ids, known, LENGTH - known, 1));
        while (decoder.rowsUnderWay() > 0) {
            assertTrue(decoder.reserve());
            decoder.tick(DepthPolicy.DEPTH_WISE);
        }
    }

    /** Opens a sequence of a text, whose keys are kept for others. */
    private static int remembered(Decoder decoder, int[] ids) {
        int sequence = decoder.open(0.5, 3);
        run(decoder, sequence, ids);
        decoder.remember(sequence, ids, LENGTH);
        return sequence;
    }

    /** Keeps the keys of a text, and lets a sequence of another text take pages. @return pages of the block in use */
    private static int fill(Decoder decoder) {
        decoder.close(remembered(decoder, text(1)));
        run(decoder, decoder.open(0.5, 3), text(2));
        return decoder.usedBlockPages();
    }

    private Decoder decoder(int outerPages, int blockPages) {
        return new Decoder(
                engine,
                weights,
                new DecoderSize(
                        3, CONTEXT, 2 * LENGTH, 3, DecoderSize.PAGE_ROWS, outerPages, blockPages, ElementType.F32));
    }

    /** Going on from a prefix takes a page for a copy. Where its end has to be forgotten for that, its beginning is used. */
    @Test
    void theEndOfAPrefixGivesPagesForItsBeginning() {
        int pages;
        try (Decoder roomy = decoder(30, 60)) {
            pages = fill(roomy);
            int again = roomy.open(0.5, 3);
            assertEquals(LENGTH, roomy.adopt(again, text(1), LENGTH + 1));
            assertTrue(roomy.usedBlockPages() > pages, "no page is filled in part");
        }
        try (Decoder scarce = decoder(30, pages)) {
            assertEquals(pages, fill(scarce));
            int again = scarce.open(0.5, 3);
            assertEquals(DecoderSize.PAGE_ROWS, scarce.adopt(again, text(1), LENGTH + 1));
            run(scarce, again, text(1));
        }
    }

    /** Who asks for more than there can be costs nobody a prefix. */
    @Test
    void nothingIsForgottenForWhatHasNoRoomAnyway() {
        try (Decoder decoder = decoder(5, 60)) {
            fill(decoder);
            int third = decoder.open(0.5, 3);
            assertFalse(decoder.hasRoom(third, CONTEXT));
            assertEquals(LENGTH, decoder.adopt(third, text(1), LENGTH + 1));
        }
    }

    /** A prefix that a sequence uses gives no page when it is forgotten, even if nobody else has used it for long. */
    @Test
    void whatSequencesUseIsForgottenLast() {
        try (Decoder decoder = decoder(5, 60)) {
            remembered(decoder, text(1));
            decoder.close(remembered(decoder, text(2)));
            int third = decoder.open(0.5, 3);
            assertTrue(decoder.hasRoom(third, 3 * DecoderSize.PAGE_ROWS));
            assertEquals(0, decoder.adopt(third, text(2), LENGTH + 1));
            assertEquals(LENGTH, decoder.adopt(third, text(1), LENGTH + 1));
        }
    }
}
