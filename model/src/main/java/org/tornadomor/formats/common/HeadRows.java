package org.tornadomor.formats.common;

/**
 * Rows of queries and keys. Rotary positions turn pairs of elements of a head: neighbours in llama.cpp and llama2.c, elements
 * half a head apart in Hugging Face. So in files of the former, row 2 j of a head is row j of its first half, and row 2 j + 1
 * is row j of its second half.
 */
public final class HeadRows {
    /** Takes a piece that lies together in the file. */
    @FunctionalInterface
    public interface Piece {
        /**
         * Takes it.
         *
         * @param source its first element in the file's order
         * @param done elements before it
         * @param count its elements
         */
        void take(long source, int done, int count);
    }

    private HeadRows() {}

    /** Where a file has a row of queries or keys. */
    public static long source(long row, int headSize) {
        long inHead = row % headSize;
        int half = headSize / 2;
        return row - inHead + 2 * (inHead % half) + inHead / half;
    }

    /**
     * Cuts elements {@code from .. from + count - 1} of a tensor into pieces that lie together in the file.
     *
     * @param columns elements of a row; 1 for a vector with an element for each row
     * @param headSize rows of a head, or 0 if rows are in Hugging Face's order
     */
    public static void pieces(long from, int count, long columns, int headSize, Piece piece) {
        if (headSize == 0) {
            piece.take(from, 0, count);
            return;
        }
        int done = 0;
        while (done < count) {
            long row = (from + done) / columns;
            long column = (from + done) % columns;
            int part = (int) Math.min(columns - column, count - done);
            piece.take(source(row, headSize) * columns + column, done, part);
            done += part;
        }
    }
}
