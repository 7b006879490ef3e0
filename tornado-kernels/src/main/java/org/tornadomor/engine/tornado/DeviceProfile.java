package org.tornadomor.engine.tornado;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.tornadomor.UserError;
import uk.ac.manchester.tornado.api.TornadoTargetDevice;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;

/**
 * The device that an engine runs on and the limits that launches are checked against.
 *
 * @param backend the backend's name, such as OpenCL
 * @param name the device's own name
 * @param cpu whether work-items are loop iterations of a CPU and not lanes of an accelerator
 * @param maxGroup the largest work-group
 * @param localBytes local memory of a work-group; kernels may have {@link #localRoom} of it
 * @param maxAllocation bytes of the largest single array
 * @param globalBytes bytes of device memory, as far as the runtime may use them
 * @param computeUnits compute units
 */
record DeviceProfile(
        String backend,
        String name,
        boolean cpu,
        int maxGroup,
        long localBytes,
        long maxAllocation,
        long globalBytes,
        int computeUnits) {

    /** Property with the size of the runtime's own memory pool, such as 8GB: its limit on all arrays together. */
    static final String POOL_PROPERTY = "tornado.device.memory";

    private static final long DEFAULT_POOL = 4_000_000_000L;
    /** Local memory that the runtime passes to each OpenCL kernel besides what the kernel itself allocates. */
    private static final int RUNTIME_LOCAL_BYTES = 8;
    /** Local memory for a device that is only described: what a group has on NVIDIA's devices without asking for more. */
    private static final long DESCRIBED_LOCAL_BYTES = 48 << 10;

    /**
     * Makes a device the runtime's default and describes it.
     *
     * @param choice BACKEND:INDEX by number or by the backend's name, such as 0:1 or opencl:0; null for the first
     *     accelerator, else the first device
     */
    static DeviceProfile select(String choice) {
        List<Devices.Place> places = Devices.places();
        Devices.Place place = choice == null ? Devices.preferred(places) : find(places, choice);
        place.makeDefault();
        return of(place.device());
    }

    private static Devices.Place find(List<Devices.Place> places, String choice) {
        String[] parts = choice.split(":", -1);
        if (parts.length != 2 || parts[0].isEmpty() || !parts[1].matches("\\d{1,4}")) {
            throw new UserError("a device is written BACKEND:INDEX, such as opencl:0 or 0:1, not '" + choice
                    + "'; `tornado-mor devices` lists them");
        }
        int index = Integer.parseInt(parts[1]);
        return places.stream()
                .filter(place -> place.index() == index)
                .filter(place -> parts[0].equals(Integer.toString(place.backend()))
                        || parts[0].equalsIgnoreCase(
                                place.device().getTornadoVMBackend().name()))
                .findFirst()
                .orElseThrow(() -> new UserError("there is no device " + choice + "; there "
                        + (places.size() == 1 ? "is " : "are ")
                        + places.stream().map(Devices.Place::choice).collect(Collectors.joining(", "))));
    }

    private static DeviceProfile of(TornadoDevice device) {
        TornadoTargetDevice physical = device.getPhysicalDevice();
        long[] groups = physical.getDeviceMaxWorkGroupSize();
        int maxGroup = (int) Math.min(
                Integer.MAX_VALUE,
                groups == null || groups.length == 0
                        ? 256
                        : Arrays.stream(groups).max().getAsLong());
        return new DeviceProfile(
                device.getTornadoVMBackend().name(),
                physical.getDeviceName(),
                device.getDeviceType() == TornadoDeviceType.CPU,
                maxGroup,
                known(physical.getDeviceLocalMemorySize(), DESCRIBED_LOCAL_BYTES),
                known(physical.getDeviceMaxAllocationSize(), Integer.MAX_VALUE),
                Math.min(known(physical.getDeviceGlobalMemorySize(), Long.MAX_VALUE), pool()),
                physical.getDeviceMaxComputeUnits());
    }

    /**
     * A limit, or {@code otherwise} if it is not known: a device that is only described in a file, to compile for it, has
     * limits of -1.
     */
    private static long known(long limit, long otherwise) {
        return limit < 0 ? otherwise : limit;
    }

    /** The pool's limit in bytes; the runtime reads units of powers of ten. */
    private static long pool() {
        String text = System.getProperty(POOL_PROPERTY);
        if (text == null) {
            return DEFAULT_POOL;
        }
        String upper = text.toUpperCase(Locale.ROOT);
        long unit = upper.endsWith("GB") ? 1_000_000_000L : upper.endsWith("MB") ? 1_000_000L : 1L;
        try {
            return Long.parseLong(unit == 1L ? upper.replace("B", "") : upper.substring(0, upper.length() - 2)) * unit;
        } catch (NumberFormatException e) {
            throw new UserError(POOL_PROPERTY + "=" + text + " is not a size such as 8GB", e);
        }
    }

    /** Local memory that the kernels of a launch may allocate for a group: what the runtime leaves of the device's. */
    long localRoom() {
        return localBytes - RUNTIME_LOCAL_BYTES;
    }

    /** The same device, to be treated as if its work-items were lanes. */
    DeviceProfile asAccelerator() {
        return new DeviceProfile(backend, name, false, maxGroup, localBytes, maxAllocation, globalBytes, computeUnits);
    }

    /** For messages: backend and device. */
    String label() {
        return backend + " device " + name;
    }
}
