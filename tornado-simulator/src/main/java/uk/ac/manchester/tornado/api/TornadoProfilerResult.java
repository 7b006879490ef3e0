package uk.ac.manchester.tornado.api;

import org.tornadomor.simulator.Figures;
import uk.ac.manchester.tornado.api.profiler.ProfilerInterface;

/**
 * The figures of one execution, zero unless the plan has a profiler. Bytes are those of the program's own arrays: the
 * real runtime adds its call frames (24 for each task, 16 for each graph).
 */
public class TornadoProfilerResult implements ProfilerInterface {

    private final Figures figures;

    TornadoProfilerResult(Figures figures) {
        this.figures = figures;
    }

    @Override
    public long getTotalTime() {
        return figures.totalTime();
    }

    @Override
    public long getCompileTime() {
        return figures.compileTime();
    }

    @Override
    public long getTornadoCompilerTime() {
        return figures.compileTime();
    }

    @Override
    public long getDriverInstallTime() {
        return 0;
    }

    @Override
    public long getDataTransfersTime() {
        return figures.writeTime() + figures.readTime();
    }

    @Override
    public long getDeviceWriteTime() {
        return figures.writeTime();
    }

    @Override
    public long getDeviceReadTime() {
        return figures.readTime();
    }

    @Override
    public long getDataTransferDispatchTime() {
        return 0;
    }

    @Override
    public long getKernelDispatchTime() {
        return figures.dispatchTime();
    }

    @Override
    public long getDeviceKernelTime() {
        return figures.kernelTime();
    }

    @Override
    public String getProfileLog() {
        return figures.toJson();
    }

    @Override
    public long getTotalBytesCopyIn() {
        return figures.bytesIn();
    }

    @Override
    public long getTotalBytesCopyOut() {
        return figures.bytesOut();
    }

    @Override
    public long getTotalBytesTransferred() {
        return figures.bytesIn() + figures.bytesOut();
    }

    @Override
    public long getTotalDeviceMemoryUsage() {
        return figures.deviceBytes();
    }

    /** Prints the figures as JSON. */
    public void dumpProfiles() {
        System.out.println(getProfileLog());
    }
}
