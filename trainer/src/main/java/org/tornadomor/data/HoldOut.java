package org.tornadomor.data;

import java.util.Locale;
import org.tornadomor.UserError;

/** Which text is kept from training to validate on. */
public sealed interface HoldOut {
    /** What stands before the number of documents of which one is held out. */
    String EVERY = "every ";

    /** What stands before a share of the documents. */
    String DOCUMENTS = "documents ";

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
     * A share of the documents, picked by a hash of their text: more text moves no document from one part to the other, and the
     * same text is never in both parts.
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
     * Reads what people write: a share of the text ({@code 5%} or {@code 0.05}), a share of its documents ({@code documents 5%}), or
     * one document in n ({@code every 20}).
     *
     * @param name of the option or key, for errors
     * @throws UserError naming it, the cause and the fix
     */
    static HoldOut parse(String name, String text) {
        try {
            if (text.startsWith(EVERY)) {
                return everyNth(Integer.parseInt(text.substring(EVERY.length()).strip()));
            }
            return text.startsWith(DOCUMENTS)
                    ? byContent(share(text.substring(DOCUMENTS.length()).strip()))
                    : tail(share(text));
        } catch (UserError e) {
            throw new UserError(name + ": " + e.getMessage(), e);
        } catch (NumberFormatException e) {
            throw new UserError(
                    name + " is '" + text + "'; give a share of the text (5%), of its documents (documents 5%), or one"
                            + " document in n (every 20)",
                    e);
        }
    }

    /** Whether everything is trained on. */
    default boolean isNothing() {
        return switch (this) {
            case Tail tail -> tail.fraction() == 0;
            case ByContent share -> share.fraction() == 0;
            case EveryNth every -> false;
        };
    }

    private static double share(String text) {
        return text.endsWith("%")
                ? Double.parseDouble(text.substring(0, text.length() - 1)) / 100
                : Double.parseDouble(text);
    }

    /** What is held out, in words. */
    String describe();
}
