package org.tornadomor.engine.cpu.products;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.NativeRows;
import org.tornadomor.engine.cpu.basics.Scratch;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/**
 * One op's product by oneDNN, where it is large enough: else Java is faster, and computes it in float32. The result is cut into tiles of
 * {@link #HEIGHT} rows and about {@link #WIDTH} columns. First the workers pack columns of b, unless that was done before; then each
 * copies the rows of a tile once for all columns that it multiplies them with. Kernels are made for a few heights, and the last
 * tile computes rows that nobody looks at; likewise sums over rows are filled up with zeros, so that few kernels serve any number of
 * active rows.
 */
final class OneDnnProduct implements Products.Product {
    /** Most rows of a tile. */
    static final int HEIGHT = 128;
    /** Columns of a tile, about. */
    private static final int WIDTH = 256;
    /** Rows of the smallest kernel; others have twice as many, and so on. */
    private static final int LEAST = 16;

    private static final int HEIGHTS = Integer.numberOfTrailingZeros(HEIGHT / LEAST) + 1;
    /** Columns are cut at multiples of this, and sums over rows filled up to one. */
    private static final int WHOLE = 64;
    /** Columns from which on the library is called. */
    private static final int FEWEST_COLUMNS = 32;
    /** Multiply-adds from which on it is called. */
    private static final long LEAST_WORK = 1 << 18;
    /** Numbers of two workers are so far apart that they share no cache line. */
    private static final int APART = 16;

    private final OneDnnProducts all;
    private final Products.Product java;
    private final boolean aTransposed;
    private final boolean bTransposed;
    private final boolean rounded;
    private final WorkerTeam.TileTask packs = this::pack;
    private final WorkerTeam.TilesTask products = this::products;

    private int n = -1;
    private int k = -1;
    private int kWhole, width, chunks, lastWidth;
    private OneDnnPanel panel, lastPanel;
    private final OneDnnKernel[] kernels = new OneDnnKernel[HEIGHTS];
    private final OneDnnKernel[] lastKernels = new OneDnnKernel[HEIGHTS];

    private int m;
    private Matrix a, b, c, base;
    private Scratch scratch;
    private MemorySegment packed;
    /** Which rows each worker has. */
    private final int[] has;

    OneDnnProduct(OneDnnProducts all, Products.Product java, boolean aTransposed, boolean bTransposed) {
        this.all = all;
        this.java = java;
        this.aTransposed = aTransposed;
        this.bTransposed = bTransposed;
        rounded = all.type() == OneDnn.BF16;
        has = new int[all.threads() * APART];
    }

    /** Whether the library computes such a product. */
    static boolean suits(int m, int n, int k) {
        return m >= LEAST && n >= FEWEST_COLUMNS && k >= LEAST && (long) m * n * k >= LEAST_WORK;
    }

    @Override
    public void run(WorkerTeam team, int m, int n, int k, Matrix a, Matrix b, Matrix c, Matrix base) {
        // Weights in bytes are kept so to save memory, which packing would take again.
        if (!suits(m, n, k) || b.bytes != null) {
            java.run(team, m, n, k, a, b, c, base);
            return;
        }
        OneDnn.oneThread();
        this.m = m;
        this.a = a;
        this.b = b;
        this.c = c;
        this.base = base;
        shape(n, k);
        int rowTiles = (m + HEIGHT - 1) / HEIGHT;
        int lastRows = m - (rowTiles - 1) * HEIGHT;
        long scratchpad = 0;
        for (int rows = rowTiles > 1 ? HEIGHT : lastRows; ; rows = lastRows) {
            scratchpad = Math.max(scratchpad, kernel(rows, false).scratchpad());
            scratchpad = Math.max(scratchpad, kernel(rows, true).scratchpad());
            if (rows == lastRows) {
                break;
            }
        }
        all.reserve(
                (long) HEIGHT * kWhole * all.elementBytes(),
                (long) HEIGHT * width * Float.BYTES,
                (long) width * kWhole * Float.BYTES,
                scratchpad);
        scratch = team.scratch();
        scratch.reserve(0, b.isNarrow() ? k : 0);
        long bytes = (chunks - 1) * panel.bytes() + lastPanel.bytes();
        if (aTransposed || b.changes == null) {
            packed = all.once(bytes);
            team.run(packs, chunks);
        } else {
            OneDnnProducts.Packed kept = all.kept(b, n, k, bTransposed, bytes);
            packed = kept.memory();
            if (kept.isOutdated(b.changes)) {
                team.run(packs, chunks);
                kept.renewed(b.changes);
            }
        }
        Arrays.fill(has, -1);
        team.run(products, rowTiles * chunks, chunks);
    }

    /** Cuts columns, and forgets kernels for other shapes. */
    private void shape(int n, int k) {
        if (this.n == n && this.k == k) {
            return;
        }
        this.n = n;
        this.k = k;
        kWhole = aTransposed ? (k + WHOLE - 1) / WHOLE * WHOLE : k;
        int parts = (n + WIDTH - 1) / WIDTH;
        width = Math.min(n, ((n + parts - 1) / parts + WHOLE - 1) / WHOLE * WHOLE);
        chunks = (n + width - 1) / width;
        lastWidth = n - (chunks - 1) * width;
        panel = all.panel(width, kWhole);
        lastPanel = all.panel(lastWidth, kWhole);
        Arrays.fill(kernels, null);
        Arrays.fill(lastKernels, null);
    }

    /** Which of the heights is the least that holds these rows. */
    private static int index(int rows) {
        return rows <= LEAST ? 0 : 32 - Integer.numberOfLeadingZeros((rows - 1) / LEAST);
    }

    private OneDnnKernel kernel(int rows, boolean last) {
        OneDnnKernel[] from = last ? lastKernels : kernels;
        int index = index(rows);
        if (from[index] == null) {
            from[index] = all.kernel(LEAST << index, last ? lastWidth : width, kWhole, aTransposed);
        }
        return from[index];
    }

    /** One chunk of columns of b. */
    private void pack(int chunk, int worker) {
        OneDnn.oneThread();
        boolean last = chunk == chunks - 1;
        int count = last ? lastWidth : width;
        int first = chunk * width;
        MemorySegment stage = all.stage(worker);
        if (bTransposed) {
            for (int j = 0; j < count; j++) {
                long to = (long) j * k * Float.BYTES;
                if (b.isNarrow()) {
                    b.copy(first + j, 0, 1, k, scratch.of(worker), 0, 0);
                    NativeRows.store(scratch.of(worker), 0, stage, to, k);
                } else {
                    NativeRows.store(b.values, b.at(first + j, 0), stage, to, k);
                }
            }
        } else {
            for (int p = 0; p < k; p++) {
                NativeRows.store(b.values, b.at(p, first), stage, (long) p * count * Float.BYTES, count);
            }
            stage.asSlice((long) k * count * Float.BYTES, (long) (kWhole - k) * count * Float.BYTES)
                    .fill((byte) 0);
        }
        (last ? lastPanel : panel)
                .pack(
                        bTransposed,
                        worker,
                        all.stream(worker),
                        stage.address(),
                        packed.address() + chunk * panel.bytes());
    }

    private void products(int first, int end, int worker) {
        OneDnn.oneThread();
        for (int task = first; task < end; task++) {
            int tile = task / chunks;
            if (has[worker * APART] != tile) {
                left(tile * HEIGHT, Math.min(HEIGHT, m - tile * HEIGHT), worker);
                has[worker * APART] = tile;
            }
            product(tile * HEIGHT, task % chunks, worker);
        }
    }

    /** Copies rows of a to the worker's memory; of a transposed a, columns. */
    private void left(int row, int rows, int worker) {
        MemorySegment to = all.left(worker);
        int bytes = all.elementBytes();
        if (!aTransposed) {
            for (int i = 0; i < rows; i++) {
                copy(a.at(row + i, 0), to, (long) i * k * bytes, k);
            }
            return;
        }
        int height = LEAST << index(rows);
        for (int p = 0; p < k; p++) {
            copy(a.at(p, row), to, (long) p * height * bytes, rows);
        }
        to.asSlice((long) k * height * bytes, (long) (kWhole - k) * height * bytes)
                .fill((byte) 0);
    }

    private void copy(int at, MemorySegment to, long offset, int count) {
        if (rounded) {
            NativeRows.storeRounded(a.values, at, to, offset, count);
        } else {
            NativeRows.store(a.values, at, to, offset, count);
        }
    }

    /** Multiplies the rows that the worker has with a chunk of columns. */
    private void product(int row, int chunk, int worker) {
        int rows = Math.min(HEIGHT, m - row);
        boolean last = chunk == chunks - 1;
        int count = last ? lastWidth : width;
        MemorySegment result = all.result(worker);
        (last ? lastKernels : kernels)
                [index(rows)].run(
                        worker,
                        all.stream(worker),
                        all.left(worker).address(),
                        packed.address() + chunk * panel.bytes(),
                        result.address(),
                        all.scratchpad(worker).address());
        int column = chunk * width;
        for (int i = 0; i < rows; i++) {
            long from = (long) i * count * Float.BYTES;
            int to = c.at(row + i, column);
            if (base == null) {
                NativeRows.load(result, from, c.values, to, count);
            } else {
                NativeRows.add(result, from, base.values, base.at(row + i, column), c.values, to, count);
            }
        }
    }
}
