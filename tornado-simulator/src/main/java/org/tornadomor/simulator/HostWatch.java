package org.tornadomor.simulator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Notices when a host array changes after its only copy to the device. Small arrays are summed in full, large ones over a few
 * thousand words, evenly spread, so that the check costs microseconds whatever the size.
 */
final class HostWatch {

    private static final long FULL_WORDS = 2048;

    private final TornadoNativeArray host;
    private long sum;

    HostWatch(TornadoNativeArray host) {
        this.host = host;
        refresh();
    }

    /** Takes the current contents as unchanged, after the simulator itself has written to the host array. */
    void refresh() {
        sum = sum(host.getSegment());
    }

    boolean changed() {
        return sum != sum(host.getSegment());
    }

    private static long sum(MemorySegment data) {
        long words = data.byteSize() / Long.BYTES;
        long stride = Math.max(1, words / FULL_WORDS);
        long total = data.byteSize();
        for (long i = 0; i < words; i += stride) {
            total = total * 31 + data.get(ValueLayout.JAVA_LONG_UNALIGNED, i * Long.BYTES);
        }
        for (long i = words * Long.BYTES; i < data.byteSize(); i++) {
            total = total * 31 + data.get(ValueLayout.JAVA_BYTE, i);
        }
        return total;
    }
}
