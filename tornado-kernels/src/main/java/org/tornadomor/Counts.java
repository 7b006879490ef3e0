package org.tornadomor;

import java.util.Locale;

/** Numbers of things, in words: 1 step, 2 steps, 1,000 steps. */
public final class Counts {
    private Counts() {}

    /** A count and its noun: {@code one} is the singular, such as {@code token}, and the plural has an s behind it. */
    public static String of(long count, String one) {
        return of(count, one, one + "s");
    }

    /** A count and its noun, given in the singular and the plural, such as {@code query} and {@code queries}. */
    public static String of(long count, String one, String several) {
        return String.format(Locale.ROOT, "%,d %s", count, count == 1 ? one : several);
    }

    /** The noun for a count, without the number: for sentences in which the number stands elsewhere. */
    public static String name(long count, String one) {
        return count == 1 ? one : one + "s";
    }
}
