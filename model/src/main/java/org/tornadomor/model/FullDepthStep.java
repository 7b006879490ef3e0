package org.tornadomor.model;

import org.tornadomor.engine.RowOp.Scatter;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/** No router: every row runs all recursions, each on what the one before left. */
final class FullDepthStep implements StepRouter {
    private final DecodeState state;

    FullDepthStep(DecodeState state) {
        this.state = state;
    }

    @Override
    public void wireEnter(Wiring w, DecodeRows entering, Tensor x) {}

    @Override
    public void entered(DecodeRows entering) {}

    @Override
    public void wireLeave(Wiring w, RunningRows running, Tensor f) {
        DecodeRows rows = running.rows;
        w.add(new Scatter(w.of(state.hidden()), w.of(f, rows.extent), w.of(rows.slots, rows.extent)));
    }

    @Override
    public void running(RunningRows running) {}

    @Override
    public void decide(RunningRows running) {
        for (int i = 0; i < running.count(); i++) {
            running.goesOn[i] = running.depth[i] < running.deepest[i];
        }
    }
}
