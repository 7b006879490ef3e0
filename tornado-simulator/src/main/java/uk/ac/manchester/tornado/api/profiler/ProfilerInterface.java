package uk.ac.manchester.tornado.api.profiler;

/** The figures of an execution. They are zero unless the plan has a profiler. */
public interface ProfilerInterface {

    /** {@return the time of the execution, in nanoseconds} */
    long getTotalTime();

    /** {@return the time spent on making kernels runnable, in nanoseconds} */
    long getCompileTime();

    /** {@return the part of the compile time before the driver, in nanoseconds} */
    long getTornadoCompilerTime();

    /** {@return the part of the compile time in the driver, in nanoseconds; there is none} */
    long getDriverInstallTime();

    /** {@return the time of all copies between host and device, in nanoseconds} */
    long getDataTransfersTime();

    /** {@return the time of the copies to the device, in nanoseconds} */
    long getDeviceWriteTime();

    /** {@return the time of the copies to the host, in nanoseconds} */
    long getDeviceReadTime();

    /** {@return the time spent on issuing copies, in nanoseconds; they are immediate} */
    long getDataTransferDispatchTime();

    /** {@return the time spent on issuing kernels, in nanoseconds} */
    long getKernelDispatchTime();

    /** {@return the time in which kernels ran, in nanoseconds} */
    long getDeviceKernelTime();

    /** {@return the figures as JSON} */
    String getProfileLog();

    /** {@return the bytes of the arrays copied to the device} */
    long getTotalBytesCopyIn();

    /** {@return the bytes of the arrays copied to the host} */
    long getTotalBytesCopyOut();

    /** {@return the bytes copied in either direction} */
    long getTotalBytesTransferred();

    /** {@return the device memory that the executed graphs hold, in bytes} */
    long getTotalDeviceMemoryUsage();
}
