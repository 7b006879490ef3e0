package org.tornadomor.cli.options;

import java.util.Locale;

/** What computes. */
public enum EngineKind {
    /** TornadoVM if an accelerator is there, else the CPU. */
    AUTO,
    /** Pure Java on all cores. */
    CPU,
    /** A device through an installed TornadoVM. */
    TORNADO,
    /** The device kernels on JVM threads, without an SDK and with strict checks. */
    SIMULATOR;

    /** As it is written on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
