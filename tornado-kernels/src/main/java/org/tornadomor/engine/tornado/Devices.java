package org.tornadomor.engine.tornado;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tornadomor.UserError;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TornadoBackend;
import uk.ac.manchester.tornado.api.TornadoRuntime;
import uk.ac.manchester.tornado.api.TornadoTargetDevice;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/** The devices of the runtime that this JVM was started with. */
public final class Devices {
    private static final String SIMULATOR_CLASS = "org.tornadomor.simulator.SimulatedRuntime";
    private static final String HALF_PRECISION = "cl_khr_fp16";

    /** All devices with the numbers that they had at first; null until they are asked for. */
    private static List<Place> known;
    /** The device that an engine chose last, or null. */
    private static Place inUse;

    /** Whose TornadoVM classes this JVM has. */
    public enum Runtime {
        /** An installed TornadoVM: its modules win over the class path. */
        SDK,
        /** The project's simulator, on the class path. */
        SIMULATOR,
        /** The bare API without anything that executes it. */
        NONE
    }

    private Devices() {}

    /** Whose TornadoVM this JVM has; initialises no driver. */
    public static Runtime runtime() {
        if (KernelContext.class.getModule().isNamed()) {
            return Runtime.SDK;
        }
        try {
            Class<?> simulator = Class.forName(SIMULATOR_CLASS, false, Devices.class.getClassLoader());
            // The real API may stand before the simulator on the class path.
            return origin(simulator).equals(origin(KernelContext.class)) ? Runtime.SIMULATOR : Runtime.NONE;
        } catch (ClassNotFoundException e) {
            return Runtime.NONE;
        }
    }

    private static String origin(Class<?> type) {
        return String.valueOf(type.getProtectionDomain().getCodeSource());
    }

    /**
     * All devices, in the order of their numbers. Initialises the drivers, which may print to standard output.
     *
     * @throws UserError if the runtime does not start or has no device
     */
    public static List<DeviceInfo> list() {
        List<Place> places = places();
        Place preferred = preferred(places);
        return places.stream().map(place -> describe(place, place == preferred)).toList();
    }

    /** A device and the numbers that it had when the runtime started. */
    record Place(TornadoBackend owner, int backend, int index, TornadoDevice device) {
        boolean accelerator() {
            return device.getDeviceType() != TornadoDeviceType.CPU;
        }

        /** How {@link EngineOptions#device} names it. */
        String choice() {
            return device.getTornadoVMBackend().name().toLowerCase(Locale.ROOT) + ":" + index;
        }

        /**
         * Makes this the device that graphs run on from now on. The runtime does that by swapping it with the first device,
         * which changes device numbers; the same swap again restores them.
         */
        void makeDefault() {
            synchronized (Devices.class) {
                if (inUse != null) {
                    inUse.swap();
                }
                swap();
                inUse = this;
            }
        }

        private void swap() {
            TornadoRuntimeProvider.getTornadoRuntime().setDefaultBackend(backend);
            owner.setDefaultDevice(index);
        }
    }

    /** All devices with the numbers that they had at first, at least one. */
    static synchronized List<Place> places() {
        if (known == null) {
            List<Place> found = find();
            if (found.isEmpty()) {
                throw new UserError("TornadoVM found no device; install the backend's driver, or use --engine cpu");
            }
            known = List.copyOf(found);
        }
        return known;
    }

    private static List<Place> find() {
        try {
            TornadoRuntime runtime = TornadoRuntimeProvider.getTornadoRuntime();
            List<Place> found = new ArrayList<>();
            for (int backend = 0; backend < runtime.getNumBackends(); backend++) {
                TornadoBackend owner = runtime.getBackend(backend);
                for (int index = 0; index < owner.getNumDevices(); index++) {
                    found.add(new Place(owner, backend, index, owner.getDevice(index)));
                }
            }
            return found;
        } catch (VirtualMachineError e) {
            throw e;
        } catch (RuntimeException | Error e) {
            // Errors of the runtime itself are of the class Error.
            throw doesNotStart(e);
        }
    }

    private static UserError doesNotStart(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return new UserError(
                "TornadoVM does not start ("
                        + cause.toString().lines().findFirst().orElse("") + "); start the JVM with"
                        + " the flags of the SDK's tornado-argfile and install the backend's driver, or use --engine cpu",
                e);
    }

    /** The device of an engine for which nobody chooses one: the first accelerator, else the first device. */
    static Place preferred(List<Place> places) {
        return places.stream().filter(Place::accelerator).findFirst().orElseGet(places::getFirst);
    }

    private static DeviceInfo describe(Place place, boolean preferred) {
        TornadoTargetDevice physical = place.device.getPhysicalDevice();
        TornadoVMBackendType backend = place.device.getTornadoVMBackend();
        return new DeviceInfo(
                place.choice(),
                backend.name(),
                place.index,
                physical.getDeviceName().strip(),
                place.device.getDeviceType().name(),
                place.accelerator(),
                physical.getDeviceMaxComputeUnits(),
                physical.getDeviceGlobalMemorySize(),
                physical.getDeviceMaxAllocationSize(),
                halfPrecision(backend, physical),
                preferred);
    }

    /**
     * Whether a device computes with half precision; null if its backend does not say. OpenCL lists its extensions in a text.
     * Backends are compared by name, since a version of TornadoVM need not have all of them.
     */
    private static Boolean halfPrecision(TornadoVMBackendType backend, TornadoTargetDevice physical) {
        return switch (backend.name()) {
            case "OPENCL" -> String.valueOf(physical.getDeviceInfo()).contains(HALF_PRECISION);
            case "CUDA", "PTX", "METAL", "JAVA" -> true;
            default -> null;
        };
    }
}
