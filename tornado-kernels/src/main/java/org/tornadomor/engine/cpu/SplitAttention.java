package org.tornadomor.engine.cpu;

import java.util.Arrays;
import org.tornadomor.engine.AttentionOp;
import org.tornadomor.engine.cpu.basics.Lanes;
import org.tornadomor.engine.cpu.basics.Matrix;
import org.tornadomor.engine.cpu.basics.Scratch;
import org.tornadomor.engine.cpu.basics.Tiles;
import org.tornadomor.engine.cpu.basics.WorkerTeam;

/**
 * Attention of single rows, with keys and values read in place: a decoding step. Its time is that of reading the cache once, so
 * the keys of a row are split into chunks of {@value #CHUNK}, which are the tiles: all heads go through a chunk together, as
 * its rows lie in memory. A chunk leaves, for each head, its largest score, the sum of exponentials relative to that score, and
 * the sum of values weighted by these exponentials. The chunks are combined in order, so that results do not depend on threads.
 */
final class SplitAttention {
    /** Keys of a chunk. */
    private static final int CHUNK = 64;

    private static final int LENGTH = Lanes.LENGTH;

    private final Attention attention;
    private final AttentionOp.Heads heads;
    private final int dim;
    private final int width;
    private final WorkerTeam.TileTask chunkTiles = this::chunk;
    private final WorkerTeam.TileTask rowTiles = this::combine;
    private Matrix out, lse;
    private Scratch scratch;
    private int count;
    /** For each of the single rows: the row, its sequence, and its first chunk among all chunks. */
    private final int[] rows, sequences, firstChunk;

    /** @param mostRows the most rows that a run may have */
    SplitAttention(Attention attention, int mostRows) {
        this.attention = attention;
        heads = attention.heads;
        dim = attention.dim;
        width = heads.heads() * dim;
        rows = new int[mostRows];
        sequences = new int[mostRows];
        firstChunk = new int[mostRows + 1];
    }

    /** Begins a run. */
    void begin() {
        count = 0;
    }

    /** Adds a row of a sequence. */
    void add(int row, int sequence) {
        rows[count] = row;
        sequences[count] = sequence;
        // A row that sees nothing has a chunk too, which clears its output.
        firstChunk[count + 1] =
                firstChunk[count] + Math.max(1, Tiles.count(attention.visible(row) - begin(row), CHUNK));
        count++;
    }

    /** The key at which the chunks of a row begin: the first that it sees, or a few before, where a vector begins. */
    private int begin(int row) {
        return attention.firstKey(row) / LENGTH * LENGTH;
    }

    /** Computes the rows that were added. */
    void run(WorkerTeam team, Matrix outRows, Matrix lseRows) {
        if (count == 0) {
            return;
        }
        out = outRows;
        lse = lseRows;
        scratch = team.scratch();
        int chunks = firstChunk[count];
        // Grown in powers of two: a cache gets longer with every token.
        int kept = chunks == count ? 0 : Math.multiplyExact(Integer.highestOneBit(chunks) << 1, partial());
        int widened = attention.k.isNarrow() ? LENGTH * keyWidth() : 0;
        scratch.reserve(kept, widenedAt() + widened);
        team.run(chunkTiles, chunks);
        if (chunks > count) {
            team.run(rowTiles, count);
        }
    }

    /** What a chunk leaves: weighted values, and behind them largest score and sum, of each head. */
    private int partial() {
        return width + 2 * heads.heads();
    }

    private static int scoresAt() {
        return RowAttention.BLOCK;
    }

    private int widenedAt() {
        return scoresAt() + heads.heads() * CHUNK;
    }

    /** Columns of all key heads. */
    private int keyWidth() {
        return heads.kvHeads() * dim;
    }

    private int numberOf(int chunk) {
        int found = Arrays.binarySearch(firstChunk, 0, count + 1, chunk);
        return found >= 0 ? found : -found - 2;
    }

    private void chunk(int tile, int worker) {
        int number = numberOf(tile);
        int row = rows[number];
        int first = begin(row) + (tile - firstChunk[number]) * CHUNK;
        int keys = Math.min(CHUNK, attention.visible(row) - first);
        int hidden = Math.max(0, attention.firstKey(row) - first);
        boolean alone = firstChunk[number + 1] == firstChunk[number] + 1;
        float[] own = scratch.of(worker);
        float[] to = alone ? out.values : scratch.shared();
        int toAt = alone ? out.at(row, 0) : tile * partial();
        Arrays.fill(to, toAt, toAt + width, 0f);
        int sequence = sequences[number];
        // A vector's worth of keys lies in one page.
        for (int j = 0; j < keys; j += LENGTH) {
            scores(own, row, attention.keyRow(sequence, first + j), j, Math.min(LENGTH, keys - j));
        }
        for (int head = 0; head < heads.heads(); head++) {
            int at = scoresAt() + head * CHUNK;
            float max = keys == 0 ? 0f : Lanes.max(own, at + hidden, keys - hidden);
            float sum = AttentionForward.exponentials(own, at, hidden, keys, keys, heads.scale(), max);
            if (alone) {
                finish(row, head, max, sum);
                Lanes.scale(own, at, keys, 1f / sum);
            } else {
                to[toAt + width + 2 * head] = max;
                to[toAt + width + 2 * head + 1] = sum;
            }
        }
        for (int j = 0; j < keys; j += LENGTH) {
            weighted(own, attention.keyRow(sequence, first + j), j, Math.min(LENGTH, keys - j), to, toAt);
        }
    }

    /** The scores of all heads for a few neighbouring keys. */
    private void scores(float[] own, int row, int keyRow, int j, int keys) {
        Matrix q = attention.q;
        Matrix k = attention.k;
        float[] values = widened(k, keyRow, keys, own);
        int first = k.isNarrow() ? widenedAt() : k.at(keyRow, 0);
        int stride = k.isNarrow() ? keyWidth() : k.stride;
        for (int head = 0; head < heads.heads(); head++) {
            int at = first + head / attention.group * dim;
            int to = scoresAt() + head * CHUNK + j;
            RowAttention.scores(q.values, q.at(row, head * dim), values, at, stride, dim, keys, own, to, own, 0);
        }
    }

    /** Adds a few neighbouring values, weighted, for all heads. */
    private void weighted(float[] own, int keyRow, int j, int keys, float[] to, int toAt) {
        Matrix v = attention.v;
        float[] values = widened(v, keyRow, keys, own);
        int first = v.isNarrow() ? widenedAt() : v.at(keyRow, 0);
        int stride = v.isNarrow() ? keyWidth() : v.stride;
        for (int head = 0; head < heads.heads(); head++) {
            int at = first + head / attention.group * dim;
            int weights = scoresAt() + head * CHUNK + j;
            RowAttention.addWeighted(own, weights, values, at, stride, dim, keys, to, toAt + head * dim);
        }
    }

    /** The array in which a few neighbouring rows can be read as floats: their own, or scratch memory with the rows widened. */
    private float[] widened(Matrix rows, int row, int count, float[] own) {
        if (!rows.isNarrow()) {
            return rows.values;
        }
        rows.copy(row, 0, count, keyWidth(), own, widenedAt(), keyWidth());
        return own;
    }

    private void finish(int row, int head, float max, float sum) {
        boolean sees = attention.visible(row) > 0;
        lse.values[lse.at(row, head)] = sees ? heads.scale() * max + (float) StrictMath.log(sum) : 0f;
    }

    /** Puts the chunks of a row together. */
    private void combine(int number, int worker) {
        int row = rows[number];
        int from = firstChunk[number];
        int to = firstChunk[number + 1];
        if (to == from + 1) {
            return;
        }
        float[] parts = scratch.shared();
        for (int head = 0; head < heads.heads(); head++) {
            int bounds = width + 2 * head;
            float max = Float.NEGATIVE_INFINITY;
            for (int chunk = from; chunk < to; chunk++) {
                max = Math.max(max, parts[chunk * partial() + bounds]);
            }
            float sum = 0f;
            for (int chunk = from; chunk < to; chunk++) {
                int at = chunk * partial() + bounds;
                parts[at] = Lanes.exp((parts[at] - max) * heads.scale());
                sum = Math.fma(parts[at], parts[at + 1], sum);
            }
            int target = out.at(row, head * dim);
            Arrays.fill(out.values, target, target + dim, 0f);
            for (int chunk = from; chunk < to; chunk++) {
                int at = chunk * partial();
                Lanes.addScaled(out.values, target, parts, at + head * dim, dim, parts[at + bounds] / sum);
            }
            finish(row, head, max, sum);
        }
    }
}
