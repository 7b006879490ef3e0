package org.tornadomor.engine.tornado;

/**
 * A device that a {@link TornadoEngine} of this JVM can run on.
 *
 * @param choice as {@link EngineOptions#device} takes it: backend and index, such as {@code opencl:0}
 * @param backend the backend's name, such as {@code OPENCL}; the simulator's is {@code JAVA}
 * @param index within its backend
 * @param name the device's own name
 * @param type CPU, GPU or another kind of {@code TornadoDeviceType}
 * @param accelerator whether it is something other than the processors of the machine
 * @param computeUnits compute units: cores of a CPU, multiprocessors of a GPU
 * @param memoryBytes memory of the device, whatever the runtime's own limit
 * @param allocationBytes the largest single array
 * @param fp16 whether it computes with half precision; null where the backend does not say
 * @param preferred whether an engine takes it if nobody chooses
 */
public record DeviceInfo(
        String choice,
        String backend,
        int index,
        String name,
        String type,
        boolean accelerator,
        int computeUnits,
        long memoryBytes,
        long allocationBytes,
        Boolean fp16,
        boolean preferred) {}
