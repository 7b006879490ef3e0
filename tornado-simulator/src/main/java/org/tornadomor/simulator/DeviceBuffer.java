package org.tornadomor.simulator;

import java.lang.foreign.MemorySegment;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** The device's copy of an array: memory of its own, so that a missing transfer shows. */
final class DeviceBuffer {

    /** NaN in every floating-point format, -1 in every integer: garbage that is noticed. */
    private static final byte POISON = (byte) 0xFF;

    private final TornadoNativeArray host;
    private final MemorySegment segment;
    private Shadow shadow;
    private Permits allPermits;
    private Permits permits;
    private String neverReadIn;
    private boolean freed;

    DeviceBuffer(TornadoNativeArray host, boolean poison) {
        this.host = host;
        long header = TornadoNativeArray.ARRAY_HEADER;
        segment = ApiLinks.arrays().deviceMemory(host);
        if (poison) {
            segment.asSlice(header).fill(POISON);
        }
        MemorySegment.copy(host.getSegmentWithHeader(), 0, segment, 0, header);
    }

    TornadoNativeArray host() {
        return host;
    }

    int elements() {
        return host.getSize();
    }

    MemorySegment segment() {
        return segment;
    }

    /** {@return who touched what in the current launch} */
    Shadow shadow() {
        return shadow;
    }

    /** {@return what the task that runs may touch, or null for everything} */
    Permits permits() {
        return permits;
    }

    /**
     * From now on only what a task declared may be touched.
     *
     * @param array name of the array, for messages
     * @throws SimulatorException if a declared range leaves the array
     */
    void grant(Guards.Guard declared, String task, String array) {
        if (allPermits == null) {
            allPermits = new Permits(elements());
        }
        allPermits.grant(declared, task, array);
        permits = allPermits;
    }

    /** From now on everything may be touched. */
    void revoke() {
        if (permits != null) {
            permits.revoke();
            permits = null;
        }
    }

    void watchRaces(long era) {
        if (shadow == null) {
            shadow = new Shadow(elements());
        }
        shadow.enterEra(era);
    }

    /** {@return the bytes that were copied} */
    long upload() {
        MemorySegment.copy(host.getSegmentWithHeader(), 0, segment, 0, segment.byteSize());
        neverReadIn = null;
        return host.getNumBytesOfSegment();
    }

    /** {@return the bytes that were copied} */
    long download() {
        return download(TornadoNativeArray.ARRAY_HEADER, host.getNumBytesOfSegment());
    }

    /** {@return the bytes that were copied} */
    long download(long offset, long bytes) {
        MemorySegment.copy(segment, offset, host.getSegmentWithHeader(), offset, bytes);
        return bytes;
    }

    /** {@return the graph that should have copied the contents in but did not, since it does not read them; or null} */
    String neverReadIn() {
        return neverReadIn;
    }

    void neverReadIn(String graph) {
        neverReadIn = graph;
    }

    boolean isFreed() {
        return freed;
    }

    /** {@return whether it had not been freed before} */
    boolean free() {
        boolean first = !freed;
        freed = true;
        return first;
    }
}
