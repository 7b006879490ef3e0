package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.UserError;

/**
 * Every recursion has a router that picks its tokens among those that are still active (paper 2.2.1): {@link ExpertRouting}
 * trains it with the top k of each sequence, which looks ahead, and {@link ExpertStep} decides by a threshold.
 */
final class ExpertChoice extends RouterKind {
    ExpertChoice() {
        super("expert_choice");
    }

    @Override
    public boolean looksAhead() {
        return true;
    }

    @Override
    public boolean hasCapacities() {
        return true;
    }

    @Override
    public boolean hasThreshold() {
        return true;
    }

    @Override
    boolean hasAuxRouters() {
        return true;
    }

    @Override
    boolean allowsHybridKeys() {
        return true;
    }

    @Override
    void checkActivation(RouterActivation activation) {
        if (activation == RouterActivation.SOFTMAX) {
            throw new UserError("mor.router_activation softmax is for token_choice only; expert_choice has one logit"
                    + " for each recursion, use sigmoid or tanh");
        }
    }

    @Override
    public List<RouterParameter> parameters(ModelConfig config) {
        List<RouterParameter> parameters = new ArrayList<>();
        for (int r = 1; r <= config.recursions(); r++) {
            parameters.add(RouterParameter.network(ParameterNames.expertRouter(r - 1), 1, r));
        }
        for (int r = 1; r <= config.recursions() && config.mor().auxRouter(); r++) {
            parameters.add(RouterParameter.auxiliary(ParameterNames.auxRouter(r - 1), 1, r));
        }
        return parameters;
    }

    @Override
    double[] plannedShare(MorConfig mor) {
        return mor.capacity() == null
                ? super.plannedShare(mor)
                : mor.capacity().stream().mapToDouble(Double::doubleValue).toArray();
    }

    @Override
    Routing routing(RoutingContext context) {
        return new ExpertRouting(context);
    }

    @Override
    StepRouter step(DecodeState state) {
        return new ExpertStep(state);
    }
}
