package org.tornadomor.cluster;

import java.io.Serial;
import java.io.Serializable;

/**
 * What a worker sends to where it is added up.
 *
 * @param rank of the worker
 * @param bytes floats as {@link org.tornadomor.trainer.Sending} writes them
 * @param report of the worker with its last piece, else null; such a piece without one is of a worker that lives elsewhere
 * @param place where the worker lives, with the report
 */
record Piece(int rank, byte[] bytes, float[] report, String place) implements Serializable {
    @Serial
    private static final long serialVersionUID = 1;
}
