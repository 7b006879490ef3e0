package org.tornadomor.engine.cpu.basics;

/**
 * How work is cut into tiles: by shape alone, so that results do not depend on threads, and coarsely enough that what
 * is smaller than one tile is not worth waking another thread for.
 */
public final class Tiles {
    /** Elements of a tile of simple work on memory: some microseconds. */
    public static final int ELEMENTS = 16384;

    /** What a call of a function such as exp costs, in elements moved. */
    public static final int FUNCTION = 4;

    private Tiles() {}

    /** Rows of a tile where a row is so many elements. */
    public static int rows(int rowElements) {
        return Math.max(1, ELEMENTS / rowElements);
    }

    /** Number of tiles of so many rows (or elements) each. */
    public static int count(int total, int perTile) {
        return (int) (((long) total + perTile - 1) / perTile);
    }

    /** Where a tile ends. */
    public static int end(int tile, int perTile, int total) {
        return (int) Math.min(total, (tile + 1L) * perTile);
    }
}
