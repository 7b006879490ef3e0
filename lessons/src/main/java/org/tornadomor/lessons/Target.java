package org.tornadomor.lessons;

import java.util.Locale;

/** What a lesson runs on. */
enum Target {
    /** The kernels on JVM threads, strictly checked and counted. */
    SIMULATOR,
    /** A device through an installed TornadoVM. */
    TORNADO,
    /** Plain Java and the CPU engine. */
    CPU;

    /** As it is written on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
