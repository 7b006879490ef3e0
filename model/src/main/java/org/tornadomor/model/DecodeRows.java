package org.tornadomor.model;

import java.util.List;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * Rows that go through some layers together in a tick, put together on the host: where each is kept between ticks, its
 * position, where its keys go and how many it sees. Rows of one sequence and depth are neighbours, a segment.
 */
final class DecodeRows {
    final Extent extent;
    final Segments segments;
    /** [R] where the row's hidden state is kept. */
    final Tensor slots;
    /** [R] tokens, of rows that enter. */
    final Tensor ids;
    /** [R] place in the sequence. */
    final Tensor position;
    /** [R] cache row of its keys and values. */
    final Tensor place;
    /** [R] keys that it sees. */
    final Tensor visible;
    /** [S + 1] */
    final Tensor start;
    /** [S, pages] where the pages of each segment begin; {@link #findPages} fills it in from the page table. */
    final Tensor keyStart;

    /** The same as {@link #slots} on the host, for as long as the tick lasts. */
    final int[] slot;

    int count;

    private final Tensor tableRow;
    private final int[] tokens, positions, places, seen, starts, tableRows;
    private final Tensor[] slotViews, idViews, positionViews, placeViews, visibleViews, startViews, tableRowViews;
    private int segmentCount;
    private boolean hasTokens;

    DecodeRows(Arena indices, String name, int most, int pagesEach) {
        extent = Extent.of(name, most);
        segments = Segments.of(name, most);
        slots = indices.allocate(name + ".slots", most);
        ids = indices.allocate(name + ".ids", most);
        position = indices.allocate(name + ".position", most);
        place = indices.allocate(name + ".place", most);
        visible = indices.allocate(name + ".visible", most);
        start = indices.allocate(name + ".start", most + 1);
        tableRow = indices.allocate(name + ".table_row", most);
        keyStart = indices.allocate(name + ".key_start", most, pagesEach);
        slot = new int[most];
        tokens = new int[most];
        positions = new int[most];
        places = new int[most];
        seen = new int[most];
        starts = new int[most + 1];
        tableRows = new int[most];
        slotViews = prefixes(slots);
        idViews = prefixes(ids);
        positionViews = prefixes(position);
        placeViews = prefixes(place);
        visibleViews = prefixes(visible);
        startViews = prefixes(start);
        tableRowViews = prefixes(tableRow);
    }

    /** Views of the first 0, 1, 2, ... rows, so that a step need not make them. */
    static Tensor[] prefixes(Tensor tensor) {
        Tensor[] views = new Tensor[tensor.rows() + 1];
        for (int i = 0; i < views.length; i++) {
            views[i] = tensor.rows(0, i);
        }
        return views;
    }

    /** Forgets all rows. */
    void clear() {
        count = 0;
        segmentCount = 0;
    }

    /**
     * Adds a row; rows with the same row of the page table that follow one another and see ever more keys are a segment.
     */
    void add(int rowSlot, int table, int rowPosition, int rowPlace, int rowVisible) {
        boolean goesOn = segmentCount > 0 && tableRows[segmentCount - 1] == table && seen[count - 1] < rowVisible;
        if (!goesOn) {
            tableRows[segmentCount] = table;
            starts[segmentCount++] = count;
        }
        slot[count] = rowSlot;
        positions[count] = rowPosition;
        places[count] = rowPlace;
        seen[count++] = rowVisible;
    }

    /** Says which token the row that was added last is. */
    void id(int token) {
        tokens[count - 1] = token;
        hasTokens = true;
    }

    /** Sets the row counts of the next run and uploads the rows. */
    void upload(Engine engine) {
        starts[segmentCount] = count;
        extent.set(count);
        segments.set(segmentCount);
        if (count > 0) {
            engine.upload(slotViews[count], slot, 0);
            engine.upload(positionViews[count], positions, 0);
            engine.upload(placeViews[count], places, 0);
            if (hasTokens) {
                engine.upload(idViews[count], tokens, 0);
            }
            engine.upload(visibleViews[count], seen, 0);
            engine.upload(startViews[segmentCount + 1], starts, 0);
            engine.upload(tableRowViews[segmentCount], tableRows, 0);
        }
    }

    /** Records what looks up the pages of the segments. */
    void findPages(Wiring w, Tensor pageTable) {
        w.add(new Gather(w.of(keyStart, segments.count()), w.of(pageTable), w.of(tableRow, segments.count())));
    }

    /** What a layer's attention is bound to. */
    LayerKeys keys(Tensor rotary, Tensor cache, List<Tensor> copies) {
        return new LayerKeys(position, rotary, start, keyStart, visible, cache, place, null, copies);
    }

    /** The shape that a layer on these rows is recorded for. */
    LayerShape shape(
            ModelConfig config, Extent keyRows, int positionsMax, AttentionKind kind, LayerShape.CacheUse cache) {
        return new LayerShape(config, extent, keyRows, segments, positionsMax, KeyMode.CACHED, kind, cache);
    }

    /** How layers on these rows use a cache. */
    static LayerShape.CacheUse use(Extent writers, KeyPages keys) {
        return use(writers, null, 0, keys);
    }

    /** The same for layers whose first rows put their keys and values to further places. */
    static LayerShape.CacheUse use(Extent writers, Extent copied, int copies, KeyPages keys) {
        return new LayerShape.CacheUse(writers, copied, copies, keys.pagesEach(), keys.pageRows(), keys.type());
    }
}
