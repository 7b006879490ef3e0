package org.tornadomor.engine.cpu;

/** Any number of packed rows times one packed panel: whole kernel tiles, and the edges through a small buffer. */
final class PanelProduct {
    private static final int WIDTH = MatmulKernel.WIDTH;
    private static final int DEPTH = MatmulKernel.DEPTH;
    private static final int HEIGHT = MatmulKernel.HEIGHT;
    /** Elements that the edge buffer needs. */
    static final int EDGE = HEIGHT * WIDTH;

    private PanelProduct() {}

    /** Rows that kernel tiles read when there are so many: a's memory must reach that far, whatever it holds there. */
    static int covered(int rows) {
        int whole = rows / HEIGHT * HEIGHT;
        return rows == whole ? rows : whole + MatmulKernel.height(rows - whole);
    }

    /**
     * c = base + a b.
     *
     * @param a rows of {@code length} elements, {@link MatmulKernel#DEPTH} apart
     * @param b {@code length} rows of {@link MatmulKernel#WIDTH} elements
     * @param width columns of c, at most WIDTH
     * @param base c itself, another matrix, or {@link MatmulKernel#ZEROS} with stride 0
     * @param edge buffer of {@link #EDGE} elements
     */
    static void run(
            float[] a,
            int aAt,
            int rows,
            float[] b,
            int bAt,
            int length,
            int width,
            float[] c,
            int cAt,
            int cStride,
            float[] base,
            int baseAt,
            int baseStride,
            float[] edge,
            int edgeAt) {
        for (int i = 0; i < rows; i += HEIGHT) {
            int height = MatmulKernel.height(rows - i);
            int aTile = aAt + i * DEPTH;
            int cTile = cAt + i * cStride;
            int baseTile = baseAt + i * baseStride;
            if (width == WIDTH && i + height <= rows) {
                MatmulKernel.tile(height, a, aTile, b, bAt, length, c, cTile, cStride, base, baseTile, baseStride);
            } else {
                MatmulKernel.tile(height, a, aTile, b, bAt, length, edge, edgeAt, WIDTH, MatmulKernel.ZEROS, 0, 0);
                for (int r = 0; r < Math.min(height, rows - i); r++) {
                    for (int j = 0; j < width; j++) {
                        c[cTile + r * cStride + j] = edge[edgeAt + r * WIDTH + j] + base[baseTile + r * baseStride + j];
                    }
                }
            }
        }
    }
}
