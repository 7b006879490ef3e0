package org.tornadomor.cli.options;

import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Precision;
import picocli.CommandLine.Option;

/** Where a command computes, for commands that have no configuration of their own for it. */
public final class EngineOptions extends EngineChoice {
    @Option(
            names = THREADS,
            paramLabel = "N",
            description = "Threads of the cpu engine, which this option chooses unless another is given. Results do not"
                    + " depend on it. Default: all processors.")
    private Integer threads;

    @Option(
            names = PRECISION,
            paramLabel = "TYPE",
            description = "To what the operands of matrix products are rounded: float32 (default), or bfloat16, on"
                    + " the cpu engine, and fast where oneDNN (--products) has instructions for it. Sums stay"
                    + " float32, and so do small products.")
    private Precision precision = Precision.FLOAT32;

    /**
     * The engine that was asked for; the caller closes it.
     *
     * @throws UserError if the options make no sense, or this JVM was not started for that engine
     */
    public Engine open() {
        if (threads != null && threads < 1) {
            throw new UserError(THREADS + " " + threads + " cannot compute anything; give 1 or more");
        }
        return open(threads != null, threads == null ? 0 : threads, precision);
    }
}
