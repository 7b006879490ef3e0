package org.tornadomor.simulator;

import java.util.ArrayList;
import java.util.List;

/** The work-item objects of a lane, used again for every group. */
final class ItemPool {

    private final Lane lane;
    private final List<WorkItem> items = new ArrayList<>();

    ItemPool(Lane lane) {
        this.lane = lane;
    }

    WorkItem get(int index) {
        while (items.size() <= index) {
            items.add(new WorkItem(lane, items.size()));
        }
        return items.get(index);
    }
}
