/**
 * Runs TornadoVM task graphs on JVM threads, strictly. The classes in {@code uk.ac.manchester.tornado.api} only record what
 * a program asks for; everything that happens, happens here. Start with {@link org.tornadomor.simulator.PlanRunner}, which
 * executes graphs, then {@link org.tornadomor.simulator.GroupRunner}, which runs a work-group, and {@link
 * org.tornadomor.simulator.KernelRewriter}, which lets a kernel stop at a barrier without a thread.
 *
 * <p>A program uses a few classes of this package: {@link org.tornadomor.simulator.Guards}, to declare which parts of its
 * arrays a task may touch, {@link org.tornadomor.simulator.SimulatorException}, and in tests {@link
 * org.tornadomor.simulator.KernelClasses}.
 */
package org.tornadomor.simulator;
