package org.tornadomor.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Tensor;

/** The rows of a tick that go through the shared block, sorted by depth; and for each what its router has to know. */
final class RunningRows {
    final DecodeRows rows;
    /** The extent of the rows at depth 1, which come first. */
    final Extent first;
    /** [R] the recursion that each row runs. */
    final Tensor recursion;
    /** [R] where keys of the rows at depth 1 go too, for each deeper plane (hybrid keys). */
    final Tensor[] copyPlace;

    /** Per row: sequence, the recursion that it runs, the most that it may, the logit above which it goes on, the answer. */
    final int[] sequence;

    final int[] depth;

    final int[] deepest;
    final float[] threshold;
    final boolean[] goesOn;
    /** Per row: the rule by which it may leave before its deepest recursion, or null. */
    final ExitRule[] exit;

    /** By recursion from 1, its rows, for layers whose low-rank factors differ by depth; else none. */
    final List<AtDepth> atDepth = new ArrayList<>();

    /**
     * The rows of one recursion, which are neighbours.
     *
     * @param index [R] their numbers
     */
    record AtDepth(Extent extent, Tensor index, Tensor[] views) {
        static AtDepth allocate(Arena indices, int r, int most) {
            Tensor index = indices.allocate("running.at_depth." + r, most);
            return new AtDepth(Extent.of("running at depth " + r, most), index, DecodeRows.prefixes(index));
        }
    }

    /** 0, 1, 2 and so on. */
    private final int[] numbers;

    private final int[][] copyPlaces;
    private final Tensor[] recursionViews;
    private final Tensor[][] copyViews;
    private int firstCount;

    RunningRows(Arena indices, ModelConfig config, KeyPages keys, int most) {
        rows = new DecodeRows(indices, "running", most, keys.pagesEach());
        first = Extent.of("running at depth 1", most);
        recursion = indices.allocate("running.recursion", most);
        int copies = config.kv() == KvMode.HYBRID ? config.recursions() - 1 : 0;
        copyPlace = new Tensor[copies];
        copyPlaces = new int[copies][most];
        copyViews = new Tensor[copies][];
        for (int i = 0; i < copies; i++) {
            copyPlace[i] = indices.allocate("running.copy_place." + i, most);
            copyViews[i] = DecodeRows.prefixes(copyPlace[i]);
        }
        numbers = new int[config.lora() == null ? 0 : most];
        Arrays.setAll(numbers, i -> i);
        for (int r = 1; r <= config.recursions() && config.lora() != null; r++) {
            atDepth.add(AtDepth.allocate(indices, r, most));
        }
        recursionViews = DecodeRows.prefixes(recursion);
        sequence = new int[most];
        depth = new int[most];
        deepest = new int[most];
        threshold = new float[most];
        goesOn = new boolean[most];
        exit = new ExitRule[most];
    }

    int count() {
        return rows.count;
    }

    void clear() {
        rows.clear();
        firstCount = 0;
    }

    /** Says what the router has to know of the row that was added last. */
    void describe(int rowSequence, int rowDepth, int rowDeepest, float rowThreshold, ExitRule rowExit) {
        int i = rows.count - 1;
        sequence[i] = rowSequence;
        depth[i] = rowDepth;
        deepest[i] = rowDeepest;
        threshold[i] = rowThreshold;
        exit[i] = rowExit;
        firstCount += rowDepth == 1 ? 1 : 0;
    }

    /** Says where else the keys of the row that was added last go; that row is at depth 1. */
    void copyTo(int copy, int place) {
        copyPlaces[copy][rows.count - 1] = place;
    }

    void upload(Engine engine) {
        rows.upload(engine);
        first.set(firstCount);
        if (rows.count > 0) {
            engine.upload(recursionViews[rows.count], depth, 0);
        }
        uploadDepths(engine);
        for (int i = 0; i < copyPlaces.length && firstCount > 0; i++) {
            engine.upload(copyViews[i][firstCount], copyPlaces[i], 0);
        }
    }

    private void uploadDepths(Engine engine) {
        int from = 0;
        // By index: an iterator would be an object, and the compiler does not always optimise it away.
        for (int r = 1; r <= atDepth.size(); r++) {
            AtDepth here = atDepth.get(r - 1);
            int to = from;
            while (to < rows.count && depth[to] == r) {
                to++;
            }
            here.extent.set(to - from);
            if (to > from) {
                engine.upload(here.views[to - from], numbers, from);
            }
            from = to;
        }
        if (!atDepth.isEmpty() && from < rows.count) {
            throw new IllegalStateException("rows are not sorted by depth");
        }
    }
}
