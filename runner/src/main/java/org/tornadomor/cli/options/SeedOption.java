package org.tornadomor.cli.options;

import picocli.CommandLine.Option;

/** The number from which all randomness of a command follows. */
public final class SeedOption {
    public static final String NAME = "--seed";

    @Option(
            names = NAME,
            paramLabel = "N",
            defaultValue = "1",
            description = "Where all randomness comes from: equal seeds give equal results. Default: ${DEFAULT-VALUE}.")
    private long seed;

    /** The seed. */
    public long value() {
        return seed;
    }
}
