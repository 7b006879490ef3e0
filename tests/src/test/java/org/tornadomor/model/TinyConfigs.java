package org.tornadomor.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Models of every kind that are small enough for finite differences. */
final class TinyConfigs {
    private static final int VOCABULARY = 13;
    private static final int HIDDEN = 8;
    private static final int FFN = 10;
    private static final int MAX_POSITIONS = 32;

    /** The routers that the program comes with; {@link ReferenceModel} knows these. */
    static final RouterKind[] ROUTERS = {RouterKind.NONE, RouterKind.EXPERT_CHOICE, RouterKind.TOKEN_CHOICE};

    private TinyConfigs() {}

    /** Grouped queries, tied embeddings. */
    static ModelConfig grouped(int layers, MorConfig mor) {
        return config(layers, 4, 2, 2, true, mor);
    }

    /** As many key heads as query heads, heads wider than hidden / heads, a head of its own for the vocabulary. */
    static ModelConfig multiHead(int layers, MorConfig mor) {
        return config(layers, 2, 2, 6, false, mor);
    }

    private static ModelConfig config(int layers, int heads, int kvHeads, int headDim, boolean tied, MorConfig mor) {
        return new ModelConfig(
                VOCABULARY, HIDDEN, FFN, layers, heads, kvHeads, headDim, 1e-5, 100, MAX_POSITIONS, tied, 0.02, mor);
    }

    /** Either of the two, by turns. */
    static ModelConfig either(int i, int layers, MorConfig mor) {
        return i % 2 == 0 ? grouped(layers, mor) : multiHead(layers, mor);
    }

    /** The layers of a model with that many sets in its block. */
    static int layers(Sharing sharing, int sets, int recursions) {
        return sets * recursions + (sharing.middle() ? 2 : 0);
    }

    /** By a name that says what it is: every kind of model, every sharing, every way of keys, every router. */
    static Map<String, ModelConfig> everyKind() {
        Map<String, ModelConfig> all = new LinkedHashMap<>();
        all.put("vanilla, grouped", grouped(2, null));
        all.put("vanilla, multi-head", multiHead(3, null));
        recursive(all);
        expertChoice(all);
        tokenChoice(all);
        lowRank(all);
        features(all);
        return all;
    }

    /** Low-rank factors with every sharing, router and way of keys; ranks below and above those of some matrices. */
    private static void lowRank(Map<String, ModelConfig> all) {
        LoraConfig two = new LoraConfig(2, LoraConfig.ALL);
        LoraConfig some = new LoraConfig(6, List.of(LoraTarget.K, LoraTarget.O, LoraTarget.UP));
        for (Sharing sharing : Sharing.values()) {
            for (KvMode kv : List.of(KvMode.RECURSION_WISE, KvMode.SHARED)) {
                MorConfig mor = new MorConfigBuilder(3, RouterKind.NONE)
                        .sharing(sharing)
                        .kv(kv)
                        .lora(all.size() % 4 < 2 ? two : some)
                        .build();
                all.put("low rank, recursive " + sharing + " " + kv, either(all.size(), layers(sharing, 2, 3), mor));
            }
        }
        for (KvMode kv : KvMode.values()) {
            MorConfig mor = MorConfig.expertChoice(3).toBuilder()
                    .kv(kv)
                    .routerAlpha(0.7)
                    .lora(two)
                    .build();
            all.put("low rank, expert " + kv, grouped(layers(mor.sharing(), 2, 3), mor));
        }
        MorConfig token = MorConfig.tokenChoice(2).toBuilder()
                .sharing(Sharing.CYCLE)
                .lora(some)
                .build();
        all.put("low rank, token", multiHead(layers(token.sharing(), 2, 2), token));
    }

    /** What is beyond a plain Llama: each by itself, and all together in models of every kind. */
    private static void features(Map<String, ModelConfig> all) {
        List<ModelConfig> kinds = all.values().stream().toList();
        List<String> names = List.copyOf(all.keySet());
        for (int bit = 1; bit <= Features.NO_POSITIONS; bit *= 2) {
            all.put("vanilla with feature " + bit, Features.with(multiHead(3, null), bit, 3));
        }
        for (int scaling = 1; scaling < 5; scaling++) {
            all.put("vanilla with scaling " + scaling, Features.with(multiHead(2, null), 128 * scaling, 3));
        }
        for (int i = 0; i < kinds.size(); i += 3) {
            int bits = (i % 2 == 0 ? Features.ALL : i * 37 % 128) + 128 * (i % 5);
            all.put("features " + bits + " of " + names.get(i), Features.with(kinds.get(i), bits, 2 + i % 2));
        }
        for (int i = 0; i < kinds.size(); i += 5) {
            if (kinds.get(i).lora() == null) {
                int bits = Features.SANDWICH_NORMS | (i % 2 == 0 ? Features.ALL : 0);
                all.put("sandwich norms of " + names.get(i), Features.with(kinds.get(i), bits, 3));
            }
        }
        for (KvMode kv : List.of(KvMode.RECURSION_WISE, KvMode.SHARED)) {
            all.put("loop norm " + kv, looped(3, RouterKind.NONE, kv, Features.LOOP_NORM));
        }
        all.put("exit gate", looped(3, RouterKind.EXIT_GATE, KvMode.RECURSION_WISE, OURO));
        all.put("exit gate, features", looped(2, RouterKind.EXIT_GATE, KvMode.RECURSION_WISE, OURO | Features.ALL));
    }

    /** What an Ouro has beyond a plain Llama. */
    static final int OURO = Features.SANDWICH_NORMS | Features.LOOP_NORM;

    /** Two layers that run several times. */
    static ModelConfig looped(int recursions, RouterKind router, KvMode kv, int features) {
        ModelConfig plain = Features.with(
                multiHead(2 * recursions, MorConfig.recursive(recursions).withSharing(Sharing.CYCLE)), features, 3);
        return plain.withMor(new MorConfigBuilder(recursions, router)
                .sharing(Sharing.CYCLE)
                .kv(kv)
                .exitThreshold(router.hasExitThreshold() ? 0.5 : 1)
                .build());
    }

    private static void recursive(Map<String, ModelConfig> all) {
        for (Sharing sharing : Sharing.values()) {
            for (KvMode kv : List.of(KvMode.RECURSION_WISE, KvMode.SHARED)) {
                MorConfig mor = new MorConfigBuilder(3, RouterKind.NONE)
                        .sharing(sharing)
                        .kv(kv)
                        .build();
                all.put("recursive " + sharing + " " + kv, either(all.size(), layers(sharing, 2, 3), mor));
            }
        }
    }

    private static void expertChoice(Map<String, ModelConfig> all) {
        int variant = 0;
        for (Sharing sharing : List.of(Sharing.CYCLE, Sharing.MIDDLE_CYCLE)) {
            for (KvMode kv : KvMode.values()) {
                if (kv == KvMode.HYBRID && sharing == Sharing.CYCLE) {
                    continue;
                }
                for (RouterArch arch : RouterArch.values()) {
                    for (RouterActivation activation : List.of(RouterActivation.SIGMOID, RouterActivation.TANH)) {
                        expert(all, variant++, sharing, kv, arch, activation);
                    }
                }
            }
        }
    }

    /** The settings that do not depend on each other change with the bits of {@code variant}, each at its own pace. */
    private static void expert(
            Map<String, ModelConfig> all,
            int variant,
            Sharing sharing,
            KvMode kv,
            RouterArch arch,
            RouterActivation activation) {
        int bits = variant * 11 + 5;
        int n = variant % 5 == 4 ? 2 : 3;
        Gating gating = (bits & 8) != 0 ? Gating.ADDITIVE : Gating.WEIGHTED;
        List<Double> capacity = (bits & 2) != 0 ? List.of(1.0, 0.7, 0.29).subList(0, n) : null;
        double z = (bits & 4) != 0 ? 0.05 : 0;
        boolean aux = (bits & 1) != 0;
        MorConfig mor = new MorConfigBuilder(n, RouterKind.EXPERT_CHOICE)
                .sharing(sharing)
                .kv(kv)
                .routerArch(arch)
                .routerActivation(activation)
                .routerAlpha(0.7)
                .gating(gating)
                .capacity(capacity)
                .zLossCoef(z)
                .auxLossCoef(0.3)
                .auxRouter(aux)
                .causalRouter(aux && variant % 3 != 0 ? CausalRouter.AUX : CausalRouter.MAIN)
                .build();
        String name = "expert " + variant + " " + sharing + " " + kv + " " + arch + " " + activation + " " + gating
                + (capacity == null ? "" : " capacities") + (z == 0 ? "" : " z") + (aux ? " aux router" : "");
        all.put(name, either(variant / 2, layers(sharing, 1 + variant % 2, n), mor));
    }

    private static void tokenChoice(Map<String, ModelConfig> all) {
        int variant = 0;
        for (RouterActivation scores : List.of(RouterActivation.SOFTMAX, RouterActivation.SIGMOID)) {
            for (KvMode kv : List.of(KvMode.RECURSION_WISE, KvMode.SHARED)) {
                for (Gating gating : Gating.values()) {
                    for (Balancing balancing : Balancing.values()) {
                        token(all, variant++, scores, kv, gating, balancing);
                    }
                }
            }
        }
    }

    private static void token(
            Map<String, ModelConfig> all,
            int variant,
            RouterActivation scores,
            KvMode kv,
            Gating gating,
            Balancing balancing) {
        Sharing sharing = variant / 2 % 2 == 0 ? Sharing.MIDDLE_CYCLE : Sharing.CYCLE;
        RouterArch arch = RouterArch.values()[variant % 4 % 3];
        int n = variant % 5 == 3 ? 2 : 3;
        MorConfig mor = new MorConfigBuilder(n, RouterKind.TOKEN_CHOICE)
                .sharing(sharing)
                .kv(kv)
                .routerArch(arch)
                .routerActivation(scores)
                .routerAlpha(variant % 2 == 0 ? 1 : 0.6)
                .gating(gating)
                .balancing(balancing)
                .zLossCoef(variant % 3 == 1 ? 0.05 : 0)
                .build();
        String name = "token " + variant + " " + scores + " " + kv + " " + gating + " " + balancing + " " + sharing
                + " " + arch;
        all.put(name, either(variant / 3, layers(sharing, 1 + variant / 4 % 2, n), mor));
    }

    /** Any model whose settings fit together; norms of fewer than four values are too steep for differences. */
    static ModelConfig random(SplittableRandom random) {
        int kvHeads = 1 + random.nextInt(3);
        int heads = kvHeads * (1 + random.nextInt(3));
        RouterKind router = pick(random, ROUTERS);
        int n = 1 + random.nextInt(4);
        Sharing sharing = router == RouterKind.NONE
                ? pick(random, Sharing.values())
                : pick(random, Sharing.CYCLE, Sharing.MIDDLE_CYCLE);
        MorConfig mor = random.nextInt(8) == 0 ? null : mor(random, router, sharing, n);
        int layers = mor == null ? 1 + random.nextInt(4) : layers(sharing, 1 + random.nextInt(3), n);
        ModelConfig plain = new ModelConfig(
                2 + random.nextInt(40),
                4 + random.nextInt(20),
                1 + random.nextInt(30),
                layers,
                heads,
                kvHeads,
                2 * (1 + random.nextInt(4)),
                1e-5,
                10 + random.nextInt(10000),
                MAX_POSITIONS,
                random.nextBoolean(),
                0.02,
                mor);
        return random.nextBoolean() ? plain : Features.with(plain, random.nextInt(640), 1 + random.nextInt(5));
    }

    private static MorConfig mor(SplittableRandom random, RouterKind router, Sharing sharing, int n) {
        boolean expert = router == RouterKind.EXPERT_CHOICE;
        boolean token = router == RouterKind.TOKEN_CHOICE;
        boolean hybrid = expert && sharing == Sharing.MIDDLE_CYCLE;
        boolean aux = expert && random.nextBoolean();
        MorConfigBuilder builder = new MorConfigBuilder(n, router)
                .sharing(sharing)
                .kv(hybrid ? pick(random, KvMode.values()) : pick(random, KvMode.RECURSION_WISE, KvMode.SHARED))
                .routerArch(pick(random, RouterArch.values()))
                .routerAlpha(0.1 + random.nextDouble())
                .gating(pick(random, Gating.values()))
                .auxLossCoef(random.nextDouble())
                .zLossCoef(random.nextBoolean() ? 0 : 0.1 * random.nextDouble())
                .balancing(pick(random, Balancing.values()))
                .auxRouter(aux)
                .causalRouter(aux && random.nextBoolean() ? CausalRouter.AUX : CausalRouter.MAIN);
        if (expert) {
            builder.routerActivation(pick(random, RouterActivation.SIGMOID, RouterActivation.TANH));
            builder.capacity(random.nextBoolean() ? null : capacities(random, n));
        } else if (token) {
            builder.routerActivation(pick(random, RouterActivation.SOFTMAX, RouterActivation.SIGMOID));
        }
        return builder.build();
    }

    /** Hundredths, not increasing. */
    private static List<Double> capacities(SplittableRandom random, int n) {
        List<Double> shares = new ArrayList<>();
        int hundredths = 100;
        for (int r : IntStream.range(0, n).toArray()) {
            hundredths = r == 0 ? 100 : 1 + random.nextInt(hundredths);
            shares.add(hundredths / 100.0);
        }
        return shares;
    }

    @SafeVarargs
    private static <T> T pick(SplittableRandom random, T... values) {
        return values[random.nextInt(values.length)];
    }
}
