package org.tornadomor.model;

/** How a routed model decides which rows go on, and what becomes of them; one for each kind of router. */
sealed interface Routing permits ExpertRouting, TokenRouting {
    /** Uploads what does not change. */
    default void fill() {}

    /** Runs on the input of recursion 1, before any decision. */
    void begin();

    /** Makes the programs of a recursion that decide and that leave; its rows, input and output are known by now. */
    void build(Recursion recursion);

    /**
     * Decides which candidates go on to a recursion.
     *
     * @param causal by what a token can know itself, instead of by comparing the tokens of a sequence
     * @return how many, or -1 if only the device knows
     */
    int decide(Recursion recursion, boolean causal, int sequences);
}
