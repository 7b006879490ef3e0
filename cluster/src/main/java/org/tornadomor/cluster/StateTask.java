package org.tornadomor.cluster;

import java.io.Serial;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.tornadomor.trainer.Collective;
import scala.Tuple2;

/**
 * Asks the worker of a rank what it keeps; where it is gone, that is what its replacement would begin with. Nothing if it
 * lives in another executor than the one where the task runs.
 */
final class StateTask implements Function<Integer, Tuple2<Integer, Collective.State>> {
    @Serial
    private static final long serialVersionUID = 1;

    private final Broadcast<Collective.Plan> plan;
    private final ArrayList<Broadcast<Collective.State>> states;
    private final String[] places;
    private final long done;

    /**
     * A task for all ranks.
     *
     * @param places where workers live; null for one that is gone
     * @param done the number of the last work
     */
    StateTask(Broadcast<Collective.Plan> plan, List<Broadcast<Collective.State>> states, String[] places, long done) {
        this.plan = plan;
        this.states = new ArrayList<>(states);
        this.places = places.clone();
        this.done = done;
    }

    @Override
    public Tuple2<Integer, Collective.State> call(Integer rank) {
        Seats.Seat seat = Seats.find(plan.value(), rank, done);
        if (seat == null) {
            return new Tuple2<>(
                    rank, Seats.mayBegin(places[rank]) ? states.get(rank).value() : null);
        }
        synchronized (seat) {
            return new Tuple2<>(rank, seat.worker().state());
        }
    }
}
