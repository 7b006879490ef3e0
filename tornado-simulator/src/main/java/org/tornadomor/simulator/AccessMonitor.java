package org.tornadomor.simulator;

/**
 * Checks the accesses of one lane to one array in one task: inside the declared ranges, and not in a race. The ranges
 * of the last accesses are remembered, so that the usual check is two comparisons.
 */
public final class AccessMonitor {

    private final Lane lane;
    private final String name;
    private final DeviceBuffer buffer;
    private final Intervals allowed;
    private final boolean written;

    private int readLow;
    private int readHigh;
    private boolean readTracked;
    /** The range read before: a kernel that goes through two tensors of an array finds both at hand. */
    private int earlierLow;

    private int earlierHigh;
    private boolean earlierTracked;
    private int writeLow;
    private int writeHigh;
    private boolean writeTracked;

    /**
     * @param name of the kernel's parameter
     * @param written whether the kernel writes this array: an array that is only read has no races
     */
    AccessMonitor(Lane lane, String name, DeviceBuffer buffer, Intervals allowed, boolean written) {
        this.lane = lane;
        this.name = name;
        this.buffer = buffer;
        this.allowed = allowed;
        this.written = written;
    }

    /** {@return a monitor that stops the code at its first access, see {@link KernelLocator}} */
    static AccessMonitor probe() {
        return new AccessMonitor(null, null, null, null, false);
    }

    /** Begins a launch. */
    void startLaunch() {
        readLow = 0;
        readHigh = 0;
        earlierLow = 0;
        earlierHigh = 0;
        writeLow = 0;
        writeHigh = 0;
    }

    /** Checks a read before it happens. */
    public void read(int index) {
        if (index < readLow || index >= readHigh) {
            findRead(index);
        }
        if (readTracked && lane.tracksRaces()) {
            long conflict = buffer.shadow().read(index, lane.globalStamp(), lane.loop());
            if (conflict != 0) {
                throw race("reads", index, conflict, "wrote");
            }
        }
    }

    /** Checks a write before it happens. */
    public void write(int index) {
        if (index < writeLow || index >= writeHigh) {
            findWrite(index);
        }
        if (writeTracked && lane.tracksRaces()) {
            long conflict = buffer.shadow().write(index, lane.globalStamp(), lane.loop());
            if (conflict != 0) {
                boolean wrote = buffer.shadow().wroteBefore(index, conflict);
                throw race("writes", index, conflict, wrote ? "wrote" : "read");
            }
        }
    }

    /** Checks an atomic update, which is never in a race with another one. */
    void atomic(int index) {
        findRead(index);
        findWrite(index);
        readHigh = readLow;
        writeHigh = writeLow;
    }

    private void findRead(int index) {
        if (allowed == null) {
            throw KernelLocator.found();
        }
        int low = readLow;
        int high = readHigh;
        boolean tracked = readTracked;
        if (index >= earlierLow && index < earlierHigh) {
            readLow = earlierLow;
            readHigh = earlierHigh;
            readTracked = earlierTracked;
        } else {
            int found = allowed.findRead(index);
            if (found < 0) {
                throw outside("reads", index, false);
            }
            readLow = allowed.readLow(found);
            readHigh = allowed.readHigh(found);
            readTracked = written && lane.tracksRaces() && allowed.overlapsWrites(readLow, readHigh);
        }
        earlierLow = low;
        earlierHigh = high;
        earlierTracked = tracked;
    }

    private void findWrite(int index) {
        if (allowed == null) {
            throw KernelLocator.found();
        }
        int found = allowed.findWrite(index);
        if (found < 0) {
            throw outside("writes", index, true);
        }
        writeLow = allowed.writeLow(found);
        writeHigh = allowed.writeHigh(found);
        writeTracked = lane.tracksRaces();
    }

    private SimulatorException outside(String verb, int index, boolean write) {
        int size = buffer.elements();
        String element = verb + " element " + index + " of " + name;
        if (index < 0 || index >= size) {
            return lane.fault(
                    Rule.BOUNDS,
                    element + ", whose elements are 0 to " + (size - 1)
                            + ". A device has no bounds checks: it would touch other memory");
        }
        return lane.fault(
                Rule.UNDECLARED_ACCESS, element + ", which the task did not declare." + allowed.explain(index, write));
    }

    private SimulatorException race(String verb, int index, long other, String did) {
        String barrier = lane.loop() ? "" : " with no globalBarrier() in between";
        return lane.race(
                verb + " element " + index + " of " + name + ", which " + lane.who(other) + " " + did + barrier);
    }
}
