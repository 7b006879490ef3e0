package org.tornadomor.engine.tornado;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tornadomor.engine.ElementType;

/**
 * Offsets and strides of every binding, on the device, so that a run only has to say which binding it is. Equal entries are
 * kept once: a session that is opened again with the same places costs nothing.
 */
final class BindingTable {
    /** Ints of one table. A layer's binding takes about a hundred. */
    private static final int SIZE = 1 << 16;

    private final DeviceMemory memory;
    private final Transfers transfers;
    private final Map<Key, Integer> places = new HashMap<>();
    private Segment current;
    private int used;

    /** Entries in a table; equal by contents. */
    private record Key(Segment table, List<Integer> entries) {}

    BindingTable(DeviceMemory memory, Transfers transfers) {
        this.memory = memory;
        this.transfers = transfers;
    }

    /** The table that has room for so many more entries. */
    Segment withRoom(int entries) {
        if (entries > SIZE) {
            throw new IllegalArgumentException(entries + " entries for one binding");
        }
        if (current == null || used + entries > SIZE) {
            current = memory.obtain("the table of bindings", ElementType.I32, List.of(SIZE))
                    .getFirst();
            used = 0;
        }
        return current;
    }

    /** The place of these entries in a table, where they are now on the device; -1 if it has no room for them. */
    int place(Segment table, int[] entries) {
        Key key = new Key(table, Arrays.stream(entries).boxed().toList());
        Integer known = places.get(key);
        if (known != null) {
            return known;
        }
        if (table != current || used + entries.length > SIZE) {
            return -1;
        }
        int place = used;
        transfers.upload(TransferReport.BINDINGS, table, new Transfers.Place(place, 1, 1), entries, 0, entries.length);
        used += entries.length;
        places.put(key, place);
        return place;
    }
}
