package org.tornadomor.simulator;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;

/**
 * The switches of the simulator, read from system properties when a plan is made.
 *
 * @param checks whether kernels are checked ({@code tornadomor.simulator.checks}, default on)
 * @param races whether races are looked for ({@code tornadomor.simulator.races}, default off; needs checks)
 * @param threads whether each work-item of a barrier kernel has a virtual thread ({@code tornadomor.simulator.items} is
 *     {@code threads}) instead of being stopped and resumed ({@code phases}, the default)
 * @param rewrite whether kernels may be rewritten ({@code tornadomor.simulator.rewrite}, default on, off under a debugger,
 *     which then meets kernels as they were compiled); without it barrier kernels have threads
 * @param workers how many groups run at the same time ({@code tornadomor.simulator.workers}, default the processors)
 * @param maxGroup the largest work-group ({@code tornadomor.simulator.maxGroup}, default 1024)
 * @param localBytes the local memory of a group ({@code tornadomor.simulator.localMemory}, default 48 KiB)
 * @param deviceBytes the device memory of a plan ({@code tornado.device.memory}, default 4GB)
 * @param allocationBytes the largest array ({@code tornadomor.simulator.maxAllocation}, default 2147483647)
 */
record Options(
        boolean checks,
        boolean races,
        boolean threads,
        boolean rewrite,
        int workers,
        int maxGroup,
        long localBytes,
        long deviceBytes,
        long allocationBytes) {

    private static final String PREFIX = "tornadomor.simulator.";

    static Options read() {
        boolean checks = flag("checks", true);
        return new Options(
                checks,
                checks && flag("races", false),
                itemsHaveThreads(),
                flag(
                        "rewrite",
                        !underDebugger(ManagementFactory.getRuntimeMXBean().getInputArguments())),
                Math.max(1, (int) number("workers", Runtime.getRuntime().availableProcessors())),
                (int) number("maxGroup", 1024),
                number("localMemory", 48 * 1024),
                size(System.getProperty("tornado.device.memory", "4GB")),
                size(System.getProperty(PREFIX + "maxAllocation", "2147483647")));
    }

    /** {@return whether the arguments of a JVM load the debugger's agent} */
    static boolean underDebugger(List<String> jvmArguments) {
        return jvmArguments.stream()
                .anyMatch(argument -> argument.startsWith("-agentlib:jdwp") || argument.startsWith("-Xrunjdwp"));
    }

    private static boolean itemsHaveThreads() {
        String items = System.getProperty(PREFIX + "items", "phases");
        return switch (items) {
            case "phases" -> false;
            case "threads" -> true;
            default ->
                throw new TornadoRuntimeException(PREFIX + "items is \"" + items + "\"; it can be phases or threads");
        };
    }

    private static boolean flag(String name, boolean otherwise) {
        String value = System.getProperty(PREFIX + name);
        if (value == null) {
            return otherwise;
        }
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true", "on", "" -> true;
            case "false", "off" -> false;
            default ->
                throw new TornadoRuntimeException(
                        PREFIX + name + " is \"" + value + "\"; it can be true, on, false or off");
        };
    }

    private static long number(String name, long otherwise) {
        String value = System.getProperty(PREFIX + name);
        if (value == null) {
            return otherwise;
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new TornadoRuntimeException(PREFIX + name + " is \"" + value + "\", not a number");
        }
    }

    /**
     * {@return a size such as {@code 512MB} or {@code 4GB} in bytes; units are powers of ten, as the runtime has them}
     *
     * @throws TornadoRuntimeException if the text is not a size
     */
    static long size(String text) {
        String digits = text.replaceAll("[A-Za-z]+$", "");
        String unit = text.substring(digits.length());
        try {
            long factor = switch (unit.toUpperCase(Locale.ROOT)) {
                case "", "B" -> 1L;
                case "KB" -> 1_000L;
                case "MB" -> 1_000_000L;
                case "GB" -> 1_000_000_000L;
                default -> throw new NumberFormatException(unit);
            };
            return Math.multiplyExact(Long.parseLong(digits.trim()), factor);
        } catch (NumberFormatException | ArithmeticException e) {
            throw new TornadoRuntimeException("\"" + text + "\" is not a size such as 512MB or 4GB");
        }
    }
}
