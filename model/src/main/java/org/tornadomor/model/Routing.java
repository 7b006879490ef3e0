package org.tornadomor.model;

import java.util.Arrays;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.Compact;
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.RowOp.RowSet;
import org.tornadomor.engine.Slot;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * What a kind of router does in a pass over whole sequences, of training or scoring: it decides which rows go on, gates what
 * the block makes of them, adds its own losses, runs its part of the backward, and counts. {@link StepRouter} is its
 * counterpart in decoding. Each kind keeps for itself what it needs to remember of a recursion.
 *
 * <p>Methods called {@code wire...} are called once, to record; what runs then does so within the programs of the pass.
 */
abstract class Routing {
    final RoutingContext context;
    final ForwardContext pass;

    Routing(RoutingContext context) {
        this.context = context;
        this.pass = context.pass();
    }

    /** Uploads what does not change. */
    void fill() {}

    /** The most rows of recursion r, which memory is planned for. */
    int mostRows(int r) {
        return pass.batch().all().max();
    }

    /** Makes the programs with which a recursion decides and leaves; its rows, input and output are known by now. */
    abstract void build(Recursion recursion);

    /** Records what the router notes about rows that run a recursion. */
    void wireEnter(Wiring w, Recursion recursion) {}

    /** Runs on the input of recursion 1, before any decision. */
    abstract void begin();

    /**
     * Decides which candidates go on to a recursion.
     *
     * @param causal decide by what a token can know itself, instead of by comparing the tokens of a sequence
     * @return how many, or -1 if only the device knows
     */
    abstract int decide(Recursion recursion, boolean causal, int sequences);

    /** Puts what the block made of the rows of a recursion into the state. */
    abstract void leave(Recursion recursion);

    /** Tokens run at most this many recursions from now on; the pass itself sees to that, this only tells the router. */
    void setMaxDepth(int depth) {}

    /** Sets the logit above which a token goes on in causal mode: 0 is a probability of one half. */
    void setThreshold(float logit) {}

    /** Sequences have so many tokens from now on. */
    void setLength(int tokens) {}

    /**
     * Sets how many tokens of a sequence each recursion takes in training.
     *
     * @throws IllegalArgumentException if the router has no capacities, or cannot have these
     */
    void setCapacities(int[] k) {
        throw new IllegalArgumentException("a router without capacities");
    }

    /**
     * Records the way back from the state to the output of the block.
     *
     * @param dState [N, d] gradient of the state
     * @param dBlock [R, d] to be filled with the gradient of what the block left
     */
    abstract void wireLeaveBackward(Wiring w, Recursion recursion, Tensor dState, Tensor dBlock);

    /**
     * Records the way back from the input of the block to the state and to what decided. Behind recursion 1, which comes last,
     * {@code dState} is the gradient of the rows that it started from.
     *
     * @param dBlock [R, d] gradient of what the block started from; free for other use afterwards
     */
    abstract void wireEnterBackward(Wiring w, Recursion recursion, Tensor dState, Tensor dBlock);

    /** Records the clearing of all counts, with which a step begins. */
    void wireClear(Wiring w) {}

    /** Ends a step of training: moves what no gradient moves. */
    void end() {}

    /** Places of {@link #load} and {@link #setLoad}; none where nothing is counted that other processes of a step have to know. */
    int loads() {
        return 0;
    }

    /** Reads the tokens of each depth in this step. */
    void load(int[] target) {}

    /** Puts other counts in their place: those of all processes that share the step. */
    void setLoad(int[] counts) {}

    /** Share of tokens whose last recursion is r = 1 .. N_r in this step. */
    abstract void depthShare(double[] target);

    /** Share of decisions, by recursion, where the causal rule would have done the same; zeros where it is the only one. */
    void agreement(float[] target) {
        Arrays.fill(target, 0);
    }

    /** Reads the last recursion of each of the first rows, {@code view} being these rows of the batch's depths. */
    void depths(int[] target, Tensor view, int rows) {
        pass.engine().download(view, target, 0);
    }

    /**
     * Records how the selected candidates of a recursion become its rows, counted by segment and by sequence.
     *
     * @param selected [C] 1 for candidates that go on
     */
    final void wireCompact(Wiring w, Recursion r, Tensor selected) {
        Segments segments = pass.batch().segments();
        Extent from = r.candidates.extent();
        Extent to = r.rows.extent();
        Slot start = w.of(r.rows.start(), segments.bounds());
        w.add(new Compact(
                new RowSet(w.of(r.rows.index(), to), w.of(r.rows.position(), to), start),
                w.of(r.rows.parent(), to),
                w.of(r.rows.ordinal(), to),
                w.of(selected, from),
                new RowSet(
                        w.of(r.candidates.index(), from),
                        w.of(r.candidates.position(), from),
                        w.of(r.candidates.start(), segments.bounds()))));
        if (!segments.areSequences()) {
            w.add(new Gather(w.of(r.rows.sequenceStart()), start, w.of(segments.first())));
        }
    }

    /** Records what collects the candidates' hidden states as compact rows; recursion 1 has all rows already. */
    final Slot wireCandidates(Wiring w, Recursion r) {
        Extent rows = r.candidates.extent();
        if (r.depth == 1) {
            return w.of(context.first(), rows);
        }
        Slot gathered = w.of(pass.scratch().gathered(), rows);
        w.add(new Gather(gathered, w.of(context.state()), w.of(r.candidates.index(), rows)));
        return gathered;
    }
}
