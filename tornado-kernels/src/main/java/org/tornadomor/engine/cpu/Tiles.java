package org.tornadomor.engine.cpu;

/**
 * How work is cut into tiles: by shape alone, so that results do not depend on threads, and coarsely enough that what
 * is smaller than one tile is not worth waking another thread for.
 */
final class Tiles {
    /** Elements of a tile of simple work on memory: some microseconds. */
    static final int ELEMENTS = 16384;

    /** What a call of a function such as exp costs, in elements moved. */
    static final int FUNCTION = 4;

    private Tiles() {}

    /** Rows of a tile where a row is so many elements. */
    static int rows(int rowElements) {
        return Math.max(1, ELEMENTS / rowElements);
    }

    /** Number of tiles of so many rows (or elements) each. */
    static int count(int total, int perTile) {
        return (int) (((long) total + perTile - 1) / perTile);
    }

    /** Where a tile ends. */
    static int end(int tile, int perTile, int total) {
        return (int) Math.min(total, (tile + 1L) * perTile);
    }
}
