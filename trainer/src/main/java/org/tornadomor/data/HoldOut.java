package org.tornadomor.data;

import java.util.Locale;
import org.tornadomor.UserError;

/** Which text is kept from training to validate on. */
public sealed interface HoldOut {
    /** The last part of the tokens, wherever documents end. */
    record Tail(double fraction) implements HoldOut {
        public Tail {
            requireShare(fraction);
        }

        @Override
        public String describe() {
            return fraction == 0 ? "nothing" : String.format(Locale.ROOT, "the last %.2f %%", 100 * fraction);
        }
    }

    /** The n-th, 2n-th, ... document. */
    record EveryNth(int n) implements HoldOut {
        public EveryNth {
            if (n < 2) {
                throw new UserError("holding out one document in " + n + " leaves nothing to train on: try 20");
            }
        }

        @Override
        public String describe() {
            return "one document in " + n;
        }
    }

    /**
     * A share of the documents, picked by a hash of their text: more text moves no document from one part to the other, and
     * the same text is in one part alone.
     */
    record ByContent(double fraction) implements HoldOut {
        public ByContent {
            requireShare(fraction);
        }

        @Override
        public String describe() {
            return fraction == 0 ? "nothing" : String.format(Locale.ROOT, "%.2f %% of the documents", 100 * fraction);
        }
    }

    private static void requireShare(double fraction) {
        if (!(fraction >= 0 && fraction < 1)) {
            throw new UserError("a validation share of " + fraction + " is not in 0 (none) to 1: try 0.05");
        }
    }

    /** The last {@code fraction} of the tokens; 0 holds out nothing. */
    static HoldOut tail(double fraction) {
        return new Tail(fraction);
    }

    /** The n-th, 2n-th, ... document. */
    static HoldOut everyNth(int n) {
        return new EveryNth(n);
    }

    /** A share of the documents, picked by their text; 0 holds out nothing. */
    static HoldOut byContent(double fraction) {
        return new ByContent(fraction);
    }

    /**
     * Reads a share, as {@code 5%} or {@code 0.05}.
     *
     * @throws NumberFormatException if it is neither
     */
    static double share(String text) {
        return text.endsWith("%")
                ? Double.parseDouble(text.substring(0, text.length() - 1)) / 100
                : Double.parseDouble(text);
    }

    /** What is held out, in words. */
    String describe();
}
