package org.tornadomor.model;

import java.util.Arrays;
import org.tornadomor.engine.Engine;

/** Tells a pass which rows belong together: whole sequences, or the documents in them. Allocates nothing after the start. */
final class RowLayout {
    /** No token ends a document: attention goes over whole sequences. */
    static final int NO_END = -1;

    private final Engine engine;
    private final Batch batch;
    private final int[] start;
    private final int[] sequenceStart;
    private final int[] first;
    private final int[] position;
    private final int[] visible;

    /** @param sequences B */
    RowLayout(Engine engine, Batch batch, int sequences) {
        this.engine = engine;
        this.batch = batch;
        start = new int[batch.all().start().rows()];
        sequenceStart = new int[sequences + 1];
        first = new int[sequences + 1];
        position = new int[batch.all().max()];
        visible = new int[batch.all().max()];
    }

    /**
     * The next runs work on so many sequences of the same length.
     *
     * @param inputs [sequences length] tokens, or null if {@code end} is {@link #NO_END}
     * @param end the token that ends a document, behind which positions begin anew; a sequence ends one too
     */
    void set(int sequences, int length, int[] inputs, int end) {
        int segments = 0;
        for (int b = 0; b < sequences; b++) {
            first[b] = segments;
            sequenceStart[b] = b * length;
            for (int i = 0; i < length; i++) {
                int row = b * length + i;
                if (i == 0 || end >= 0 && inputs[row - 1] == end) {
                    start[segments++] = row;
                }
                position[row] = row - start[segments - 1];
                visible[row] = position[row] + 1;
            }
        }
        int rows = sequences * length;
        // The remaining sequences are empty.
        Arrays.fill(start, segments, start.length, rows);
        Arrays.fill(sequenceStart, sequences, sequenceStart.length, rows);
        Arrays.fill(first, sequences, first.length, segments);
        upload(segments, rows);
    }

    private void upload(int segments, int rows) {
        engine.upload(batch.all().start(), start, 0);
        engine.upload(batch.all().position(), position, 0);
        engine.upload(batch.visible(), visible, 0);
        if (!batch.segments().areSequences()) {
            engine.upload(batch.all().sequenceStart(), sequenceStart, 0);
            engine.upload(batch.segments().first(), first, 0);
            batch.segments().set(segments);
        }
        batch.all().extent().set(rows);
    }
}
