package org.tornadomor.engine.cpu.products;

import org.tornadomor.engine.cpu.basics.RowMath;

/** Any number of packed rows times packed panels: whole kernel tiles, and the edges through a small buffer. */
public final class PanelProduct {
    private static final int WIDTH = MatmulKernel.WIDTH;
    private static final int ROW = MatmulKernel.ROW;
    private static final int HEIGHT = MatmulKernel.HEIGHT;
    /** Elements that the edge buffer needs. */
    public static final int EDGE = HEIGHT * WIDTH;

    private PanelProduct() {}

    /** Rows that kernel tiles read when there are so many: a's memory must reach that far, whatever it holds there. */
    static int covered(int rows) {
        int whole = rows / HEIGHT * HEIGHT;
        return rows == whole ? rows : whole + MatmulKernel.height(rows - whole);
    }

    /** Elements that {@code rows} rows take, the last groups whole. */
    static int size(boolean turned, int rows) {
        return turned ? (rows + HEIGHT - 1) / HEIGHT * MatmulKernel.GROUP : covered(rows) * ROW;
    }

    /**
     * c = base + a b, a group of rows at a time over all panels.
     *
     * @param turned whether whole groups of {@link MatmulKernel#HEIGHT} rows of a are turned, {@link MatmulKernel#GROUP} apart; the
     *     rows behind them, and all rows otherwise, have {@code length} elements and are {@link MatmulKernel#ROW} apart
     * @param b panels of {@code length} rows of {@link MatmulKernel#WIDTH} elements
     * @param columns of c; the panels have as many, rounded up to whole panels
     * @param base c itself, another matrix, or {@link MatmulKernel#ZEROS} with stride 0
     * @param edge buffer of {@link #EDGE} elements
     */
    public static void run(
            boolean turned,
            float[] a,
            int aAt,
            int rows,
            float[] b,
            int bAt,
            int length,
            int columns,
            float[] c,
            int cAt,
            int cStride,
            float[] base,
            int baseAt,
            int baseStride,
            float[] edge,
            int edgeAt) {
        // Zeros are one row, wherever the product stands.
        int baseStep = base == MatmulKernel.ZEROS ? 0 : 1;
        for (int i = 0; i < rows; i += HEIGHT) {
            int height = MatmulKernel.height(rows - i);
            boolean wholeTurned = turned && rows - i >= HEIGHT;
            int aTile = aAt + (turned ? i / HEIGHT * MatmulKernel.GROUP : i * ROW);
            for (int j = 0; j < columns; j += WIDTH) {
                int bTile = bAt + j * length;
                int cTile = cAt + i * cStride + j;
                int baseTile = baseAt + i * baseStride + j * baseStep;
                if (j + WIDTH <= columns && i + height <= rows) {
                    MatmulKernel.tile(
                            wholeTurned,
                            height,
                            a,
                            aTile,
                            b,
                            bTile,
                            length,
                            c,
                            cTile,
                            cStride,
                            base,
                            baseTile,
                            baseStride);
                    continue;
                }
                MatmulKernel.tile(
                        wholeTurned, height, a, aTile, b, bTile, length, edge, edgeAt, WIDTH, MatmulKernel.ZEROS, 0, 0);
                int width = Math.min(WIDTH, columns - j);
                for (int r = 0; r < Math.min(height, rows - i); r++) {
                    int from = baseTile + r * baseStride;
                    RowMath.addScaledInto(c, cTile + r * cStride, base, from, edge, edgeAt + r * WIDTH, width, 1f);
                }
            }
        }
    }
}
