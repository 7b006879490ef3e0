package org.tornadomor.model;

import java.util.List;
import java.util.Set;
import org.tornadomor.UserError;

/**
 * A gate behind each recursion, one for all of them, that says how probable it is that a token which is still there leaves (Ouro, arXiv
 * 2510.25741): in decoding, where a token leaves when the probability that it has left reaches {@code mor.exit_threshold}.
 * Passes over whole sequences run at full depth. Nothing here trains the gate: it stays as the checkpoint brings it.
 */
final class ExitGate extends RouterKind {
    ExitGate() {
        super("exit_gate");
    }

    @Override
    public boolean routes() {
        return false;
    }

    @Override
    public Set<ExitRule.By> exits() {
        return Set.of(ExitRule.By.GATE, ExitRule.By.SOFTMAX, ExitRule.By.STATE);
    }

    @Override
    public boolean hasExitThreshold() {
        return true;
    }

    @Override
    ExitRule defaultExit(MorConfig mor) {
        return mor.exitThreshold() < 1 ? new ExitRule(ExitRule.By.GATE, mor.exitThreshold()) : ExitRule.NONE;
    }

    @Override
    Sharing defaultSharing() {
        return Sharing.CYCLE;
    }

    @Override
    void checkArch(RouterArch arch) {
        if (arch != RouterArch.LINEAR) {
            throw new UserError("mor.router_arch " + arch.spelling() + " does not work with mor.router " + spelling()
                    + ", which is one row; use linear");
        }
    }

    @Override
    double[] plannedShare(MorConfig mor) {
        return NONE.plannedShare(mor);
    }

    @Override
    public List<RouterParameter> parameters(ModelConfig config) {
        return List.of(
                RouterParameter.fixed(ParameterNames.EXIT_GATE, 1),
                RouterParameter.bias(ParameterNames.EXIT_GATE_BIAS, 1, true));
    }

    @Override
    Routing routing(RoutingContext context) {
        return NONE.routing(context);
    }

    @Override
    StepRouter step(DecodeState state) {
        return new ExitStep(state);
    }
}
