package org.tornadomor.simulator;

import java.lang.reflect.Array;
import uk.ac.manchester.tornado.api.types.HalfFloat;

/**
 * The local memory of the group that a lane runs. Every work-item makes the same allocations in the same order and gets
 * the same arrays. The memory of earlier groups is used again without being cleared, as on a device.
 */
final class LocalArrays {

    /** One array of local memory with, for each element, the stamp of the last write and the record of reads. */
    static final class LocalArray {
        private final Object array;
        private final int length;
        private final long[] shadow;
        private final int number;
        private final Recorder.Memory recorded;

        private LocalArray(Object array, int length, int number) {
            this.array = array;
            this.length = length;
            this.shadow = new long[2 * length];
            this.number = number;
            int bytes = bytesOf(array.getClass().getComponentType());
            recorded = new Recorder.Memory(null, "local array " + number, bytes, length);
        }

        /** {@return the Java array} */
        Object array() {
            return array;
        }

        private boolean is(Class<?> type, int size) {
            return length == size && array.getClass().getComponentType() == type;
        }

        @Override
        public String toString() {
            return "local array " + number + " ("
                    + array.getClass().getComponentType().getSimpleName() + "[" + length + "])";
        }
    }

    private final Lane lane;
    private LocalArray[] arrays = new LocalArray[4];
    private int inGroup;
    private long bytes;
    private long era;

    LocalArrays(Lane lane) {
        this.lane = lane;
    }

    void startGroup() {
        inGroup = 0;
        bytes = 0;
    }

    void enterEra(long now) {
        if (era != now) {
            era = now;
            java.util.Arrays.fill(arrays, null);
        }
    }

    /**
     * {@return the array of a work-item's allocation}
     *
     * @param number how many allocations the work-item has made before
     */
    Object allocate(int number, Class<?> type, int size) {
        if (lane.isProbe()) {
            throw KernelLocator.found();
        }
        if (number < inGroup) {
            LocalArray known = arrays[number];
            if (!known.is(type, size)) {
                throw lane.fault(
                        Rule.LOCAL_MEMORY,
                        "allocates " + type.getSimpleName() + "[" + size + "] where another work-item of its group"
                                + " allocated " + known + ". Local memory belongs to the group: every work-item must"
                                + " make the same allocations in the same order");
            }
            return known.array;
        }
        bytes += (long) size * bytesOf(type);
        if (bytes > lane.launch().options().localBytes()) {
            throw lane.fault(
                    Rule.LOCAL_MEMORY,
                    "needs " + bytes + " bytes of local memory for its group; the device has "
                            + lane.launch().options().localBytes() + " (-Dtornadomor.simulator.localMemory)");
        }
        inGroup++;
        if (number == arrays.length) {
            arrays = java.util.Arrays.copyOf(arrays, 2 * number);
        }
        LocalArray array = arrays[number];
        if (array == null || !array.is(type, size)) {
            array = new LocalArray(Array.newInstance(type, size), size, number);
            arrays[number] = array;
        }
        if (lane.launch().poisonsLocals()) {
            poison(array.array);
        }
        return array.array;
    }

    /** Checks a load from an array that may be local memory. */
    void load(Object array, int index) {
        LocalArray local = find(array);
        if (local == null) {
            return;
        }
        if (index < 0 || index >= local.length) {
            throw outside("reads", local, index);
        }
        if (lane.recorder() != null) {
            lane.record(local.recorded, false, index);
        }
        long now = lane.localStamp();
        long write = local.shadow[2 * index];
        if (write != now) {
            if (!Stamp.sameGroup(write, now)) {
                throw lane.fault(
                        Rule.UNINITIALISED_LOCAL,
                        "reads element " + index + " of " + local + " before any work-item of its group has written it."
                                + " Local memory starts with whatever an earlier group left there");
            }
            if (lane.tracksRaces() && Stamp.unordered(write, now, false)) {
                throw race("reads", local, index, write, "wrote");
            }
        }
        if (lane.tracksRaces()) {
            local.shadow[2 * index + 1] = Stamp.mergeRead(local.shadow[2 * index + 1], now, false);
        }
    }

    /** Checks a store to an array that may be local memory. */
    void store(Object array, int index) {
        LocalArray local = find(array);
        if (local == null) {
            return;
        }
        if (index < 0 || index >= local.length) {
            throw outside("writes", local, index);
        }
        if (lane.recorder() != null) {
            lane.record(local.recorded, true, index);
        }
        long now = lane.localStamp();
        if (lane.tracksRaces()) {
            long write = local.shadow[2 * index];
            if (write != now && Stamp.sameGroup(write, now) && Stamp.unordered(write, now, false)) {
                throw race("writes", local, index, write, "wrote");
            }
            long reads = local.shadow[2 * index + 1];
            if (reads != now && Stamp.sameGroup(reads, now) && Stamp.readsUnordered(reads, now, false)) {
                throw race("writes", local, index, reads, "read");
            }
        }
        local.shadow[2 * index] = now;
    }

    /** Checks an atomic update: it counts as written, and is never in a race with another atomic update. */
    void atomic(Object array, int index) {
        LocalArray local = find(array);
        if (local == null) {
            return;
        }
        if (index < 0 || index >= local.length) {
            throw outside("updates", local, index);
        }
        if (lane.recorder() != null) {
            lane.record(local.recorded, false, index);
            lane.record(local.recorded, true, index);
        }
        if (!Stamp.sameGroup(local.shadow[2 * index], lane.localStamp())) {
            throw lane.fault(
                    Rule.UNINITIALISED_LOCAL,
                    "adds to element " + index + " of " + local + " before any work-item of its group has written it");
        }
    }

    private LocalArray find(Object array) {
        for (int i = 0; i < inGroup; i++) {
            if (arrays[i].array == array) {
                return arrays[i];
            }
        }
        return null;
    }

    private SimulatorException outside(String verb, LocalArray local, int index) {
        return lane.fault(
                Rule.BOUNDS,
                verb + " element " + index + " of " + local + ", whose elements are 0 to " + (local.length - 1));
    }

    private SimulatorException race(String verb, LocalArray local, int index, long other, String did) {
        return lane.race(verb + " element " + index + " of " + local + ", which " + lane.who(other) + " " + did
                + " with no localBarrier() in between");
    }

    private static int bytesOf(Class<?> type) {
        if (type == HalfFloat.class) {
            return Short.BYTES;
        }
        return type == byte.class ? 1 : type == long.class || type == double.class ? 8 : 4;
    }

    private static void poison(Object array) {
        switch (array) {
            case float[] floats -> java.util.Arrays.fill(floats, Float.NaN);
            case double[] doubles -> java.util.Arrays.fill(doubles, Double.NaN);
            case int[] ints -> java.util.Arrays.fill(ints, Integer.MIN_VALUE);
            case long[] longs -> java.util.Arrays.fill(longs, Long.MIN_VALUE);
            case byte[] bytes -> java.util.Arrays.fill(bytes, Byte.MIN_VALUE);
            case Object[] objects -> java.util.Arrays.fill(objects, null);
            default -> throw new IllegalArgumentException(array.getClass().getName());
        }
    }
}
