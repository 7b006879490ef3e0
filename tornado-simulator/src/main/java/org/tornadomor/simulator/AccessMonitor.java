package org.tornadomor.simulator;

/** Checks the accesses of one lane to one array in one task: inside the declared ranges, and not in a race. */
public final class AccessMonitor {

    private final Lane lane;
    private final String name;
    private final DeviceBuffer buffer;
    private final int size;
    private final boolean written;

    /** Null where nothing was declared: then everything is permitted. */
    private Permits permits;

    /** What a recorder calls the array; null unless there is one. */
    private Recorder.Memory recorded;

    private boolean tracked;

    /**
     * @param name of the kernel's parameter
     * @param written whether the kernel writes this array: an array that is only read has no races
     */
    AccessMonitor(Lane lane, String name, DeviceBuffer buffer, boolean written) {
        this.lane = lane;
        this.name = name;
        this.buffer = buffer;
        this.size = buffer == null ? 0 : buffer.elements();
        this.written = written;
    }

    /** {@return a monitor that stops the code at its first access, see {@link KernelLocator}} */
    static AccessMonitor probe() {
        return new AccessMonitor(null, null, null, false);
    }

    /** Begins a launch. */
    void startLaunch() {
        permits = buffer.permits();
        recorded = lane.recorder() == null
                ? null
                : new Recorder.Memory(buffer.host(), name, buffer.host().getElementSize(), size);
        tracked = recorded != null || written && lane.tracksRaces();
    }

    /** Checks a read before it happens. */
    public void read(int index) {
        if (index < 0 || index >= size || permits != null && !permits.read(index)) {
            throw outside("reads", index, false);
        }
        if (tracked) {
            trackRead(index);
        }
    }

    private void trackRead(int index) {
        if (recorded != null) {
            lane.record(recorded, false, index);
        }
        // what may not be written needs no race check
        if (written && (permits == null || permits.write(index)) && lane.tracksRaces()) {
            long conflict = buffer.shadow().read(index, lane.globalStamp(), lane.loop());
            if (conflict != 0) {
                throw race("reads", index, conflict, "wrote");
            }
        }
    }

    /** Checks a write before it happens. */
    public void write(int index) {
        if (index < 0 || index >= size || permits != null && !permits.write(index)) {
            throw outside("writes", index, true);
        }
        if (tracked) {
            trackWrite(index);
        }
    }

    private void trackWrite(int index) {
        if (recorded != null) {
            lane.record(recorded, true, index);
        }
        if (written && lane.tracksRaces()) {
            long conflict = buffer.shadow().write(index, lane.globalStamp(), lane.loop());
            if (conflict != 0) {
                boolean wrote = buffer.shadow().wroteBefore(index, conflict);
                throw race("writes", index, conflict, wrote ? "wrote" : "read");
            }
        }
    }

    /** Checks an atomic update, which is never in a race with another one. */
    void atomic(int index) {
        if (index < 0 || index >= size || permits != null && !(permits.read(index) && permits.write(index))) {
            throw outside("updates", index, true);
        }
        if (recorded != null) {
            lane.record(recorded, false, index);
            lane.record(recorded, true, index);
        }
    }

    private RuntimeException outside(String verb, int index, boolean write) {
        if (buffer == null) {
            return KernelLocator.found();
        }
        String element = verb + " element " + index + " of " + name;
        if (index < 0 || index >= size) {
            return lane.fault(
                    Rule.BOUNDS,
                    element + ", whose elements are 0 to " + (size - 1)
                            + ". A device has no bounds checks: it would touch other memory");
        }
        return lane.fault(
                Rule.UNDECLARED_ACCESS, element + ", which the task did not declare." + permits.explain(index, write));
    }

    private SimulatorException race(String verb, int index, long other, String did) {
        String barrier = lane.loop() ? "" : " with no globalBarrier() in between";
        return lane.race(
                verb + " element " + index + " of " + name + ", which " + lane.who(other) + " " + did + barrier);
    }
}
