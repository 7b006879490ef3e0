package org.tornadomor.cluster;

import java.io.Serial;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.tornadomor.trainer.Collective;
import org.tornadomor.trainer.TrainingConfig;
import org.tornadomor.trainer.Worker;
import scala.Tuple2;

/**
 * Lets the worker of a rank work, and sends what came of it by its pieces. Spark may start a task elsewhere than where its
 * worker lives, if that executor is busy for long: then a worker with a state to lose does nothing, and a piece without a
 * report says so.
 */
final class WorkTask implements PairFlatMapFunction<Integer, Integer, Piece> {
    @Serial
    private static final long serialVersionUID = 1;

    private final Broadcast<Collective.Plan> plan;
    private final Broadcast<float[]> values;
    /** By rank, apart, so that each worker fetches its own. */
    private final ArrayList<Broadcast<Collective.Work>> work;

    private final ArrayList<Broadcast<Collective.State>> states;
    private final String[] places;

    /** @param places where workers live; null for one that is nowhere */
    WorkTask(
            Broadcast<Collective.Plan> plan,
            Broadcast<float[]> values,
            List<Broadcast<Collective.Work>> work,
            List<Broadcast<Collective.State>> states,
            String[] places) {
        this.plan = plan;
        this.values = values;
        this.work = new ArrayList<>(work);
        this.states = new ArrayList<>(states);
        this.places = places.clone();
    }

    @Override
    public Iterator<Tuple2<Integer, Piece>> call(Integer rank) {
        Collective.Plan shared = plan.value();
        Collective.Work own = work.get(rank).value();
        TrainingConfig config = TrainingConfig.parse(shared.config(), "the run's configuration");
        int threads =
                config.threads() > 0 ? config.threads() : TaskContext.get().cpus();
        boolean mayBegin = config.cluster().localSteps() == 0 || Seats.mayBegin(places[rank]);
        Seats.Seat seat = Seats.of(
                shared,
                rank,
                own.number() - 1,
                threads,
                mayBegin ? () -> states.get(rank).value() : null);
        if (seat == null) {
            return List.of(new Tuple2<>(-1 - rank, new Piece(rank, new byte[0], null, null)))
                    .iterator();
        }
        Worker.Result result;
        synchronized (seat) {
            result = seat.worker().run(own, values.value());
        }
        List<Tuple2<Integer, Piece>> pieces = new ArrayList<>();
        for (int i = 0; i < result.chunks().size(); i++) {
            pieces.add(new Tuple2<>(i, new Piece(rank, result.chunks().get(i), null, null)));
        }
        pieces.add(new Tuple2<>(-1 - rank, new Piece(rank, new byte[0], result.report(), Seats.place())));
        return pieces.iterator();
    }
}
