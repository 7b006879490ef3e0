package org.tornadomor.convert;

import org.tornadomor.model.Spelled;

/** What low-rank factors begin with. */
public enum LoraInit implements Spelled {
    /** The truncated singular value decomposition of what the shared matrix lacks of the layer's own. */
    SVD,
    /** Nothing: A random, B zero. */
    ZERO
}
