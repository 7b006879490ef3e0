package org.tornadomor.model;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Small configurations for tests. */
public final class Configs {
    private Configs() {}

    /** A plain model of that many layers, 32 wide. */
    public static ModelConfig llama(int layers) {
        return new ModelConfig(64, 32, 48, layers, 4, 2, 8, 1e-5, 10000, 64, true, 0.02, null);
    }

    /** Models of every kind whose settings fit together. */
    public static Arbitrary<ModelConfig> any() {
        Arbitrary<ModelConfig> base = Combinators.combine(
                        Arbitraries.integers().between(1, 300),
                        Arbitraries.integers().between(1, 40),
                        Arbitraries.integers().between(1, 3),
                        Arbitraries.integers().between(1, 3),
                        Arbitraries.of(true, false))
                .as((vocab, hidden, kvHeads, groups, tied) -> new ModelConfig(
                        vocab, hidden, hidden + 3, 4, kvHeads * groups, kvHeads, 4, 1e-6, 5e5, 99, tied, 0.01, null));
        return Combinators.combine(base, mors(), Arbitraries.integers().between(1, 9))
                .as((config, mor, layers) -> {
                    long divides = ModelConfig.nextDividingLayers(layers, mor.sharing(), mor.numRecursions());
                    return mor.numRecursions() == 1 && layers > 5
                            ? config.withNumLayers(layers)
                            : config.withNumLayers((int) divides).withMor(mor);
                });
    }

    private static Arbitrary<MorConfig> mors() {
        Arbitrary<MorConfig> shared = Combinators.combine(
                        Arbitraries.integers().between(1, 4),
                        Arbitraries.of(TinyConfigs.ROUTERS),
                        Arbitraries.of(Sharing.class),
                        Arbitraries.of(RouterArch.class),
                        Arbitraries.of(KvMode.class),
                        Arbitraries.of(Gating.class),
                        Arbitraries.of(Balancing.class),
                        Arbitraries.of(true, false))
                .as(Configs::mor);
        return shared;
    }

    private static MorConfig mor(
            int recursions,
            RouterKind router,
            Sharing sharing,
            RouterArch arch,
            KvMode kv,
            Gating gating,
            Balancing balancing,
            boolean more) {
        boolean expert = router == RouterKind.EXPERT_CHOICE;
        boolean hybrid = expert && sharing == Sharing.MIDDLE_CYCLE;
        MorConfigBuilder builder = new MorConfigBuilder(recursions, router)
                .sharing(router == RouterKind.NONE || sharing.cycle() ? sharing : Sharing.CYCLE)
                .routerArch(arch)
                .kv(kv == KvMode.HYBRID && !hybrid ? KvMode.SHARED : kv)
                .gating(gating)
                .balancing(balancing)
                .zLossCoef(more ? 1e-5 : 0);
        if (expert && more) {
            builder.auxRouter(true)
                    .causalRouter(CausalRouter.AUX)
                    .routerActivation(RouterActivation.TANH)
                    .capacity(List.of(1.0, 0.6, 0.29, 0.01).subList(0, recursions));
        }
        return builder.build();
    }
}
