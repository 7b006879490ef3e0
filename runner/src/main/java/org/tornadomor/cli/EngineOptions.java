package org.tornadomor.cli;

import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import picocli.CommandLine.Option;

/** On what a command computes. */
final class EngineOptions {
    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads to compute on. Results do not depend on it. Default: all processors.")
    private Integer threads;

    /**
     * The engine that was asked for; the caller closes it.
     *
     * @throws UserError if the options make no sense
     */
    Engine open() {
        if (threads != null && threads < 1) {
            throw new UserError("--threads " + threads + " cannot compute anything; give 1 or more");
        }
        return threads == null ? new CpuEngine() : new CpuEngine(threads);
    }
}
