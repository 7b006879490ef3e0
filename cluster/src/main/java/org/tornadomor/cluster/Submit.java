package org.tornadomor.cluster;

import org.tornadomor.cli.Main;

/** What spark-submit starts: the command line. */
public final class Submit {
    private Submit() {}

    /** Runs one command and ends the JVM with its exit code. */
    public static void main(String[] args) {
        Main.main(args);
    }
}
