package org.tornadomor.engine.cpu.products;

import java.util.Locale;
import org.tornadomor.PublicApi;

/** Who computes the matrix products of the CPU engine. */
@PublicApi
public enum ProductProvider {
    /** The kernels of this engine. */
    JAVA,
    /** The library oneDNN, where it is; else Java. */
    ONEDNN,
    /** oneDNN where it is and a short measurement shows that products take much less time; else Java. */
    AUTO;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
