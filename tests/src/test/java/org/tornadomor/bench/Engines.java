package org.tornadomor.bench;

import org.tornadomor.UserError;
import org.tornadomor.engine.Precision;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.engine.cpu.products.ProductProvider;

/** Engines for measurements: what is measured is what the row of the table says. */
final class Engines {
    private Engines() {}

    /** @throws UserError if Java would compute instead of oneDNN, with the reason */
    static CpuEngine open(int threads, ProductProvider provider, Precision precision) {
        return new CpuEngine(threads, provider, precision, note -> {
            throw new UserError(note);
        });
    }
}
