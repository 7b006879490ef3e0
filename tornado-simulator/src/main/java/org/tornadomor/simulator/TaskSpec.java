package org.tornadomor.simulator;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import uk.ac.manchester.tornado.api.common.TornadoFunctions;

/**
 * A recorded task.
 *
 * @param name full name, {@code graph.task}
 * @param code the object that the program gave, a lambda or a method reference of one of the {@link TornadoFunctions}
 * @param arguments contexts, arrays and boxed constants
 */
record TaskSpec(String name, Object code, Object[] arguments) {

    /** For each number of arguments, a handle that calls the code with the elements of an array. */
    private static final MethodHandle[] CALLS = calls();

    private static MethodHandle[] calls() {
        Class<?>[] shapes = TornadoFunctions.class.getClasses();
        MethodHandle[] calls = new MethodHandle[shapes.length];
        for (Class<?> shape : shapes) {
            Method apply = shape.getMethods()[0];
            int count = apply.getParameterCount();
            try {
                calls[count] = MethodHandles.publicLookup()
                        .unreflect(apply)
                        .asSpreader(Object[].class, count)
                        .asType(MethodType.methodType(void.class, Object.class, Object[].class));
            } catch (IllegalAccessException e) {
                throw new ExceptionInInitializerError(e);
            }
        }
        return calls;
    }

    /** Runs the code once, as plain Java, with arguments of the kind that it was recorded with. */
    void call(Object[] given) {
        try {
            CALLS[given.length].invokeExact(code, given);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("task " + name + " threw what its shape does not declare", e);
        }
    }
}
