package uk.ac.manchester.tornado.api;

import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tornadomor.simulator.SimulatedRuntime;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;

/** All backends and devices, with filters. */
public class TornadoDeviceMap {

    /** The backends of the runtime. */
    public TornadoDeviceMap() {}

    /** {@return the number of backends} */
    public int getNumBackends() {
        return SimulatedRuntime.instance().getNumBackends();
    }

    /** {@return all backends, the default one first} */
    public List<TornadoBackend> getAllBackends() {
        return IntStream.range(0, getNumBackends())
                .mapToObj(index -> SimulatedRuntime.instance().getBackend(index))
                .toList();
    }

    /** {@return the backends that a condition holds for} */
    public List<TornadoBackend> getBackendsWithPredicate(Predicate<? super TornadoBackend> predicate) {
        return getAllBackends().stream().filter(predicate).toList();
    }

    /** {@return the backends with a device that a condition holds for} */
    public List<TornadoBackend> getBackendsWithDevicePredicate(Predicate<? super TornadoDevice> predicate) {
        return getBackendsWithPredicate(
                backend -> backend.getAllDevices().stream().anyMatch(predicate));
    }

    /** {@return the devices whose name contains a text, in any case} */
    public Stream<TornadoDevice> getDevicesByName(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return devices()
                .filter(device ->
                        device.getDeviceName().toLowerCase(Locale.ROOT).contains(wanted));
    }

    /** {@return the devices of a kind} */
    public Stream<TornadoDevice> getDevicesByType(TornadoDeviceType type) {
        return devices().filter(device -> device.getDeviceType() == type);
    }

    private Stream<TornadoDevice> devices() {
        return getAllBackends().stream().flatMap(backend -> backend.getAllDevices().stream());
    }
}
