package org.tornadomor.simulator;

import uk.ac.manchester.tornado.api.exceptions.TornadoOutOfMemoryException;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** The device memory of a plan: how much is in use, and two limits. */
final class DeviceMemory {

    private final long largest;
    private final long fixedLimit;
    private long limit;
    private long used;

    DeviceMemory(Options options) {
        largest = options.allocationBytes();
        fixedLimit = options.deviceBytes();
        limit = fixedLimit;
    }

    /** Sets a lower limit, or null to go back to that of the device. */
    void limit(Long bytes) {
        limit = bytes == null ? fixedLimit : Math.min(fixedLimit, bytes);
    }

    long used() {
        return used;
    }

    /**
     * {@return a buffer for a host array}
     *
     * @throws TornadoOutOfMemoryException if the array is too large or the memory full
     */
    DeviceBuffer allocate(TornadoNativeArray host, String name, boolean poison) {
        long bytes = host.getNumBytesOfSegmentWithHeader();
        if (bytes > largest) {
            throw new TornadoOutOfMemoryException(name + " needs " + bytes + " bytes; the largest allocation of the"
                    + " device is " + largest + " (-Dtornadomor.simulator.maxAllocation): split the array");
        }
        if (used + bytes > limit) {
            throw new TornadoOutOfMemoryException(name + " needs " + bytes + " bytes; " + used + " of " + limit
                    + " bytes of device memory are in use (-Dtornado.device.memory)");
        }
        try {
            DeviceBuffer buffer = new DeviceBuffer(host, poison);
            used += bytes;
            return buffer;
        } catch (OutOfMemoryError e) {
            throw new TornadoOutOfMemoryException(
                    name + " needs " + bytes + " bytes; " + used + " bytes of device memory"
                            + " are in use, and the JVM, whose memory that is, has no more: raise -Xmx");
        }
    }

    void free(DeviceBuffer buffer) {
        if (buffer.free()) {
            used -= buffer.segment().byteSize();
        }
    }
}
