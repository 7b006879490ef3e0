package uk.ac.manchester.tornado.api;

import java.util.List;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;

/** A backend and its devices. */
public interface TornadoBackend {

    /** {@return the device that is used when none is chosen} */
    TornadoDevice getDefaultDevice();

    /** Chooses the device that is used when none is chosen. */
    void setDefaultDevice(int index);

    /** {@return the number of devices} */
    int getNumDevices();

    /**
     * {@return a device}
     *
     * @throws uk.ac.manchester.tornado.api.exceptions.TornadoDeviceNotFound if there is no such device
     */
    TornadoDevice getDevice(int index);

    /** {@return all devices} */
    List<TornadoDevice> getAllDevices();

    /** {@return the kind of the default device} */
    TornadoDeviceType getTypeDefaultDevice();

    /** {@return the name of this backend} */
    String getName();

    /** {@return the number of platforms} */
    int getNumPlatforms();

    /** {@return the kind of this backend} */
    TornadoVMBackendType getBackendType();
}
