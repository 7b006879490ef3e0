package org.tornadomor.simulator;

/**
 * A recorded task.
 *
 * @param name full name, {@code graph.task}
 * @param code the object that the program gave, a lambda or a method reference
 * @param call calls the code
 * @param arguments contexts, arrays and boxed constants
 */
record TaskSpec(String name, Object code, KernelCall call, Object[] arguments) {}
