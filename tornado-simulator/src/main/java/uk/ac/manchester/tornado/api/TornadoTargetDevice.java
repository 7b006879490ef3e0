package uk.ac.manchester.tornado.api;

/** What the hardware behind a device says of itself. */
public interface TornadoTargetDevice {

    /** {@return the name of the hardware} */
    String getDeviceName();

    /** {@return the memory in bytes} */
    long getDeviceGlobalMemorySize();

    /** {@return the local memory of a work-group in bytes} */
    long getDeviceLocalMemorySize();

    /** {@return the number of compute units} */
    int getDeviceMaxComputeUnits();

    /** {@return the largest work-group in x, y and z} */
    long[] getDeviceMaxWorkItemSizes();

    /** {@return the largest number of work-items in a group, in the first element} */
    long[] getDeviceMaxWorkGroupSize();

    /** {@return the largest number of work-items in a group} */
    int getMaxThreadsPerBlock();

    /** {@return the clock frequency in MHz, 0 if unknown} */
    int getDeviceMaxClockFrequency();

    /** {@return the size of the largest array in bytes} */
    long getDeviceMaxAllocationSize();

    /** {@return a description} */
    String getDeviceInfo();
}
