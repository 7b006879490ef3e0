package org.tornadomor.engine;

/** A program with a tensor in every slot, ready to run again and again without allocating. */
public interface Binding {
    Program program();

    /** Runs the program's ops in order on the current counts of its extents. Returns when the results are there. */
    void run();
}
