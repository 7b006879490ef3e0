package org.tornadomor.template;

/** Counts what a rendering takes against its {@link Limits}. */
final class Budget {
    private static final int CHARACTERS_A_STEP = 16;

    private final Limits limits;
    private long left;
    private int depth;

    Budget(Limits limits) {
        this.limits = limits;
        this.left = limits.steps();
    }

    /** Takes steps. */
    void spend(long steps) {
        left -= steps;
        if (left < 0) {
            throw Fault.limit("rendering takes more than " + limits.steps() + " steps");
        }
    }

    /** Takes the steps of reading or writing so many characters. */
    void read(long characters) {
        spend(1 + characters / CHARACTERS_A_STEP);
    }

    /** Takes the steps of reading a value that is text; others take none. */
    void readText(Object value) {
        String text = Values.string(value);
        if (text != null) {
            read(text.length());
        }
    }

    /** Whether text may be that long. */
    void fits(long characters) {
        if (characters > limits.length()) {
            throw Fault.limit("text of more than " + limits.length() + " characters");
        }
    }

    /** Asked before text of that length is made. */
    void makes(long characters) {
        fits(characters);
        read(characters);
    }

    /** Asked before a list is made. */
    void items(long count) {
        if (count > limits.length()) {
            throw Fault.limit("a list of more than " + limits.length() + " items");
        }
        spend(1 + count);
    }

    /** Text that was made. */
    String made(String text) {
        makes(text.length());
        return text;
    }

    /** Asked before a range is made. */
    void range(long count) {
        if (count > limits.range()) {
            throw Fault.limit("a range of more than " + limits.range() + " items");
        }
    }

    /** Goes into a macro or a recursive loop; {@link #leave()} goes out again. */
    void enter() {
        if (++depth > limits.depth()) {
            throw Fault.limit("more than " + limits.depth() + " macros or recursive loops within each other");
        }
        spend(1);
    }

    /** Goes out of what {@link #enter()} went into. */
    void leave() {
        depth--;
    }
}
