package org.tornadomor.template;

/** What can be called: methods, functions, macros, and the loop of a recursive {@code for}. */
non-sealed interface Callable extends Special {
    Object call(Arguments arguments);

    /** What it is, for messages, as in "method 'strip'". */
    String described();
}
