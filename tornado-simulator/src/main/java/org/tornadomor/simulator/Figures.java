package org.tornadomor.simulator;

import java.util.Locale;

/** The figures of one execution; all stay zero without a profiler. Times in nanoseconds. */
public final class Figures {

    private final boolean enabled;
    private long totalTime;
    private long compileTime;
    private long writeTime;
    private long readTime;
    private long dispatchTime;
    private long kernelTime;
    private long bytesIn;
    private long bytesOut;
    private long deviceBytes;

    Figures(boolean enabled) {
        this.enabled = enabled;
    }

    /** {@return the time now, or 0 without a profiler} */
    long now() {
        return enabled ? System.nanoTime() : 0;
    }

    void addTotal(long since) {
        totalTime += now() - since;
    }

    void addCompile(long since) {
        compileTime += now() - since;
    }

    void addIn(long bytes, long since) {
        if (enabled) {
            bytesIn += bytes;
            writeTime += now() - since;
        }
    }

    void addOut(long bytes, long since) {
        if (enabled) {
            bytesOut += bytes;
            readTime += now() - since;
        }
    }

    void addKernel(long time) {
        kernelTime += enabled ? time : 0;
    }

    void addDispatch(long time) {
        dispatchTime += enabled ? time : 0;
    }

    void deviceBytes(long bytes) {
        deviceBytes = enabled ? bytes : 0;
    }

    /** {@return the time of the execution} */
    public long totalTime() {
        return totalTime;
    }

    /** {@return the time spent on analysing and rewriting kernels} */
    public long compileTime() {
        return compileTime;
    }

    /** {@return the time of copies to the device} */
    public long writeTime() {
        return writeTime;
    }

    /** {@return the time of copies to the host} */
    public long readTime() {
        return readTime;
    }

    /** {@return the time spent on preparing launches} */
    public long dispatchTime() {
        return dispatchTime;
    }

    /** {@return the time in which work-groups ran} */
    public long kernelTime() {
        return kernelTime;
    }

    /** {@return bytes of arrays copied to the device} */
    public long bytesIn() {
        return bytesIn;
    }

    /** {@return bytes of arrays copied to the host} */
    public long bytesOut() {
        return bytesOut;
    }

    /** {@return device memory that the plan holds} */
    public long deviceBytes() {
        return deviceBytes;
    }

    /** {@return all figures as a JSON object} */
    public String toJson() {
        return String.format(
                Locale.ROOT,
                """
                {
                  "totalTime": %d,
                  "compileTime": %d,
                  "writeTime": %d,
                  "readTime": %d,
                  "dispatchTime": %d,
                  "kernelTime": %d,
                  "bytesIn": %d,
                  "bytesOut": %d,
                  "deviceBytes": %d
                }""",
                totalTime,
                compileTime,
                writeTime,
                readTime,
                dispatchTime,
                kernelTime,
                bytesIn,
                bytesOut,
                deviceBytes);
    }
}
