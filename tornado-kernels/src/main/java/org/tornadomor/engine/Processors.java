package org.tornadomor.engine;

import java.util.Locale;
import org.tornadomor.UserError;

/** The processors that the JVM may use, and how many threads they have use for. */
public final class Processors {
    /** A few more threads than processors do no harm; with many more a machine has none left for anything else. */
    private static final int MOST_EACH = 4;

    private Processors() {}

    /** How many there are. */
    public static int count() {
        return Runtime.getRuntime().availableProcessors();
    }

    /**
     * A number of threads that is not out of all proportion to the machine.
     *
     * @param what the name of the number, such as {@code --threads}
     * @param threads at least 0
     * @return {@code threads}
     * @throws UserError if there are more than four to a processor
     */
    public static int require(String what, int threads) {
        int most = MOST_EACH * count();
        if (threads > most) {
            throw new UserError(String.format(
                    Locale.ROOT,
                    "%s is %,d, and the %d processors here take %d at most, %d each; give fewer",
                    what,
                    threads,
                    count(),
                    most,
                    MOST_EACH));
        }
        return threads;
    }
}
