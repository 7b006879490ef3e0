package org.tornadomor.simulator;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Optional;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Finds the method behind the code of a task. A lambda object does not tell what it calls, so the code is called once, as
 * the only work-item of a grid, with arrays and a context that stop it at its first access, before it can change anything.
 * The stack then names the method.
 */
final class KernelLocator {

    private static final StackWalker STACK = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    /** Carries the method out of the interrupted call. */
    static final class Found extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient Method method;

        private Found(Method method) {
            super(null, null, false, false);
            this.method = method;
        }
    }

    private KernelLocator() {}

    /** {@return the static method that the code of a task calls, or empty if it cannot be found out} */
    static Optional<Method> locate(TaskSpec task) {
        AccessMonitor probe = AccessMonitor.probe();
        Object[] arguments = task.arguments().clone();
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i] instanceof TornadoNativeArray array) {
                arguments[i] = ApiLinks.arrays().monitored(array, array.getSegmentWithHeader(), probe);
            } else if (arguments[i] instanceof KernelContext) {
                arguments[i] = ApiLinks.contexts().create(Lane.probe());
            }
        }
        try {
            task.call(arguments);
            return Optional.empty();
        } catch (Found found) {
            return Optional.ofNullable(found.method);
        } catch (RuntimeException e) {
            // it fails before it touches an array or its context
            return Optional.empty();
        }
    }

    /** {@return what to throw at the first access of a located call} */
    static Found found() {
        return new Found(STACK.walk(frames -> {
            List<StackWalker.StackFrame> all = frames.toList();
            for (int i = 1; i < all.size(); i++) {
                if (all.get(i).getDeclaringClass() == TaskSpec.class) {
                    return method(all.get(i - 1));
                }
            }
            return null;
        }));
    }

    private static Method method(StackWalker.StackFrame frame) {
        try {
            Method method = frame.getDeclaringClass()
                    .getDeclaredMethod(
                            frame.getMethodName(), frame.getMethodType().parameterArray());
            return Modifier.isStatic(method.getModifiers()) && method.getReturnType() == void.class ? method : null;
        } catch (NoSuchMethodException e) {
            return null;
        }
    }
}
