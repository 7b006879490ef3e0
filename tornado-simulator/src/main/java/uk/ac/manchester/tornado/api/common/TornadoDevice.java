package uk.ac.manchester.tornado.api.common;

import uk.ac.manchester.tornado.api.TornadoTargetDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;

/** A device that runs graphs. */
public interface TornadoDevice {

    /** {@return the name, as the backend has it} */
    String getDeviceName();

    /** {@return a description} */
    String getDescription();

    /** {@return the name of the platform} */
    String getPlatformName();

    /** {@return the hardware behind this device} */
    TornadoTargetDevice getPhysicalDevice();

    /** {@return the kind of device} */
    TornadoDeviceType getDeviceType();

    /** {@return the size of the largest array in bytes} */
    long getMaxAllocMemory();

    /** {@return the memory in bytes} */
    long getMaxGlobalMemory();

    /** {@return the local memory of a work-group in bytes} */
    long getDeviceLocalMemorySize();

    /** {@return the largest work-group in x, y and z} */
    long[] getDeviceMaxWorkgroupDimensions();

    /** {@return the index of the backend} */
    int getBackendIndex();

    /** {@return the number of processors} */
    default int getAvailableProcessors() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** {@return the kind of backend} */
    TornadoVMBackendType getTornadoVMBackend();

    /** {@return whether the backend is SPIR-V} */
    boolean isSPIRVSupported();
}
