package uk.ac.manchester.tornado.api;

import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;

/** The way to backends and devices. */
public interface TornadoRuntime {

    /**
     * {@return a backend}
     *
     * @throws uk.ac.manchester.tornado.api.exceptions.TornadoBackendNotFound if there is no such backend
     */
    TornadoBackend getBackend(int index);

    /** Makes a backend the first one. */
    void setDefaultBackend(int index);

    /** {@return the kind of a backend} */
    TornadoVMBackendType getBackendType(int index);

    /** {@return the number of backends} */
    int getNumBackends();

    /** {@return the default device of the default backend} */
    TornadoDevice getDefaultDevice();

    /** {@return whether figures are collected without a plan asking for it} */
    boolean isProfilerEnabled();
}
