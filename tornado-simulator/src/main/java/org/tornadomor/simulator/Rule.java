package org.tornadomor.simulator;

/** What a program can break. */
public enum Rule {
    /** A kernel touches an element outside an array. */
    BOUNDS,
    /** A kernel touches an element outside the ranges declared for it, see {@link Guards}. */
    UNDECLARED_ACCESS,
    /** A work-item reads local memory that no work-item of its group has written. */
    UNINITIALISED_LOCAL,
    /** The work-items of a group do not meet at the same barrier. */
    BARRIER_DIVERGENCE,
    /** Two work-items touch the same element, at least one writes, and nothing orders them. */
    RACE,
    /** A kernel throws an exception of its own. */
    KERNEL_EXCEPTION,
    /** Local memory: more than there is, or allocated differently by the work-items of a group. */
    LOCAL_MEMORY,
    /** The grid: local work does not divide global work, a group is too large, a size is not positive. */
    GRID,
    /** A task with a {@code KernelContext} has no grid. */
    NO_GRID,
    /** A grid names no task of the plan. */
    GRID_NAME,
    /** A graph consumes a buffer that the graph before did not persist. */
    CONSUME,
    /** A graph consumes a buffer that was to be copied in by a graph that does not read it. */
    NEVER_READ,
    /** The same array is passed twice to one task. */
    DUPLICATE_ARGUMENT,
    /** A kernel was compiled without the names of its variables, see {@link KernelClasses}. */
    NO_VARIABLES,
    /** An argument that a kernel cannot have. */
    ARGUMENT,
    /** A host array was changed after its only copy to the device. */
    HOST_CHANGED,
    /** More tasks, or more arguments in total, than a graph can hold. */
    GRAPH_SIZE,
    /** A transfer that the runtime would drop or cannot do. */
    TRANSFER,
    /** A plan is closed in a way that frees a shared buffer more than once. */
    CLOSE
}
