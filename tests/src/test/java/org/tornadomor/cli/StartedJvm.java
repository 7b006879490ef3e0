package org.tornadomor.cli;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;

/** Stands in for the program where the launcher starts a real JVM: says which collector that has, and what it was given. */
public final class StartedJvm {
    private static final List<String> COLLECTORS = List.of("Serial", "Parallel", "G1", "Z");

    private StartedJvm() {}

    /** Prints the collectors in use and the property {@code standin.sdk}; only {@code devices} is the program's own. */
    public static void main(String[] args) {
        if (args.length > 0 && args[0].equals("devices")) {
            Main.main(args);
        }
        HotSpotDiagnosticMXBean flags = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        for (String name : COLLECTORS) {
            if (Boolean.parseBoolean(flags.getVMOption("Use" + name + "GC").getValue())) {
                System.out.println(name + (Boolean.getBoolean("standin.sdk") ? " on an SDK" : ""));
            }
        }
    }
}
