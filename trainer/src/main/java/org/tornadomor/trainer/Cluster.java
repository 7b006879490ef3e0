package org.tornadomor.trainer;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.UserError;

/**
 * The {@code cluster} keys of a {@link TrainingConfig}: how several workers share a run.
 *
 * @param workers how many there are; 1 where the run has a process to itself
 * @param sync what they exchange: {@code none}; {@code gradients}, which are added up in every step; or {@code local:H}, where
 *     each takes H steps of its own and the changes of the weights are averaged (DiLoCo, arXiv 2311.08105)
 * @param outerRate {@code local}: the learning rate of the step along the mean change
 * @param outerMomentum {@code local}: the Nesterov momentum of that step
 * @param send {@code local}: how changes travel
 */
public record Cluster(int workers, String sync, double outerRate, double outerMomentum, Sending send) {
    static final Cluster NONE = new Cluster(1, "none", 0.7, 0.9, Sending.FLOAT32);

    private static final Pattern LOCAL = Pattern.compile("local:([1-9]\\d{0,8})");

    /** @throws UserError naming the key, the cause and the fix */
    public Cluster {
        sync = sync.toLowerCase(Locale.ROOT);
        if (!sync.equals("none")
                && !sync.equals("gradients")
                && !LOCAL.matcher(sync).matches()) {
            throw new UserError("cluster.sync is '" + sync
                    + "'; use gradients, or local:H with the steps from one exchange to the next, such as local:50");
        }
        TrainingConfig.positive("cluster.workers", workers);
        TrainingConfig.positive("cluster.outer_rate", outerRate);
        if (!(outerMomentum >= 0 && outerMomentum < 1)) {
            throw new UserError("cluster.outer_momentum is " + outerMomentum + "; it must be 0 or more, and below 1");
        }
        if (workers > 1 && sync.equals("none")) {
            throw new UserError("cluster.workers is " + workers
                    + ", and cluster.sync says nothing of what they exchange: set it to gradients or local:H");
        }
        if (send != Sending.FLOAT32 && !LOCAL.matcher(sync).matches()) {
            throw new UserError("cluster.send is for changes of weights (cluster.sync local:H), and gradients travel as"
                    + " float32: leave it away");
        }
    }

    /** Whether workers share the run, be it one. */
    public boolean active() {
        return !sync.equals("none");
    }

    /** The steps that each worker takes from one exchange to the next; 0 where every step is shared. */
    public int localSteps() {
        Matcher local = LOCAL.matcher(sync);
        return local.matches() ? Integer.parseInt(local.group(1)) : 0;
    }

    /** How many micro-batch schedules of the configuration a step consists of. */
    int samplesFactor() {
        return localSteps() > 0 ? workers : 1;
    }

    /** Refuses a run of several workers without them. */
    void requireShared(boolean shared) {
        if (shared != active()) {
            throw new UserError(
                    active()
                            ? "the run is shared by workers of a cluster (cluster.sync " + sync
                                    + "): add --cluster spark"
                            : "cluster.sync is none, so workers of a cluster have nothing to exchange: set it to"
                                    + " gradients or local:H");
        }
    }

    /** Refuses what workers cannot do. */
    void requireFits(TrainingConfig config) {
        if (!active()) {
            return;
        }
        if (config.distill().active()) {
            throw new UserError(
                    "distill.teacher is set, and workers of a cluster have no teacher: leave distill away, or"
                            + " train on one machine");
        }
        if (localSteps() == 0 && config.accumulate() % workers != 0) {
            throw new UserError(workers + " workers cannot share " + config.accumulate()
                    + " micro-batches of a step evenly: set accumulate to a multiple of " + workers
                    + " (and batch to what one of them has room for)");
        }
    }
}
