package org.tornadomor.model;

import java.util.List;
import org.tornadomor.UserError;

/**
 * One router gives each token its depth before the first recursion (paper 2.2.1), which needs balancing: {@link TokenRouting} in
 * training and scoring, {@link TokenStep} in decoding.
 */
final class TokenChoice extends RouterKind {
    TokenChoice() {
        super("token_choice");
    }

    @Override
    public boolean balances() {
        return true;
    }

    @Override
    RouterActivation defaultActivation() {
        return RouterActivation.SOFTMAX;
    }

    @Override
    double defaultAlpha() {
        return 1;
    }

    @Override
    void checkActivation(RouterActivation activation) {
        if (activation == RouterActivation.TANH) {
            throw new UserError(
                    "mor.router_activation tanh is for expert_choice only; use softmax or sigmoid with token_choice");
        }
    }

    @Override
    public List<RouterParameter> parameters(ModelConfig config) {
        int n = config.recursions();
        boolean moves = config.mor().balancing() == Balancing.LOSS_FREE;
        return List.of(
                RouterParameter.network(ParameterNames.TOKEN_ROUTER, n, 1),
                RouterParameter.bias(ParameterNames.ROUTER_BIAS, n, moves));
    }

    @Override
    Routing routing(RoutingContext context) {
        return new TokenRouting(context);
    }

    @Override
    StepRouter step(DecodeState state) {
        return new TokenStep(state);
    }
}
