package org.tornadomor.cli;

import picocli.CommandLine.Command;

/** {@code tornado-mor experiment depth}. */
@Command(name = "depth")
final class ExperimentDepthCommand implements Runnable {
    @Override
    public void run() {}
}
