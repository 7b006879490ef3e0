package uk.ac.manchester.tornado.api.enums;

/** What a backend compiles kernels to. The simulator calls itself {@link #JAVA}. */
public enum TornadoVMBackendType {
    /** OpenCL C. */
    OPENCL,
    /** Metal. */
    METAL,
    /** NVIDIA PTX. */
    PTX,
    /** CUDA C. */
    CUDA,
    /** SPIR-V. */
    SPIRV,
    /** Nothing: the JVM runs them. */
    JAVA,
    /** OpenCL C for a device that is only described. */
    VIRTUAL
}
