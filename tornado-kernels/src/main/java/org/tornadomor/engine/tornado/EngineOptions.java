package org.tornadomor.engine.tornado;

/**
 * How a {@link TornadoEngine} is set up.
 *
 * @param device {@link DeviceInfo#choice BACKEND:INDEX}, or null for the first accelerator, else the first device
 * @param segmentLimit bytes of the largest array, for tests of splitting; 0 for the device's own limit
 * @param checked whether every task proves that it ran, not only the last of each graph
 * @param groups whether kernels use the work-groups and tiles of an accelerator on any device, for tests on a CPU device
 * @param profile whether kernel times are measured, which makes the host wait for each kernel
 * @param compileOnly whether kernels are compiled and never run, for those who look at the generated code: nothing is computed, and
 *     whatever is read back is 0
 */
public record EngineOptions(
        String device, long segmentLimit, boolean checked, boolean groups, boolean profile, boolean compileOnly) {
    /** The preferred device, its own limits, no extra checks. */
    public static EngineOptions standard() {
        return new EngineOptions(null, 0, false, false, false, false);
    }

    public EngineOptions withDevice(String newDevice) {
        return new EngineOptions(newDevice, segmentLimit, checked, groups, profile, compileOnly);
    }

    public EngineOptions withSegmentLimit(long bytes) {
        return new EngineOptions(device, bytes, checked, groups, profile, compileOnly);
    }

    public EngineOptions withChecks() {
        return new EngineOptions(device, segmentLimit, true, groups, profile, compileOnly);
    }

    public EngineOptions withProfile() {
        return new EngineOptions(device, segmentLimit, checked, groups, true, compileOnly);
    }

    public EngineOptions withGroups() {
        return new EngineOptions(device, segmentLimit, checked, true, profile, compileOnly);
    }

    public EngineOptions withCompileOnly() {
        return new EngineOptions(device, segmentLimit, checked, groups, profile, true);
    }
}
