package org.tornadomor.engine.tornado;

import org.tornadomor.engine.ElementType;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * One array that stays on the device. The array object here is its name in task graphs and the place where downloads
 * arrive; its values are otherwise never looked at.
 */
final class Segment {
    private final ElementType type;
    private final int elements;
    private final TornadoNativeArray array;

    Segment(ElementType type, int elements) {
        this.type = type;
        this.elements = elements;
        this.array = type == ElementType.F32 ? new FloatArray(elements) : new IntArray(elements);
    }

    ElementType type() {
        return type;
    }

    int elements() {
        return elements;
    }

    TornadoNativeArray array() {
        return array;
    }

    FloatArray floats() {
        return (FloatArray) array;
    }

    IntArray ints() {
        return (IntArray) array;
    }

    long bytes() {
        return 4L * elements;
    }
}
