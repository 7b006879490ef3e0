package org.tornadomor.model;

import java.util.List;

/** Builds a {@link MorConfig}; what is not set has the default of {@code config.json}. Checked by {@link #build}. */
public final class MorConfigBuilder {
    private final int numRecursions;
    private final RouterKind router;
    private Sharing sharing;
    private RouterArch routerArch = RouterArch.LINEAR;
    private RouterActivation routerActivation;
    private double routerAlpha;
    private Gating gating = Gating.WEIGHTED;
    private List<Double> capacity;
    private KvMode kv = KvMode.RECURSION_WISE;
    private CausalRouter causalRouter = CausalRouter.MAIN;
    private double auxLossCoef = 0.001;
    private double balanceLossCoef = 0.1;
    private double zLossCoef;
    private Balancing balancing = Balancing.LOSS;
    private double biasUpdateRate = 0.001;
    private boolean auxRouter;
    private double exitThreshold = 1;
    private LoraConfig lora;

    /** All defaults; activation (sigmoid or softmax) and alpha (0.1 or 1) follow the kind of router. */
    public MorConfigBuilder(int numRecursions, RouterKind router) {
        this.numRecursions = numRecursions;
        this.router = router;
        sharing = router.defaultSharing();
        routerActivation = router.defaultActivation();
        routerAlpha = router.defaultAlpha();
    }

    MorConfigBuilder(MorConfig from) {
        numRecursions = from.numRecursions();
        router = from.router();
        sharing = from.sharing();
        routerArch = from.routerArch();
        routerActivation = from.routerActivation();
        routerAlpha = from.routerAlpha();
        gating = from.gating();
        capacity = from.capacity();
        kv = from.kv();
        causalRouter = from.causalRouter();
        auxLossCoef = from.auxLossCoef();
        balanceLossCoef = from.balanceLossCoef();
        zLossCoef = from.zLossCoef();
        balancing = from.balancing();
        biasUpdateRate = from.biasUpdateRate();
        auxRouter = from.auxRouter();
        exitThreshold = from.exitThreshold();
        lora = from.lora();
    }

    /** Sets {@link MorConfig#sharing}. */
    public MorConfigBuilder sharing(Sharing value) {
        sharing = value;
        return this;
    }

    /** Sets {@link MorConfig#routerArch}. */
    public MorConfigBuilder routerArch(RouterArch value) {
        routerArch = value;
        return this;
    }

    /** Sets {@link MorConfig#routerActivation}. */
    public MorConfigBuilder routerActivation(RouterActivation value) {
        routerActivation = value;
        return this;
    }

    /** Sets {@link MorConfig#routerAlpha}. */
    public MorConfigBuilder routerAlpha(double value) {
        routerAlpha = value;
        return this;
    }

    /** Sets {@link MorConfig#gating}. */
    public MorConfigBuilder gating(Gating value) {
        gating = value;
        return this;
    }

    /** Sets {@link MorConfig#capacity}. */
    public MorConfigBuilder capacity(List<Double> value) {
        capacity = value;
        return this;
    }

    /** Sets {@link MorConfig#kv}. */
    public MorConfigBuilder kv(KvMode value) {
        kv = value;
        return this;
    }

    /** Sets {@link MorConfig#causalRouter}. */
    public MorConfigBuilder causalRouter(CausalRouter value) {
        causalRouter = value;
        return this;
    }

    /** Sets {@link MorConfig#auxLossCoef}. */
    public MorConfigBuilder auxLossCoef(double value) {
        auxLossCoef = value;
        return this;
    }

    /** Sets {@link MorConfig#balanceLossCoef}. */
    public MorConfigBuilder balanceLossCoef(double value) {
        balanceLossCoef = value;
        return this;
    }

    /** Sets {@link MorConfig#zLossCoef}. */
    public MorConfigBuilder zLossCoef(double value) {
        zLossCoef = value;
        return this;
    }

    /** Sets {@link MorConfig#balancing}. */
    public MorConfigBuilder balancing(Balancing value) {
        balancing = value;
        return this;
    }

    /** Sets {@link MorConfig#biasUpdateRate}. */
    public MorConfigBuilder biasUpdateRate(double value) {
        biasUpdateRate = value;
        return this;
    }

    /** Sets {@link MorConfig#auxRouter}. */
    public MorConfigBuilder auxRouter(boolean value) {
        auxRouter = value;
        return this;
    }

    /** Sets {@link MorConfig#exitThreshold}. */
    public MorConfigBuilder exitThreshold(double value) {
        exitThreshold = value;
        return this;
    }

    /** Sets {@link MorConfig#lora}. */
    public MorConfigBuilder lora(LoraConfig value) {
        lora = value;
        return this;
    }

    /**
     * The configuration.
     *
     * @throws org.tornadomor.UserError if the values do not fit together
     */
    public MorConfig build() {
        return new MorConfig(
                numRecursions,
                sharing,
                router,
                routerArch,
                routerActivation,
                routerAlpha,
                gating,
                capacity,
                kv,
                causalRouter,
                auxLossCoef,
                balanceLossCoef,
                zLossCoef,
                balancing,
                biasUpdateRate,
                auxRouter,
                exitThreshold,
                lora);
    }
}
