package org.tornadomor.engine.tornado;

import org.tornadomor.engine.SampleOp;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * From logits to the next token, without sorting them. Think of the tokens in order of falling probability, ties by id.
 * {@link #search} finds the place in that order where a count or a probability mass is reached: it halves an interval of
 * logits, and after each pass it moves the ends of the interval inwards to logits that occur, so that it ends at exactly one of
 * them. It runs twice: for what top-k and top-p keep, and for the draw.
 *
 * <p>Each row has a group. Its penalised logits and a few figures stay in scratch memory between the tasks.
 *
 * <p>Probabilities are {@code p[t] = exp((logits[t] - largest) / temperature) / sum}. Lesson 8
 * ({@code docs/lessons/08-tokens-way}) leads to it.
 *
 * <pre>{@code
 * groups:   group g has row g; its item l of 256 has the tokens l, l + 256, ...
 * }</pre>
 */
final class Sampler {
    private static final int GROUP = 256;
    /** Below this the exponential is taken as 0: such tokens are never drawn. */
    private static final float EXP_MIN = -87f;

    /** Figures of a row, behind the logits of all rows: the temperature, or 0 for the likeliest token. */
    private static final int HEAT = 0;

    /** The largest logit. */
    private static final int LARGEST = 1;
    /** How many tokens top-k and top-p keep. */
    private static final int KEPT = 2;
    /** The mass of these tokens. */
    private static final int KEPT_MASS = 3;
    /** The logit of the drawn token. */
    private static final int DRAWN = 4;
    /** Which one of the tokens with this logit is drawn, from 1. */
    private static final int RANK = 5;

    private static final int FIGURES = 6;

    private Sampler() {}

    static void record(SampleOp.Sample op, TaskList tasks) {
        int group = tasks.device().cpu()
                ? 1
                : Integer.highestOneBit(Math.min(GROUP, tasks.device().maxGroup()));
        int columns = op.logits().columns();
        int maxRows = op.rows().max();
        int scratch = maxRows * (columns + FIGURES);
        tasks.add(
                "SamplePenalise",
                tasks.call(op.rows(), scratch, op.next(), op.logits(), op.settings(), op.history(), op.historyLength()),
                Grid.groupPerRow(op.rows(), group, 2 * Float.BYTES * group),
                (graph, id, a) -> graph.task(
                        id,
                        Sampler::penalise,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.i(0),
                        a.i(1),
                        a.arrays(),
                        a.code(),
                        columns,
                        maxRows,
                        group));
        recordSearch("SampleKeep", op, scratch, 0, group, tasks);
        recordSearch("SampleDraw", op, scratch, 1, group, tasks);
        tasks.add(
                "SampleToken",
                tasks.call(op.rows(), scratch, op.next()),
                Grid.groupPerRow(op.rows(), group, Integer.BYTES * group),
                (graph, id, a) -> graph.task(
                        id,
                        Sampler::token,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.i(0),
                        a.arrays(),
                        a.code(),
                        columns,
                        maxRows,
                        group));
    }

    private static void recordSearch(
            String name, SampleOp.Sample op, int scratch, int draw, int group, TaskList tasks) {
        int columns = op.logits().columns();
        int maxRows = op.rows().max();
        tasks.add(
                name,
                tasks.call(op.rows(), scratch, op.settings(), op.uniform()),
                Grid.groupPerRow(op.rows(), group, 4 * Float.BYTES * group),
                (graph, id, a) -> graph.task(
                        id,
                        Sampler::search,
                        a.context(),
                        a.run(),
                        a.table(),
                        a.m(0),
                        a.m(1),
                        a.m(2),
                        a.arrays(),
                        a.code(),
                        columns,
                        maxRows,
                        draw,
                        group));
    }

    /**
     * Puts into scratch the logits with the repetition penalty, with the least number in place of NaN; into next, for now, the
     * likeliest token, ties to the smaller id; and sets the figures HEAT and LARGEST. HEAT is also 0 where no finite logit is
     * the largest: then there are no probabilities to draw from.
     *
     * <p>KernelContext, for the maximum in local memory. Tensors: next, logits, settings, history, historyLength, scratch.
     * Grid: a group of {@code group} items, a power of two, for each row; item l deals with the tokens l, l + group, ...
     * Local memory: a float and an int an item.
     */
    static void penalise(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            IntArray i0,
            IntArray i1,
            long arrays,
            int call,
            int columns,
            int maxRows,
            int group) {
        float[] logitOf = c.allocateFloatLocalArray(group);
        int[] tokenOf = c.allocateIntLocalArray(group);
        int at = Args.begin(c, run, call);
        int row = c.groupIdx;
        if (row < Args.rows(run, call)) {
            FloatArray logits = Args.pick(m0, m1, m2, arrays, 1);
            FloatArray settings = Args.pick(m0, m1, m2, arrays, 2);
            FloatArray scratch = Args.pick(m0, m1, m2, arrays, 5);
            IntArray history = Args.pick(i0, i1, arrays, 3);
            int logitRow = Args.offset(table, at, 1) + row * Args.stride(table, at, 1);
            int settingRow = Args.offset(table, at, 2) + row * Args.stride(table, at, 2);
            int historyRow = Args.offset(table, at, 3) + row * Args.stride(table, at, 3);
            int length = Args.pick(i0, i1, arrays, 4).get(Args.offset(table, at, 4) + row * Args.stride(table, at, 4));
            int lane = c.localIdx;
            for (int id = lane; id < columns; id += group) {
                float logit = logits.get(logitRow + id);
                scratch.set(row * columns + id, logit > DeviceMath.LEAST ? logit : DeviceMath.LEAST);
            }
            float penalty = settings.get(settingRow + SampleOp.PENALTY);
            if (penalty != 1f) {
                for (int j = 0; j < length; j++) {
                    int id = history.get(historyRow + j);
                    // Each item looks for its own tokens. It starts from the original logit, since a token may stand
                    // there twice.
                    if (id % group == lane) {
                        float logit = logits.get(logitRow + id);
                        float penalised = logit > 0f ? logit / penalty : logit * penalty;
                        scratch.set(row * columns + id, penalised > DeviceMath.LEAST ? penalised : DeviceMath.LEAST);
                    }
                }
            }
            float most = DeviceMath.LEAST;
            int best = lane;
            for (int id = lane; id < columns; id += group) {
                float logit = scratch.get(row * columns + id);
                if (logit > most) {
                    most = logit;
                    best = id;
                }
            }
            logitOf[lane] = most;
            tokenOf[lane] = best;
            for (int step = group / 2; step > 0; step /= 2) {
                c.localBarrier();
                if (lane < step) {
                    float other = logitOf[lane + step];
                    int larger = other > logitOf[lane] ? 1 : 0;
                    int same = other == logitOf[lane] ? 1 : 0;
                    int smallerId = tokenOf[lane + step] < tokenOf[lane] ? 1 : 0;
                    if (larger + same * smallerId > 0) {
                        logitOf[lane] = other;
                        tokenOf[lane] = tokenOf[lane + step];
                    }
                }
            }
            if (lane == 0) {
                float largest = logitOf[0];
                int finite = (largest <= Float.MAX_VALUE ? 1 : 0) * (largest > DeviceMath.LEAST ? 1 : 0);
                int figures = maxRows * columns + row * FIGURES;
                scratch.set(figures + HEAT, finite * settings.get(settingRow + SampleOp.TEMPERATURE));
                scratch.set(figures + LARGEST, largest);
                int nextAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0);
                Args.pick(i0, i1, arrays, 0).set(nextAt, tokenOf[0]);
            }
        }
    }

    /**
     * Finds the first token, in order of falling probability, at which top-k or top-p is reached, and leaves count and mass of
     * the tokens up to it. For the draw, finds the first token at which the kept mass times {@code uniform} is exceeded, and
     * leaves its logit and its rank among equals; tokens that min-p leaves out are then passed over. Masses are
     * {@code exp((logit - largest) / temperature)}. Every sum adds its terms in the same order, so that it falls when the
     * interval's bound rises.
     *
     * <p>KernelContext, for sums in local memory. Tensors: settings, uniform, scratch. Grid: a group of {@code group} items, a
     * power of two, for each row; item l deals with the tokens l, l + group, ... Local memory: four numbers an item.
     *
     * @param draw 0 for what is kept, 1 for the draw
     */
    static void search(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            FloatArray m1,
            FloatArray m2,
            long arrays,
            int call,
            int columns,
            int maxRows,
            int draw,
            int group) {
        int[] counts = c.allocateIntLocalArray(group);
        float[] masses = c.allocateFloatLocalArray(group);
        float[] leasts = c.allocateFloatLocalArray(group);
        float[] mosts = c.allocateFloatLocalArray(group);
        int at = Args.begin(c, run, call);
        int row = c.groupIdx;
        if (row < Args.rows(run, call)) {
            FloatArray settings = Args.pick(m0, m1, m2, arrays, 0);
            FloatArray uniform = Args.pick(m0, m1, m2, arrays, 1);
            FloatArray scratch = Args.pick(m0, m1, m2, arrays, 2);
            int topKAt = Args.offset(table, at, 0) + row * Args.stride(table, at, 0) + SampleOp.TOP_K;
            int figures = maxRows * columns + row * FIGURES;
            float heat = scratch.get(figures + HEAT);
            float largest = scratch.get(figures + LARGEST);
            if (heat > 0f) {
                int lane = c.localIdx;
                int wanted = wanted(draw == 1 ? scratch.get(figures + KEPT) : settings.get(topKAt), columns);
                float topP = settings.get(topKAt - SampleOp.TOP_K + SampleOp.TOP_P);
                float minP = settings.get(topKAt - SampleOp.TOP_K + SampleOp.MIN_P);
                float floor = EXP_MIN;
                if (draw == 1) {
                    floor = minP > 0f ? TornadoMath.max(EXP_MIN, TornadoMath.log(minP)) : EXP_MIN;
                }
                float drawn = uniform.get(Args.offset(table, at, 1) + row * Args.stride(table, at, 1));
                float bound = draw == 1 ? scratch.get(figures + KEPT_MASS) * drawn : Float.MAX_VALUE;
                // The first pass has no lower bound: it finds the whole mass.
                float low = DeviceMath.LEAST;
                float high = largest;
                float middle = low;
                int before = 0;
                float massBefore = 0f;
                int upTo = 0;
                float massUpTo = 0f;
                int pass = 0;
                while (low < high) {
                    int count = 0;
                    float mass = 0f;
                    float least = largest;
                    float most = DeviceMath.LEAST;
                    for (int id = lane; id < columns; id += group) {
                        float logit = scratch.get(row * columns + id);
                        float x = (logit - largest) / heat;
                        if (x >= floor) {
                            if (logit >= middle) {
                                count++;
                                mass += TornadoMath.exp(x);
                                least = TornadoMath.min(least, logit);
                            } else {
                                most = TornadoMath.max(most, logit);
                            }
                        }
                    }
                    counts[lane] = count;
                    masses[lane] = mass;
                    leasts[lane] = least;
                    mosts[lane] = most;
                    for (int step = group / 2; step > 0; step /= 2) {
                        c.localBarrier();
                        if (lane < step) {
                            counts[lane] += counts[lane + step];
                            masses[lane] += masses[lane + step];
                            leasts[lane] = TornadoMath.min(leasts[lane], leasts[lane + step]);
                            mosts[lane] = TornadoMath.max(mosts[lane], mosts[lane + step]);
                        }
                    }
                    c.localBarrier();
                    count = counts[0];
                    mass = masses[0];
                    least = leasts[0];
                    most = mosts[0];
                    // Wait until all items have read the sums, which the next pass overwrites.
                    c.localBarrier();
                    if (pass == 0) {
                        low = least;
                        upTo = count;
                        massUpTo = mass;
                        if (draw == 0) {
                            bound = topP < 1f ? topP * mass : bound;
                            // Where nothing is left out, there is nothing to search.
                            int restricted = (topP < 1f ? 1 : 0) + (count > wanted ? 1 : 0);
                            high = restricted == 0 ? low : high;
                        } else if (count < wanted) {
                            // Min-p keeps fewer tokens than top-k and top-p.
                            wanted = count;
                            bound = mass * drawn;
                        }
                    } else {
                        int byMass = draw == 1 ? (mass > bound ? 1 : 0) : (mass >= bound ? 1 : 0);
                        if (byMass + (count >= wanted ? 1 : 0) > 0) {
                            low = least;
                            upTo = count;
                            massUpTo = mass;
                        } else {
                            high = most;
                            before = count;
                            massBefore = mass;
                        }
                    }
                    middle = low / 2f + high / 2f;
                    middle = middle > low ? middle : high;
                    pass++;
                }
                if (lane == 0) {
                    int equals = upTo - before;
                    float missing = (bound - massBefore) / TornadoMath.exp((high - largest) / heat);
                    int rank = rank(draw, missing, wanted - before, equals);
                    if (draw == 1) {
                        scratch.set(figures + DRAWN, high);
                        scratch.set(figures + RANK, (float) rank);
                    } else {
                        float part = rank == equals ? massUpTo - massBefore : (massUpTo - massBefore) / equals * rank;
                        scratch.set(figures + KEPT, (float) (before + rank));
                        scratch.set(figures + KEPT_MASS, massBefore + part);
                    }
                }
            }
        }
    }

    /** How many tokens a search goes over at most: those that are kept, or the top k. */
    private static int wanted(float setting, int columns) {
        int limit = (int) setting;
        return limit > 0 ? Math.min(limit, columns) : columns;
    }

    /**
     * Which of some equally likely tokens is the one that a search looks for, from 1.
     *
     * @param missing the mass that is missing before the first of them, in masses of one token
     * @param wanted the number that is missing before the first of them
     */
    private static int rank(int draw, float missing, int wanted, int equals) {
        float byMass = draw == 1 ? TornadoMath.floor(missing) + 1f : TornadoMath.ceil(missing);
        int limited = (int) TornadoMath.min(byMass, (float) equals);
        return Math.max(1, Math.min(Math.min(wanted, limited), equals));
    }

    /**
     * The id of the drawn token: the RANK-th that has the logit DRAWN.
     *
     * <p>KernelContext, for the scan in local memory. Tensors: next, scratch. Grid: a group of {@code group} items for each
     * row; item l counts in the l-th part of the tokens. Local memory: an int an item.
     */
    static void token(
            KernelContext c,
            IntArray run,
            IntArray table,
            FloatArray m0,
            IntArray i0,
            long arrays,
            int call,
            int columns,
            int maxRows,
            int group) {
        int[] counts = c.allocateIntLocalArray(group);
        int at = Args.begin(c, run, call);
        int row = c.groupIdx;
        if (row < Args.rows(run, call)) {
            int figures = maxRows * columns + row * FIGURES;
            if (m0.get(figures + HEAT) > 0f) {
                float drawn = m0.get(figures + DRAWN);
                int rank = (int) m0.get(figures + RANK);
                int lane = c.localIdx;
                int each = (columns + group - 1) / group;
                int from = Math.min(columns, lane * each);
                int to = Math.min(columns, from + each);
                int count = 0;
                for (int id = from; id < to; id++) {
                    count += m0.get(row * columns + id) == drawn ? 1 : 0;
                }
                counts[lane] = count;
                c.localBarrier();
                for (int l = 0; l < lane; l++) {
                    rank -= counts[l];
                }
                // Only the item in whose part the token is gets to exactly 0.
                for (int id = from; id < to; id++) {
                    if (m0.get(row * columns + id) == drawn) {
                        rank--;
                        if (rank == 0) {
                            i0.set(Args.offset(table, at, 0) + row * Args.stride(table, at, 0), id);
                        }
                    }
                }
            }
        }
    }
}
