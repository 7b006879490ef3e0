package org.tornadomor.convert;

import org.tornadomor.model.Spelled;

/** What low-rank factors begin with. */
public enum LoraInit implements Spelled {
    /** The truncated singular value decomposition of the layer's own matrix minus the shared one. */
    SVD,
    /** Nothing: A random, B zero. */
    ZERO
}
