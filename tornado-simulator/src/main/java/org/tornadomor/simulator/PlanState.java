package org.tornadomor.simulator;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * What a plan hands on to plans that are made from its graphs.
 *
 * @param options the switches as they were when the first plan was made
 * @param memory the device memory
 * @param watches for each host array that was copied once, whether it has changed since
 * @param lanes the threads that run groups
 */
record PlanState(Options options, DeviceMemory memory, Map<TornadoNativeArray, HostWatch> watches, List<Lane> lanes) {

    /** The state of a plan whose graphs are all new. */
    static PlanState create() {
        Options options = Options.read();
        List<Lane> lanes = new ArrayList<>();
        for (int i = 0; i < options.workers(); i++) {
            lanes.add(new Lane());
        }
        return new PlanState(options, new DeviceMemory(options), new IdentityHashMap<>(), lanes);
    }
}
