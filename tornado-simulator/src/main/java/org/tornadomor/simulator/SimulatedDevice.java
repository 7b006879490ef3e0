package org.tornadomor.simulator;

import uk.ac.manchester.tornado.api.TornadoTargetDevice;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;

/** The device that the simulator plays: the processors of this machine, with limits from system properties. */
final class SimulatedDevice implements TornadoDevice, TornadoTargetDevice {

    @Override
    public String getDeviceName() {
        return "TornadoMoR simulator";
    }

    @Override
    public String getDescription() {
        return getDeviceName() + " on " + getDeviceMaxComputeUnits() + " processors";
    }

    @Override
    public String getPlatformName() {
        return "Java " + Runtime.version().feature();
    }

    @Override
    public TornadoTargetDevice getPhysicalDevice() {
        return this;
    }

    @Override
    public TornadoDeviceType getDeviceType() {
        return TornadoDeviceType.CPU;
    }

    @Override
    public long getMaxAllocMemory() {
        return Options.read().allocationBytes();
    }

    @Override
    public long getMaxGlobalMemory() {
        return Options.read().deviceBytes();
    }

    @Override
    public long getDeviceLocalMemorySize() {
        return Options.read().localBytes();
    }

    @Override
    public long[] getDeviceMaxWorkgroupDimensions() {
        long most = Options.read().maxGroup();
        return new long[] {most, most, most};
    }

    @Override
    public int getBackendIndex() {
        return 0;
    }

    @Override
    public TornadoVMBackendType getTornadoVMBackend() {
        return TornadoVMBackendType.JAVA;
    }

    @Override
    public boolean isSPIRVSupported() {
        return false;
    }

    @Override
    public long getDeviceGlobalMemorySize() {
        return getMaxGlobalMemory();
    }

    @Override
    public int getDeviceMaxComputeUnits() {
        return Options.read().workers();
    }

    @Override
    public long[] getDeviceMaxWorkItemSizes() {
        return getDeviceMaxWorkgroupDimensions();
    }

    @Override
    public long[] getDeviceMaxWorkGroupSize() {
        return new long[] {Options.read().maxGroup()};
    }

    @Override
    public int getMaxThreadsPerBlock() {
        return Options.read().maxGroup();
    }

    @Override
    public int getDeviceMaxClockFrequency() {
        return 0;
    }

    @Override
    public long getDeviceMaxAllocationSize() {
        return getMaxAllocMemory();
    }

    @Override
    public String getDeviceInfo() {
        return getDescription();
    }

    @Override
    public String toString() {
        return getDescription();
    }
}
