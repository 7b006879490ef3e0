package org.tornadomor.cluster;

import java.util.HashMap;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.cpu.CpuEngine;
import org.tornadomor.trainer.Collective;
import org.tornadomor.trainer.Worker;

/** The workers that live in this executor, which stay from one task to the next. */
final class Seats {
    private static final Map<Integer, Seat> SEATS = new HashMap<>();

    /** The session that they belong to. */
    private static String run = "";

    private Seats() {}

    /** A worker and what it computes on. One task at a time has it. */
    static final class Seat implements AutoCloseable {
        private final Engine engine;
        private final Worker worker;

        private Seat(int threads, Collective.Plan plan, Collective.State state) {
            engine = new CpuEngine(threads);
            try {
                worker = new Worker(engine, plan, state);
            } catch (RuntimeException | Error e) {
                engine.close();
                throw e;
            }
        }

        Worker worker() {
            return worker;
        }

        @Override
        public void close() {
            worker.close();
            engine.close();
        }
    }

    /** Where a state comes from, if it is needed. */
    interface StateSource {
        Collective.State get();
    }

    /**
     * The worker of a rank that has done everything up to a work: the one that lives here, or a new one.
     *
     * @param before the number of the work before; -1 for a new worker
     * @param states what a new one begins with; null to make none
     * @return null where none lives here and none is to be made
     */
    static synchronized Seat of(Collective.Plan plan, int rank, long before, int threads, StateSource states) {
        if (!run.equals(plan.run())) {
            SEATS.values().forEach(Seat::close);
            SEATS.clear();
            run = plan.run();
        }
        Seat seat = SEATS.get(rank);
        // Its answer to the work itself may have been lost.
        boolean fits = seat != null
                && (!seat.worker.keeps() || seat.worker.done() == before || seat.worker.done() == before + 1);
        if (fits || states == null) {
            return fits ? seat : null;
        }
        if (seat != null) {
            seat.close();
        }
        seat = new Seat(threads, plan, states.get());
        SEATS.put(rank, seat);
        return seat;
    }

    /** The worker of a rank that lives here and has done a work, or null. */
    static synchronized Seat find(Collective.Plan plan, int rank, long done) {
        Seat seat = run.equals(plan.run()) ? SEATS.get(rank) : null;
        return seat != null && seat.worker.done() == done ? seat : null;
    }

    /** Whether a worker may begin in this executor with a state that was sent: not if it lives elsewhere, with a newer one. */
    static boolean mayBegin(String place) {
        return place == null || place.equals(place());
    }

    /** This executor, as Spark names places that a task would like. */
    static String place() {
        SparkEnv env = SparkEnv.get();
        return "executor_" + env.blockManager().blockManagerId().host() + "_" + env.executorId();
    }
}
