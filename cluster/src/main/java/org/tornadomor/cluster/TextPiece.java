package org.tornadomor.cluster;

import java.io.Serial;
import java.io.Serializable;

/**
 * What one process reads without another: a file, or a part of a file of JSON lines.
 *
 * @param source its index
 * @param file its address
 * @param name by which messages call it
 * @param from where the part begins, in bytes
 * @param to where it ends; -1 for a whole file
 */
record TextPiece(int source, String file, String name, long from, long to) implements Serializable {
    @Serial
    private static final long serialVersionUID = 1;

    boolean whole() {
        return to < 0;
    }
}
