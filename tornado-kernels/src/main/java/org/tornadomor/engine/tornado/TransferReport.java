package org.tornadomor.engine.tornado;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What moved between host and device and what was computed, program by program. Uploads and downloads of tensors have
 * entries of their own, as has what is moved once for each binding.
 */
public final class TransferReport {
    /** The entry of tensors copied to the device. */
    public static final String UPLOADS = "uploads";
    /** The entry of tensors copied back. */
    public static final String DOWNLOADS = "downloads";
    /** The entry of what describes bindings: offsets and strides, once each. */
    public static final String BINDINGS = "bindings";

    private static final int FRAME_BYTES_A_TASK = 24;
    private static final int HEADER_BYTES = 16;

    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** The figures of one program. */
    public static final class Entry {
        private final String name;
        private long runs;
        private long graphRuns;
        private long launches;
        private long bytesIn;
        private long bytesOut;
        private long frameBytes;
        private long rowsComputed;
        private long rowsSkipped;
        private long kernelNanos;
        private long compileNanos;

        private Entry(String name) {
            this.name = name;
        }

        public String name() {
            return name;
        }

        /** Runs of the program. */
        public long runs() {
            return runs;
        }

        /** Runs of its task graphs. */
        public long graphRuns() {
            return graphRuns;
        }

        /** Kernels launched. */
        public long launches() {
            return launches;
        }

        /** Bytes of the engine's arrays copied to the device. */
        public long bytesIn() {
            return bytesIn;
        }

        /** Bytes of the engine's arrays copied back. */
        public long bytesOut() {
            return bytesOut;
        }

        /** Bytes that the runtime itself copied in: call frames and array headers. */
        public long frameBytes() {
            return frameBytes;
        }

        /** Rows computed, summed over the program's ops. */
        public long rowsComputed() {
            return rowsComputed;
        }

        /** Rows that ops were spared: their maxima less the rows computed. */
        public long rowsSkipped() {
            return rowsSkipped;
        }

        /** Nanoseconds in kernels, if the engine measures them. */
        public long kernelNanos() {
            return kernelNanos;
        }

        /** Nanoseconds of the first runs of task graphs, in which runtime and driver compile their kernels. */
        public long compileNanos() {
            return compileNanos;
        }

        void run() {
            runs++;
        }

        void rows(int count, int max) {
            rowsComputed += count;
            rowsSkipped += max - count;
        }

        void graph(int tasks, long in, long out, long nanos) {
            graphRuns++;
            launches += tasks;
            bytesIn += in;
            bytesOut += out;
            frameBytes += (long) FRAME_BYTES_A_TASK * tasks + HEADER_BYTES;
            kernelNanos += nanos;
        }

        void compiled(long nanos) {
            compileNanos += nanos;
        }

        void in(long bytes) {
            bytesIn += bytes;
        }

        void out(long bytes) {
            bytesOut += bytes;
        }
    }

    Entry entry(String name) {
        return entries.computeIfAbsent(name, Entry::new);
    }

    /** All entries with anything in them, in the order of first use. */
    public List<Entry> entries() {
        List<Entry> used = new ArrayList<>(entries.values());
        used.removeIf(e -> e.graphRuns == 0 && e.bytesIn == 0 && e.bytesOut == 0);
        return used;
    }

    /** Bytes of the engine's arrays copied to the device, all together. */
    public long bytesIn() {
        return entries.values().stream().mapToLong(Entry::bytesIn).sum();
    }

    /** Bytes of the engine's arrays copied back, all together. */
    public long bytesOut() {
        return entries.values().stream().mapToLong(Entry::bytesOut).sum();
    }

    /** Runs of task graphs, all together. */
    public long graphRuns() {
        return entries.values().stream().mapToLong(Entry::graphRuns).sum();
    }

    /** Starts again from zero. */
    public void reset() {
        entries.replaceAll((name, entry) -> new Entry(name));
    }

    /** A table for people. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%-28s %8s %8s %12s %12s %12s %12s %12s %10s%n",
                "program",
                "runs",
                "kernels",
                "bytes in",
                "bytes out",
                "frames in",
                "rows",
                "skipped",
                "kernel ms"));
        for (Entry e : entries()) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-28s %8d %8d %12d %12d %12d %12d %12d %10.2f%n",
                    e.name,
                    e.runs,
                    e.launches,
                    e.bytesIn,
                    e.bytesOut,
                    e.frameBytes,
                    e.rowsComputed,
                    e.rowsSkipped,
                    e.kernelNanos / 1e6));
        }
        return text.toString();
    }
}
