package org.tornadomor.cluster;

import java.io.Serial;
import java.io.Serializable;
import org.tornadomor.trainer.Collective;

/**
 * What a task is to do.
 *
 * @param work of the worker; null where its state alone is wanted
 */
record Share(int rank, Collective.Work work) implements Serializable {
    @Serial
    private static final long serialVersionUID = 1;
}
