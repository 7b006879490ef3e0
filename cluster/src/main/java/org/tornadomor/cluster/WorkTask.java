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

/** Lets the worker of a rank work, and sends what came of it by its pieces. */
final class WorkTask implements PairFlatMapFunction<Integer, Integer, Piece> {
    @Serial
    private static final long serialVersionUID = 1;

    private final Broadcast<Collective.Plan> plan;
    private final Broadcast<float[]> values;
    /** By rank, apart, so that each worker fetches its own. */
    private final ArrayList<Broadcast<Collective.Work>> work;

    private final ArrayList<Broadcast<Collective.State>> states;

    WorkTask(
            Broadcast<Collective.Plan> plan,
            Broadcast<float[]> values,
            List<Broadcast<Collective.Work>> work,
            List<Broadcast<Collective.State>> states) {
        this.plan = plan;
        this.values = values;
        this.work = new ArrayList<>(work);
        this.states = new ArrayList<>(states);
    }

    /** As many as the configuration says, else those of the task. */
    static int threads(Collective.Plan plan) {
        int threads =
                TrainingConfig.parse(plan.config(), "the run's configuration").threads();
        return threads > 0 ? threads : TaskContext.get().cpus();
    }

    @Override
    public Iterator<Tuple2<Integer, Piece>> call(Integer rank) {
        Collective.Plan shared = plan.value();
        Collective.Work own = work.get(rank).value();
        Seats.Seat seat = Seats.of(
                shared,
                rank,
                own.number() - 1,
                threads(shared),
                () -> states.get(rank).value());
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
