package org.tornadomor.simulator;

/**
 * A barrier in a kernel.
 *
 * @param line where it is, 0 if the class has no line numbers
 * @param global whether it orders global memory rather than local memory
 */
record Barrier(int line, boolean global) {

    @Override
    public String toString() {
        return (global ? "globalBarrier()" : "localBarrier()") + (line > 0 ? " on line " + line : "");
    }
}
