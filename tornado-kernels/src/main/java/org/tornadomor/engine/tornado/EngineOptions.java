package org.tornadomor.engine.tornado;

/**
 * How a {@link TornadoEngine} is set up.
 *
 * @param device BACKEND:INDEX, or null for the first device
 * @param segmentLimit bytes of the largest array, for tests of splitting; 0 for the device's own limit
 * @param checked whether every task proves that it ran, not only the last of each graph
 * @param profile whether kernel times are measured, which makes the host wait for each kernel
 */
public record EngineOptions(String device, long segmentLimit, boolean checked, boolean profile) {
    /** The first device, its own limits, no extra checks. */
    public static EngineOptions standard() {
        return new EngineOptions(null, 0, false, false);
    }

    public EngineOptions withDevice(String newDevice) {
        return new EngineOptions(newDevice, segmentLimit, checked, profile);
    }

    public EngineOptions withSegmentLimit(long bytes) {
        return new EngineOptions(device, bytes, checked, profile);
    }

    public EngineOptions withChecks() {
        return new EngineOptions(device, segmentLimit, true, profile);
    }

    public EngineOptions withProfile() {
        return new EngineOptions(device, segmentLimit, checked, true);
    }
}
