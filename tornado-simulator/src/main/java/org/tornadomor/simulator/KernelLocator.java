package org.tornadomor.simulator;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Finds the method behind the code of a task. A lambda object does not tell what it calls, so the code is called once with
 * null for the context and for every array: it stops at the first use of one, before it can change anything, and the stack
 * trace names the method.
 */
final class KernelLocator {

    private static final String RECORDER = TaskGraph.class.getName();

    private static final Map<Class<?>, Optional<Method>> FOUND = new ConcurrentHashMap<>();

    private KernelLocator() {}

    /**
     * {@return the static method that the code of a task calls, unless it cannot be told} Found once for each place in
     * the program that makes such tasks: the JVM leaves the stack trace out once the method is hot.
     */
    static Optional<Method> locate(TaskSpec task) {
        return FOUND.computeIfAbsent(task.code().getClass(), code -> probe(task));
    }

    private static Optional<Method> probe(TaskSpec task) {
        Object[] probe = task.arguments().clone();
        for (int i = 0; i < probe.length; i++) {
            if (probe[i] instanceof KernelContext || probe[i] instanceof TornadoNativeArray) {
                probe[i] = null;
            }
        }
        try {
            task.call().call(probe);
            return Optional.empty();
        } catch (RuntimeException stop) {
            return entry(stop.getStackTrace()).flatMap(frame -> resolve(task, frame));
        }
    }

    /** {@return the frame that the recorded call entered: the last one before the recorder's own} */
    private static Optional<StackTraceElement> entry(StackTraceElement[] trace) {
        for (int i = 1; i < trace.length; i++) {
            if (trace[i].getClassName().equals(RECORDER)) {
                return Optional.of(trace[i - 1]);
            }
        }
        return Optional.empty();
    }

    private static Optional<Method> resolve(TaskSpec task, StackTraceElement frame) {
        try {
            Class<?> owner = Class.forName(
                    frame.getClassName(), false, task.code().getClass().getClassLoader());
            List<Method> candidates = Arrays.stream(owner.getDeclaredMethods())
                    .filter(method -> method.getName().equals(frame.getMethodName())
                            && Modifier.isStatic(method.getModifiers())
                            && method.getReturnType() == void.class
                            && takes(method, task.arguments()))
                    .toList();
            return candidates.size() == 1 ? Optional.of(candidates.getFirst()) : Optional.empty();
        } catch (ClassNotFoundException e) {
            return Optional.empty();
        }
    }

    private static boolean takes(Method method, Object[] arguments) {
        Class<?>[] types = method.getParameterTypes();
        if (types.length != arguments.length) {
            return false;
        }
        for (int i = 0; i < types.length; i++) {
            if (!Boxes.boxed(types[i]).isInstance(arguments[i])) {
                return false;
            }
        }
        return true;
    }
}
