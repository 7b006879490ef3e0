package org.tornadomor;

import java.util.Locale;

/** Numbers of things, in words: 1 step, 2 steps, 1,000 steps. */
public final class Counts {
    private Counts() {}

    /** So many of what one is called, such as {@code token}; more than one have an s behind it. */
    public static String of(long count, String one) {
        return of(count, one, one + "s");
    }

    /** So many of what one and several are called, such as {@code query} and {@code queries}. */
    public static String of(long count, String one, String several) {
        return String.format(Locale.ROOT, "%,d %s", count, count == 1 ? one : several);
    }

    /** What so many are called, without the number: for sentences in which it stands elsewhere. */
    public static String name(long count, String one) {
        return count == 1 ? one : one + "s";
    }
}
