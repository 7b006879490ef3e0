package uk.ac.manchester.tornado.api.runtime;

import org.tornadomor.simulator.SimulatedRuntime;
import uk.ac.manchester.tornado.api.TornadoRuntime;

/** Finds the runtime. */
public class TornadoRuntimeProvider {

    /** Holds static methods only. */
    public TornadoRuntimeProvider() {}

    /** {@return the runtime, here always the simulator} */
    public static TornadoRuntime getTornadoRuntime() {
        return SimulatedRuntime.instance();
    }

    /** {@return whether figures are collected without a plan asking for it} */
    public static boolean isProfilerEnabled() {
        return SimulatedRuntime.instance().isProfilerEnabled();
    }

    /** Sets a property; most options of the runtime are read only once. */
    public static void setProperty(String key, String value) {
        System.setProperty(key, value);
    }

    /** {@return a property, or the given value} */
    public static String getProperty(String key, String defaultValue) {
        return System.getProperty(key, defaultValue);
    }

    /** {@return a property, or null} */
    public static String getProperty(String key) {
        return System.getProperty(key);
    }
}
