package org.tornadomor.simulator;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.LongArray;

/** Atomic additions to device memory, which groups on other threads see at once. */
final class AtomicAccess {

    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

    private AtomicAccess() {}

    static void add(IntArray array, int element, int value) {
        INT.getAndAdd(array.getSegment(), (long) element * Integer.BYTES, value);
    }

    static void add(LongArray array, int element, long value) {
        LONG.getAndAdd(array.getSegment(), (long) element * Long.BYTES, value);
    }
}
