package org.tornadomor.simulator;

/** Calls the code of a task with arguments from an array. */
@FunctionalInterface
public interface KernelCall {
    /** Runs the code once, as plain Java. */
    void call(Object[] arguments);
}
