package org.tornadomor.engine;

import java.util.Locale;
import org.tornadomor.PublicApi;

/** To what the operands of matrix products are rounded. Sums, and everything that is no such product, are float32 in any case. */
@PublicApi
public enum Precision {
    /** Not at all. */
    FLOAT32,
    /** To bfloat16: half the memory traffic, and instructions of their own on some processors. */
    BFLOAT16;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
