package org.tornadomor.model;

import java.util.List;
import org.tornadomor.UserError;

/**
 * The {@code mor} object of {@code config.json}: how layers are shared, who routes, what is cached, which losses are
 * added. The constructor refuses what cannot be; {@link ModelConfig} checks it against the layers.
 *
 * @param numRecursions N_r, at least 1
 * @param sharing which layers share weights
 * @param router who routes; {@code NONE} is a recursive model
 * @param routerArch shape of the routers (and of the auxiliary ones)
 * @param routerActivation sigmoid or tanh for expert-choice, softmax or sigmoid for token-choice
 * @param routerAlpha gate = alpha x activation
 * @param gating whether the gate multiplies the block's output
 * @param capacity expert-choice: the share of a row's tokens at each recursion, first 1, never increasing;
 *     null = (N_r - r + 1) / N_r exactly
 * @param kv which keys and values the recursions read
 * @param causalRouter whose logit decides in causal mode
 * @param auxLossCoef coefficient of the router's binary cross-entropy, expert-choice
 * @param balanceLossCoef coefficient of the balancing loss, token-choice
 * @param zLossCoef coefficient of the mean squared log-sum-exp of the router logits
 * @param balancing token-choice: by a loss, by a bias, or not at all
 * @param biasUpdateRate token-choice, loss-free balancing: step of the bias
 * @param auxRouter expert-choice: whether auxiliary routers exist
 * @param exitThreshold of an exit gate: in decoding a token leaves when its probability of having left reaches this; 1 = never
 *     before the last recursion
 * @param lora low-rank factors that tell the layers of one weight set apart, or null
 */
public record MorConfig(
        int numRecursions,
        Sharing sharing,
        RouterKind router,
        RouterArch routerArch,
        RouterActivation routerActivation,
        double routerAlpha,
        Gating gating,
        List<Double> capacity,
        KvMode kv,
        CausalRouter causalRouter,
        double auxLossCoef,
        double balanceLossCoef,
        double zLossCoef,
        Balancing balancing,
        double biasUpdateRate,
        boolean auxRouter,
        double exitThreshold,
        LoraConfig lora) {

    /** @throws UserError naming the key, the cause and the fix */
    public MorConfig {
        Checks.positive("mor.num_recursions", numRecursions);
        Checks.finite("mor.router_alpha", routerAlpha);
        Checks.notNegative("mor.aux_loss_coef", auxLossCoef);
        Checks.notNegative("mor.balance_loss_coef", balanceLossCoef);
        Checks.notNegative("mor.z_loss_coef", zLossCoef);
        Checks.notNegative("mor.bias_update_rate", biasUpdateRate);
        if (capacity != null) {
            capacity = List.copyOf(capacity);
            checkCapacity(capacity, numRecursions);
        }
        Checks.share("mor.exit_threshold", exitThreshold);
        router.checkArch(routerArch);
        checkRouting(sharing, router, routerActivation, capacity);
        checkKv(kv, router, sharing);
        checkAuxRouter(router, auxRouter, causalRouter);
    }

    private static void checkCapacity(List<Double> capacity, int numRecursions) {
        if (capacity.size() != numRecursions) {
            throw new UserError("mor.capacity has " + capacity.size() + " entries for " + numRecursions
                    + " recursions; give one share of the tokens for each recursion");
        }
        double previous = 1;
        for (int r = 1; r <= numRecursions; r++) {
            double c = capacity.get(r - 1);
            if (r == 1 && c != 1) {
                throw new UserError("mor.capacity starts with " + c
                        + "; the first recursion takes every token, so the first entry must be 1");
            }
            if (!(c > 0)) {
                throw new UserError("mor.capacity of recursion " + r + " is " + c + "; shares lie above 0 and up to 1");
            }
            if (c > previous) {
                throw new UserError("mor.capacity increases from " + previous + " to " + c + " at recursion " + r
                        + "; only tokens of the recursion before can go on, so give shares that do not increase");
            }
            previous = c;
        }
    }

    private static void checkRouting(
            Sharing sharing, RouterKind router, RouterActivation activation, List<Double> capacity) {
        if (router.routes() && !sharing.cycle()) {
            throw new UserError("mor.router " + router.spelling() + " does not work with mor.sharing "
                    + sharing.spelling() + "; use cycle or middle_cycle, where a recursion is one run of layers");
        }
        router.checkActivation(activation);
        if (router.hasExitThreshold() && sharing != Sharing.CYCLE) {
            throw new UserError("mor.router " + router.spelling() + " does not work with mor.sharing "
                    + sharing.spelling() + "; use cycle, where each recursion ends where the head begins");
        }
        if (!router.hasCapacities() && capacity != null) {
            throw new UserError("mor.capacity is for expert_choice only; remove it or set mor.router to expert_choice");
        }
    }

    private static void checkKv(KvMode kv, RouterKind router, Sharing sharing) {
        if (kv == KvMode.HYBRID && (!router.allowsHybridKeys() || sharing != Sharing.MIDDLE_CYCLE)) {
            throw new UserError("mor.kv hybrid needs mor.router expert_choice and mor.sharing middle_cycle, not "
                    + router.spelling() + " and " + sharing.spelling() + "; use recursion_wise or shared");
        }
    }

    private static void checkAuxRouter(RouterKind router, boolean auxRouter, CausalRouter causalRouter) {
        if (auxRouter && !router.hasAuxRouters()) {
            throw new UserError("mor.aux_router is for expert_choice only; set it to false");
        }
        if (causalRouter == CausalRouter.AUX && !auxRouter) {
            throw new UserError("mor.causal_router aux needs mor.aux_router true; without auxiliary routers use main");
        }
    }

    /** A recursive model: shared layers, full depth for every token; middle_cycle. */
    public static MorConfig recursive(int numRecursions) {
        return new MorConfigBuilder(numRecursions, RouterKind.NONE).build();
    }

    /** The paper's best model: middle_cycle, expert-choice, recursion-wise keys and values, auxiliary loss. */
    public static MorConfig expertChoice(int numRecursions) {
        return new MorConfigBuilder(numRecursions, RouterKind.EXPERT_CHOICE).build();
    }

    /** Token-choice with the balancing loss; middle_cycle. */
    public static MorConfig tokenChoice(int numRecursions) {
        return new MorConfigBuilder(numRecursions, RouterKind.TOKEN_CHOICE).build();
    }

    /** A builder that starts from these values. */
    public MorConfigBuilder toBuilder() {
        return new MorConfigBuilder(this);
    }

    /** A copy with other key and value sharing. */
    public MorConfig withKv(KvMode value) {
        return toBuilder().kv(value).build();
    }

    /** A copy with other capacities; null = (N_r - r + 1) / N_r exactly. */
    public MorConfig withCapacity(List<Double> value) {
        return toBuilder().capacity(value).build();
    }

    /** A copy with other layer sharing. */
    public MorConfig withSharing(Sharing value) {
        return toBuilder().sharing(value).build();
    }

    /** A copy with other low-rank factors; null takes them away. */
    public MorConfig withLora(LoraConfig value) {
        return toBuilder().lora(value).build();
    }

    /** A copy with another router shape. */
    public MorConfig withRouterArch(RouterArch value) {
        return toBuilder().routerArch(value).build();
    }
}
