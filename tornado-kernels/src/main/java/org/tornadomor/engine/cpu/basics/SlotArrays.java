package org.tornadomor.engine.cpu.basics;

import org.tornadomor.engine.Slot;

/** Where the values of slots are in a run: an array for each, the first element, elements from row to row. */
public interface SlotArrays {
    /** The array of a slot of type F32. */
    float[] floats(Slot slot);

    /** The array of a slot of type BF16. */
    short[] shorts(Slot slot);

    /** The array of a slot of type I8 or Q8. */
    byte[] bytes(Slot slot);

    /** The element of the array with which the slot begins. */
    int offset(Slot slot);

    /** Elements from row to row. */
    int stride(Slot slot);

    /** Of the arena whose tensor the slot has. */
    Changes changes(Slot slot);
}
