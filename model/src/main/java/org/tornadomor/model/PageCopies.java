package org.tornadomor.model;

import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/** Copies rows of the block's caches to other places, in all layers: the first rows of pages, or single rows. */
final class PageCopies {
    private final Engine engine;
    private final int pageRows;
    private final Extent extent;
    private final Tensor[] fromViews, toViews;
    private final int[] from, to;
    private final Binding copy;
    private int count;

    PageCopies(Engine engine, KeyPages keys, Tensor[] caches, Arena indices, Arena floats) {
        this.engine = engine;
        pageRows = keys.pageRows();
        int most = keys.layout().planes() * pageRows;
        extent = Extent.of("copied", most);
        Tensor source = indices.allocate("copy.from", most);
        Tensor target = indices.allocate("copy.to", most);
        // An op must not read where it writes.
        Tensor between = floats.allocate("copy.rows", most, keys.layout().width());
        fromViews = DecodeRows.prefixes(source);
        toViews = DecodeRows.prefixes(target);
        from = new int[most];
        to = new int[most];
        Wiring w = new Wiring("decode copy pages");
        Slot rows = w.of(between, extent);
        for (Tensor cache : caches) {
            w.add(new Gather(rows, w.of(cache), w.of(source, extent)));
            w.add(new Scatter(w.of(cache), rows, w.of(target, extent)));
        }
        copy = w.on(engine);
    }

    /** Adds the first {@code rows} rows of a page. */
    void add(int page, int otherPage, int rows) {
        for (int i = 0; i < rows; i++) {
            add(page * pageRows + i, otherPage * pageRows + i);
        }
    }

    /** Adds a row. What was added is copied when there is no place for more. */
    void add(int row, int otherRow) {
        if (count == from.length) {
            run();
        }
        from[count] = row;
        to[count++] = otherRow;
    }

    /** Copies what was added. */
    void run() {
        if (count > 0) {
            extent.set(count);
            engine.upload(fromViews[count], from, 0);
            engine.upload(toViews[count], to, 0);
            copy.run();
            count = 0;
        }
    }
}
