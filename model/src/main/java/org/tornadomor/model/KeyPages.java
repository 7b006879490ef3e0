package org.tornadomor.model;

import java.util.Arrays;
import java.util.List;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.Tensor;

/**
 * Keys and values of earlier tokens, in pages. A table for each sequence and plane says where its pages are: plane 0 is that of
 * the layers which every token passes once, plane r holds the tokens that reached recursion r (paper 2.2.1). Memory is taken
 * page by page, as tokens get there.
 */
final class KeyPages implements AutoCloseable {
    private final Engine engine;
    private final KeyLayout layout;
    private final int pageRows;
    private final int pagesEach;
    private final int planes;
    private final PagePool outerPool, blockPool;
    private final Arena floats;
    private final Tensor[] outer, block;
    private final Extent outerRows, blockRows;
    /** [sequences (planes + 1), pages] the first cache row of each page, on the device and on the host. */
    private final Tensor table;

    private final Tensor[] tableRows;
    private final int[][] pages;
    private final int[] firstRows;
    private final int[] rows;
    private final boolean[] changed;
    private final PrefixCache prefixes;
    private final PageCopies copies;

    KeyPages(Engine engine, ModelConfig config, DecoderSize size, Arena indices) {
        this.engine = engine;
        layout = new KeyLayout(config);
        pageRows = size.pageRows();
        pagesEach = (int) DecoderSize.pages(size.context(), pageRows);
        planes = layout.planes();
        outerPool = new PagePool(size.outerPages());
        blockPool = new PagePool(size.blockPages());
        floats = engine.arena("caches", size.keys());
        List<Integer> outerLayers = layout.outerLayers();
        outerRows = Extent.fixed(size.outerPages() * pageRows);
        blockRows = Extent.fixed(size.blockPages() * pageRows);
        outer = new Tensor[outerLayers.size()];
        for (int i = 0; i < outer.length; i++) {
            outer[i] = floats.allocate("cache." + outerLayers.get(i), outerRows.max(), layout.width());
        }
        block = new Tensor[layout.blockLayers()];
        for (int i = 0; i < block.length; i++) {
            block[i] = floats.allocate("cache.block." + i, blockRows.max(), layout.width());
        }
        int tables = size.sequences() * (planes + 1);
        table = indices.allocate("page_table", tables, pagesEach);
        tableRows = new Tensor[tables];
        Arrays.setAll(tableRows, t -> table.rows(t, 1));
        pages = new int[tables][pagesEach];
        firstRows = new int[pagesEach];
        rows = new int[tables];
        changed = new boolean[tables];
        prefixes = new PrefixCache(this);
        copies = block.length == 0 || planes < 2 ? null : new PageCopies(engine, this, block, indices, floats);
    }

    KeyLayout layout() {
        return layout;
    }

    ElementType type() {
        return floats.type();
    }

    int pageRows() {
        return pageRows;
    }

    /** Pages that a segment can have. */
    int pagesEach() {
        return pagesEach;
    }

    /** The row of the table that belongs to a sequence and plane. */
    int tableRow(int sequence, int plane) {
        return sequence * (planes + 1) + plane;
    }

    /** [tables, pages] where each page begins. */
    Tensor table() {
        return table;
    }

    /** The cache of an unrolled layer outside of the block, or of the one whose keys it reads. */
    Tensor outer(int layer) {
        return outer[layout.outerLayers().indexOf(layer)];
    }

    Extent outerRows() {
        return outerRows;
    }

    /** The cache of a layer of the block, for all depths. */
    Tensor block(int position) {
        return block[position];
    }

    Extent blockRows() {
        return blockRows;
    }

    /** Keys of a sequence in a plane. */
    int rows(int sequence, int plane) {
        return rows[tableRow(sequence, plane)];
    }

    private PagePool pool(int plane) {
        return plane == 0 ? outerPool : blockPool;
    }

    /** Whether a plane has keys at all. */
    boolean kept(int plane) {
        return plane == 0 ? outer.length > 0 : block.length > 0;
    }

    /**
     * Whether a token that took so many recursions has a key in a plane.
     *
     * @param deepest the most that it might have taken
     */
    boolean reaches(int depth, int plane, int deepest) {
        return plane <= enteredPlanes(deepest) || depth >= plane;
    }

    private int missing(int sequence, int plane, int keys) {
        return kept(plane) ? used(keys) - used(rows(sequence, plane)) : 0;
    }

    /**
     * Makes room for so many more keys of a sequence in the outer plane and in those of the block that every token enters, and
     * for that forgets prefixes that nobody uses.
     *
     * @param deepest the most recursions of a token
     */
    boolean makeRoom(int sequence, int more, int deepest) {
        int inBlock = 0;
        for (int plane = 1; plane <= enteredPlanes(deepest); plane++) {
            inBlock += missing(sequence, plane, rows(sequence, plane) + more);
        }
        return makeFree(missing(sequence, 0, rows(sequence, 0) + more), inBlock);
    }

    /**
     * Whether a sequence may begin beside others: as {@link #makeRoom}, and pages are left for what they are about to do. Else it would
     * begin only to be set back, and whatever it computed until then would be computed again.
     *
     * @param promised tokens of the others that are still to enter
     * @param others how many there are; each is left half a page to grow
     */
    boolean makeRoomBeside(int sequence, int more, int deepest, int promised, int others) {
        long coming = promised + (long) others * pageRows / 2;
        long entered = 0;
        long deeper = 0;
        for (int t = 0; t < rows.length; t++) {
            if (t % (planes + 1) == 0) {
                entered += rows[t];
            } else {
                deeper += rows[t];
            }
        }
        // Tokens that come go as deep as those that are there.
        double each = entered == 0 ? enteredPlanes(deepest) : (double) deeper / entered;
        int inOuter = kept(0) ? (int) (coming / pageRows) : 0;
        int inBlock = kept(1) ? (int) (coming * each / pageRows) : 0;
        for (int plane = 1; plane <= enteredPlanes(deepest); plane++) {
            inBlock += missing(sequence, plane, rows(sequence, plane) + more);
        }
        return makeFree(inOuter + missing(sequence, 0, rows(sequence, 0) + more), inBlock);
    }

    /** Planes of the block in which every token has a key from the start. @param deepest the most recursions of a token */
    int enteredPlanes(int deepest) {
        if (layout.lastExited()) {
            return deepest;
        }
        return layout.fullPlanes() ? planes : Math.min(1, planes);
    }

    /** Forgets prefixes until so many pages are free. @return false, forgetting none, if all of them would not do */
    private boolean makeFree(int inOuter, int inBlock) {
        if (!outerPool.canFree(inOuter) || !blockPool.canFree(inBlock)) {
            return false;
        }
        while (outerPool.freePages() < inOuter || blockPool.freePages() < inBlock) {
            if (!prefixes.forgetOne()) {
                throw new IllegalStateException("no prefix is left, and pages are kept");
            }
        }
        return true;
    }

    private int used(int keys) {
        return (keys + pageRows - 1) / pageRows;
    }

    /**
     * Notes that the key and value of a token that left at a recursion stand for those of deeper ones.
     *
     * @param key its position
     */
    void standIn(int sequence, int left, int deepest, int key) {
        for (int plane = left + 1; plane <= deepest; plane++) {
            copies.add(place(sequence, left, key), place(sequence, plane, key));
        }
    }

    /** Copies what {@link #standIn} noted. */
    void runCopies() {
        if (copies != null) {
            copies.run();
        }
    }

    int usedPages(int plane) {
        return pool(plane).usedPages();
    }

    /**
     * Makes room for more keys of a sequence in a plane.
     *
     * @return false, changing nothing, if there are not enough free pages
     */
    boolean grow(int sequence, int plane, int more) {
        int t = tableRow(sequence, plane);
        int from = used(rows[t]);
        int to = used(rows[t] + more);
        if (kept(plane)) {
            if (!(plane == 0 ? makeFree(to - from, 0) : makeFree(0, to - from))) {
                return false;
            }
            for (int i = from; i < to; i++) {
                pages[t][i] = pool(plane).take();
                changed[t] = true;
            }
        }
        rows[t] += more;
        return true;
    }

    /** The cache row of a key. */
    int place(int sequence, int plane, int key) {
        return kept(plane) ? pages[tableRow(sequence, plane)][key / pageRows] * pageRows + key % pageRows : 0;
    }

    /** Keeps a page of a sequence for a prefix. @return the page */
    int keep(int sequence, int plane, int page) {
        int kept = pages[tableRow(sequence, plane)][page];
        pool(plane).keep(kept);
        return kept;
    }

    /** A prefix does not keep a page any more. */
    void drop(int plane, int page) {
        pool(plane).drop(page);
    }

    /** Whether a sequence holds a page. */
    boolean isUsed(int plane, int page) {
        return pool(plane).isUsed(page);
    }

    /** Prefixes whose keys may be used again. */
    PrefixCache prefixes() {
        return prefixes;
    }

    /**
     * Gives an empty sequence keys that are there already; of a page that is filled in part it gets a copy. Prefixes that
     * nobody uses are forgotten to make room for the copies.
     *
     * @param counts keys by plane
     * @param known their pages by plane
     * @return false, changing nothing, if there are no pages for the copies
     */
    boolean adopt(int sequence, int[] counts, int[][] known) {
        int partial = 0;
        for (int plane = 0; plane <= planes; plane++) {
            partial += kept(plane) && counts[plane] % pageRows != 0 ? 1 : 0;
        }
        // Whichever prefixes are forgotten, the adopted pages stay.
        holdAll(known);
        boolean room = makeFree(0, partial);
        for (int plane = 0; room && plane <= planes; plane++) {
            adopt(sequence, plane, counts[plane], known[plane]);
        }
        if (room && partial > 0) {
            copies.run();
        }
        releaseAll(known);
        return room;
    }

    private void adopt(int sequence, int plane, int count, int[] known) {
        int t = tableRow(sequence, plane);
        rows[t] = count;
        changed[t] = true;
        for (int i = 0; kept(plane) && i < known.length; i++) {
            if ((i + 1) * pageRows <= count) {
                pool(plane).hold(known[i]);
                pages[t][i] = known[i];
            } else {
                pages[t][i] = pool(plane).take();
                copies.add(known[i], pages[t][i], count % pageRows);
            }
        }
    }

    private void holdAll(int[][] known) {
        for (int plane = 0; plane <= planes; plane++) {
            for (int i = 0; kept(plane) && i < known[plane].length; i++) {
                pool(plane).hold(known[plane][i]);
            }
        }
    }

    private void releaseAll(int[][] known) {
        for (int plane = 0; plane <= planes; plane++) {
            for (int i = 0; kept(plane) && i < known[plane].length; i++) {
                pool(plane).release(known[plane][i]);
            }
        }
    }

    /** Gives back everything that a sequence holds. */
    void release(int sequence) {
        for (int plane = 0; plane <= planes; plane++) {
            int t = tableRow(sequence, plane);
            for (int i = 0; kept(plane) && i < used(rows[t]); i++) {
                pool(plane).release(pages[t][i]);
            }
            rows[t] = 0;
        }
    }

    /** Uploads what changed in the table. */
    void upload() {
        for (int t = 0; t < changed.length; t++) {
            if (changed[t]) {
                for (int i = 0; i < pagesEach; i++) {
                    firstRows[i] = pages[t][i] * pageRows;
                }
                engine.upload(tableRows[t], firstRows, 0);
                changed[t] = false;
            }
        }
    }

    /** Bytes of keys and values. */
    long bytes() {
        return floats.bytes();
    }

    @Override
    public void close() {
        floats.close();
    }
}
