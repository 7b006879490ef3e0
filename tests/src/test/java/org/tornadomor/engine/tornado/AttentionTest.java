package org.tornadomor.engine.tornado;

import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Slot;

/** Attention and its gradients on the device against the CPU engine. */
@Tag("device")
class AttentionTest {
    private static Schedules schedules;

    @BeforeAll
    static void start() {
        schedules = new Schedules();
    }

    @AfterAll
    static void stop() {
        schedules.close();
    }

    /**
     * Sequences with a stretch of keys each.
     *
     * @param past how many keys the first row of a sequence may see beside its own
     * @param gaps how many keys may lie between those of two rows
     * @param window the most keys that a row sees; 0 for all
     */
    private record Case(int rows, int sequences, int past, int gaps, int heads, int kvHeads, int dim, int window) {
        int keysEach() {
            return past + (gaps + 1) * rows;
        }

        int keys() {
            return sequences * keysEach() + 3;
        }

        int mostKeys() {
            return window == 0 ? AttentionOp.Rows.UNWINDOWED : window;
        }

        /** Where the keys of each sequence begin: not where its rows do. */
        int[] keyStart() {
            int[] values = new int[sequences];
            for (int b = 0; b < sequences; b++) {
                values[b] = 1 + b * keysEach();
            }
            return values;
        }

        /** How many keys each of {@code count} rows sees; from no key at all up. */
        int[] visible(long seed, int[] starts, int count) {
            Random random = new Random(seed);
            int[] values = new int[count];
            for (int b = 0; b < sequences; b++) {
                int seen = random.nextInt(past + 1);
                for (int i = starts[b]; i < starts[b + 1]; i++) {
                    seen += random.nextInt(gaps + 1) + (i > starts[b] || past == 0 ? 1 : 0);
                    values[i] = Math.min(seen, keysEach());
                }
            }
            return values;
        }
    }

    private static AttentionOp.Rows which(OpTwin twin, Case c, Extent rows) {
        long seed = c.rows;
        return new AttentionOp.Rows(
                twin.i32(
                        "start",
                        Extent.fixed(c.sequences + 1),
                        count -> OpTwin.starts(new Random(seed), c.sequences, count)),
                twin.i32("keyStart", Extent.fixed(c.sequences), c.keyStart()),
                twin.i32(
                        "visible",
                        rows,
                        count -> c.visible(seed, OpTwin.starts(new Random(seed), c.sequences, count), count)),
                AttentionOp.Rows.UNPAGED,
                c.mostKeys());
    }

    private static AttentionOp.Heads heads(Case c) {
        return new AttentionOp.Heads(c.heads, c.kvHeads, c.dim, (float) (1 / Math.sqrt(c.dim)));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 0, 0, 1, 1, 2, 0",
        "7, 3, 5, 2, 6, 2, 8, 0",
        "70, 2, 20, 0, 2, 1, 32, 0",
        "90, 4, 0, 1, 3, 3, 16, 0",
        "3, 3, 150, 1, 4, 2, 64, 0",
        "7, 3, 5, 2, 6, 2, 8, 3",
        "90, 2, 20, 1, 2, 1, 16, 17",
        "3, 3, 150, 1, 4, 2, 64, 70"
    })
    void attention(int max, int sequences, int past, int gaps, int queryHeads, int kvHeads, int dim, int window) {
        Case c = new Case(max, sequences, past, gaps, queryHeads, kvHeads, dim, window);
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Extent keys = Extent.fixed(c.keys());
            Slot out = twin.f32("out", rows, queryHeads * dim);
            Slot lse = twin.f32("lse", rows, queryHeads);
            Slot q = twin.f32("q", rows, queryHeads * dim);
            Slot k = twin.f32("k", keys, kvHeads * dim);
            Slot v = twin.f32("v", keys, kvHeads * dim);
            twin.compare(new AttentionOp.Attention(out, lse, q, k, v, which(twin, c, rows), heads(c)), 1e-5);
        });
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 0, 0, 1, 1, 2, 16, 0",
        "7, 3, 5, 2, 6, 2, 8, 16, 0",
        "70, 2, 20, 0, 2, 1, 32, 32, 0",
        "3, 3, 150, 1, 4, 2, 64, 16, 0",
        "3, 3, 150, 1, 4, 2, 64, 16, 50"
    })
    void keysInPages(
            int max,
            int sequences,
            int past,
            int gaps,
            int queryHeads,
            int kvHeads,
            int dim,
            int pageRows,
            int window) {
        Case c = new Case(max, sequences, past, gaps, queryHeads, kvHeads, dim, window);
        int pagesEach = c.keysEach() / pageRows + 1;
        int[] pages = new int[sequences * pagesEach];
        for (int i = 0; i < pages.length; i++) {
            // Each page elsewhere, none in order.
            pages[i] = (pages.length - 1 - i) * pageRows;
        }
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Extent keys = Extent.fixed(pages.length * pageRows);
            long seed = max;
            Slot table = twin.i32("pages", Extent.fixed(sequences), pagesEach, pages);
            Slot start = twin.i32(
                    "start", Extent.fixed(sequences + 1), count -> OpTwin.starts(new Random(seed), sequences, count));
            Slot visible = twin.i32(
                    "visible",
                    rows,
                    count -> c.visible(seed, OpTwin.starts(new Random(seed), sequences, count), count));
            Slot out = twin.f32("out", rows, queryHeads * dim);
            Slot lse = twin.f32("lse", rows, queryHeads);
            Slot q = twin.f32("q", rows, queryHeads * dim);
            Slot k = twin.f32("k", keys, kvHeads * dim);
            Slot v = twin.f32("v", keys, kvHeads * dim);
            AttentionOp.Rows which = new AttentionOp.Rows(start, table, visible, pageRows, c.mostKeys());
            twin.compare(new AttentionOp.Attention(out, lse, q, k, v, which, heads(c)), 1e-5);
        });
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 0, 0, 1, 1, 2, false, 0",
        "7, 3, 5, 2, 6, 2, 8, true, 0",
        "40, 2, 10, 0, 2, 1, 64, false, 0",
        "90, 4, 0, 1, 3, 3, 16, true, 0",
        "7, 3, 5, 2, 6, 2, 8, true, 3",
        "40, 2, 10, 0, 2, 1, 64, false, 7",
        "90, 4, 0, 1, 3, 3, 16, true, 20"
    })
    void backward(
            int max,
            int sequences,
            int past,
            int gaps,
            int queryHeads,
            int kvHeads,
            int dim,
            boolean accumulate,
            int window) {
        Case c = new Case(max, sequences, past, gaps, queryHeads, kvHeads, dim, window);
        schedules.each(max, twin -> {
            Extent rows = Extent.of("rows", max);
            Extent keys = Extent.fixed(c.keys());
            Slot dq = twin.f32("dq", rows, queryHeads * dim);
            Slot dk = twin.f32("dk", keys, kvHeads * dim);
            Slot dv = twin.f32("dv", keys, kvHeads * dim);
            Slot dOut = twin.f32("dOut", rows, queryHeads * dim);
            Slot out = twin.f32("out", rows, queryHeads * dim);
            // About what the scores sum up to: probabilities beyond 1 would make large numbers of small errors.
            float[] sums = new float[max * queryHeads];
            java.util.Arrays.fill(sums, (float) Math.log(1 + max));
            Slot lse = twin.f32("lse", rows, queryHeads, sums);
            Slot q = twin.f32("q", rows, queryHeads * dim);
            Slot k = twin.f32("k", keys, kvHeads * dim);
            Slot v = twin.f32("v", keys, kvHeads * dim);
            twin.compare(
                    new AttentionOp.AttentionBackward(
                            dq, dk, dv, dOut, out, lse, q, k, v, which(twin, c, rows), heads(c), accumulate),
                    5e-5);
        });
    }
}
