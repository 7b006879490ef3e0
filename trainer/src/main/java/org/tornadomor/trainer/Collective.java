package org.tornadomor.trainer;

import java.io.Serial;
import java.io.Serializable;
import java.util.List;

/**
 * The other processes of a run: workers that compute, each on its share of the samples. All that {@link Trainer} knows of them is
 * here, and they know of it what is sent. Ranks count from 0.
 *
 * <p>A run that has its process to itself has none of these and pays nothing for them. One thread uses a collective.
 */
public interface Collective extends AutoCloseable {
    /**
     * What every worker is made from.
     *
     * @param run differs between runs and between sessions of a run
     * @param config of the run, resolved, as YAML
     * @param model as config.json has it
     * @param documentEnd the token behind which attention begins anew, or -1
     */
    record Plan(String run, String config, String model, int documentEnd) implements Serializable {
        @Serial
        private static final long serialVersionUID = 1;
    }

    /**
     * What a worker does between two exchanges.
     *
     * @param number of the exchange, from 0 in each session
     * @param step the first step, from 1
     * @param rates the learning rate of each step
     * @param capacities k of each recursion for each step; null while they do not change
     * @param tokens [steps, micro-batches, B, T + 1]
     */
    record Work(long number, long step, float[] rates, int[][] capacities, int[] tokens) implements Serializable {
        @Serial
        private static final long serialVersionUID = 1;

        /** How many tokens are sent for it, as 4 bytes each. */
        public long bytes() {
            return (long) Integer.BYTES * tokens.length;
        }
    }

    /**
     * What a worker keeps from one exchange to the next, for whoever takes its place.
     *
     * @param steps that went into the moments
     * @param moments first and second moments, flat, one behind the other; empty for zeros
     * @param unsent what rounding has kept from being sent; empty for zeros
     */
    record State(long steps, float[] moments, float[] unsent) implements Serializable {
        @Serial
        private static final long serialVersionUID = 1;

        /** Of a worker that begins. */
        public static final State FRESH = new State(0, new float[0], new float[0]);
    }

    /**
     * What came of an exchange.
     *
     * @param sum of what the workers computed, place by place, in the order of their ranks
     * @param reports of each worker, see {@link Worker}
     * @param bytes that were sent to and by workers
     */
    record Reduced(float[] sum, List<float[]> reports, long bytes) {}

    /**
     * Makes the workers ready.
     *
     * @param states what each begins with
     * @throws org.tornadomor.UserError if there are no machines for them
     */
    void begin(Plan plan, List<State> states);

    /** Sends floats to all workers, in the place of those sent before. */
    void broadcast(float[] values);

    /**
     * Every worker does its work, beginning with what was broadcast; returns when the last one is done. A worker that is lost is
     * replaced by one that begins with the state of {@link #begin} or {@link #states}, whichever was called last.
     *
     * @param work of each rank
     * @throws org.tornadomor.UserError if no replacement can be had
     */
    Reduced allReduce(List<Work> work);

    /** What each worker keeps. */
    List<State> states();

    @Override
    void close();
}
