package org.tornadomor.simulator;

import uk.ac.manchester.tornado.api.TornadoBackend;
import uk.ac.manchester.tornado.api.TornadoRuntime;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.exceptions.TornadoBackendNotFound;
import uk.ac.manchester.tornado.api.exceptions.TornadoDeviceNotFound;

/** A runtime with one backend with one device. */
public final class SimulatedRuntime implements TornadoRuntime {

    private static final SimulatedRuntime INSTANCE = new SimulatedRuntime();

    private final SimulatedBackend backend = new SimulatedBackend();

    private SimulatedRuntime() {}

    /** {@return the runtime of this JVM} */
    public static SimulatedRuntime instance() {
        return INSTANCE;
    }

    /**
     * Checks that a device is this runtime's.
     *
     * @throws TornadoDeviceNotFound if it is not
     */
    public void require(TornadoDevice device) {
        if (!backend.getAllDevices().contains(device)) {
            throw new TornadoDeviceNotFound("the simulator has one device, "
                    + backend.getDefaultDevice().getDeviceName() + ", and was asked for "
                    + (device == null ? "none" : device.getDeviceName()));
        }
    }

    @Override
    public TornadoBackend getBackend(int index) {
        if (index != 0) {
            throw new TornadoBackendNotFound("there is no backend " + index + ": the simulator has backend 0 alone");
        }
        return backend;
    }

    @Override
    public void setDefaultBackend(int index) {
        getBackend(index);
    }

    @Override
    public TornadoVMBackendType getBackendType(int index) {
        return getBackend(index).getBackendType();
    }

    @Override
    public int getNumBackends() {
        return 1;
    }

    @Override
    public TornadoDevice getDefaultDevice() {
        return backend.getDefaultDevice();
    }

    @Override
    public boolean isProfilerEnabled() {
        return false;
    }
}
