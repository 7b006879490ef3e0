package org.tornadomor.simulator;

import java.lang.invoke.MethodType;

/** Primitive types and their boxes. */
final class Boxes {

    private Boxes() {}

    /** {@return the type itself, or the box of a primitive type} */
    static Class<?> boxed(Class<?> type) {
        return MethodType.methodType(type).wrap().returnType();
    }

    /** {@return whether an object is a boxed primitive, which a task takes as a constant} */
    static boolean isBox(Object value) {
        return MethodType.methodType(value.getClass()).unwrap().returnType().isPrimitive();
    }
}
