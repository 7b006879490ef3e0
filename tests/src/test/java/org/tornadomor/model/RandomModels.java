package org.tornadomor.model;

import java.util.List;
import java.util.Random;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Tensor;

/** Small models of every kind, by seed. */
final class RandomModels {
    private RandomModels() {}

    /**
     * A random model; {@code kind} walks through routers and ways to keep keys so that a few dozen meet all of them. Every second one
     * has some of what is beyond a plain Llama.
     */
    static ModelConfig config(Random random, int kind) {
        ModelConfig config = plainLayers(random, kind);
        return kind % 2 == 0
                ? config
                : Features.with(
                        config, new Random(kind).nextInt(640) | (kind % 4 == 1 ? Features.SANDWICH_NORMS : 0), 4);
    }

    private static ModelConfig plainLayers(Random random, int kind) {
        int heads = 1 + random.nextInt(4);
        int kvHeads = heads % 2 == 0 && random.nextBoolean() ? heads / 2 : heads;
        int headDim = 4 * (1 + random.nextInt(3));
        int d = 8 * (1 + random.nextInt(4));
        ModelConfig plain = new ModelConfig(
                11 + random.nextInt(40),
                d,
                8 + random.nextInt(40),
                3,
                heads,
                kvHeads,
                headDim,
                1e-5,
                10000,
                128,
                random.nextBoolean(),
                0.02,
                null);
        if (kind % 9 == 8) {
            return plain;
        }
        int recursions = 2 + random.nextInt(3);
        RouterKind router = TinyConfigs.ROUTERS[kind % 3];
        boolean routed = router != RouterKind.NONE;
        Sharing sharing = routed
                ? (random.nextBoolean() ? Sharing.CYCLE : Sharing.MIDDLE_CYCLE)
                : Sharing.values()[random.nextInt(4)];
        KvMode kv = KvMode.values()[kind / 3 % (router == RouterKind.EXPERT_CHOICE ? 3 : 2)];
        if (kv == KvMode.HYBRID) {
            sharing = Sharing.MIDDLE_CYCLE;
        }
        int block = 1 + random.nextInt(2);
        int layers = block * recursions + (sharing.middle() ? 2 : 0);
        boolean expert = router == RouterKind.EXPERT_CHOICE;
        boolean aux = expert && random.nextBoolean();
        MorConfigBuilder builder = (expert
                        ? MorConfig.expertChoice(recursions)
                        : routed ? MorConfig.tokenChoice(recursions) : MorConfig.recursive(recursions))
                .toBuilder().sharing(sharing).kv(kv);
        if (routed) {
            builder.routerArch(RouterArch.values()[random.nextInt(3)])
                    .gating(Gating.values()[random.nextInt(2)])
                    .routerAlpha(random.nextBoolean() ? 0.1 : 1.0);
        }
        if (expert) {
            builder.auxRouter(aux)
                    .causalRouter(aux && random.nextBoolean() ? CausalRouter.AUX : CausalRouter.MAIN)
                    .routerActivation(random.nextBoolean() ? RouterActivation.SIGMOID : RouterActivation.TANH);
        } else if (routed) {
            builder.routerActivation(random.nextBoolean() ? RouterActivation.SOFTMAX : RouterActivation.SIGMOID)
                    .balancing(Balancing.values()[random.nextInt(3)]);
        }
        return plain.withMor(null).withNumLayers(layers).withMor(builder.build());
    }

    /** Weights large enough that layers, gates and decisions matter. */
    static void initialise(Engine engine, ParameterSet weights, Random random) {
        weights.named().forEach((name, tensor) -> {
            float[] values = new float[tensor.size()];
            boolean vector = tensor.shape().length == 1;
            boolean router = name.contains("router");
            for (int i = 0; i < values.length; i++) {
                double normal = random.nextGaussian();
                boolean norm = vector && !router && !ParameterNames.isBias(name);
                values[i] = (float) (norm ? 1 + 0.1 * normal : (router ? 0.5 : 0.2) * normal);
            }
            engine.upload(tensor, values, 0);
        });
    }

    static String describe(ModelConfig config) {
        MorConfig mor = config.mor();
        String more = config.architecture().described();
        String features = more.isEmpty() ? "" : ", " + more;
        return mor == null
                ? "vanilla" + features
                : String.join(
                        " ",
                        List.of(
                                mor.router().spelling(),
                                mor.sharing().spelling(),
                                mor.kv().spelling(),
                                mor.routerArch().spelling(),
                                "N_r=" + mor.numRecursions() + features));
    }

    /** All values of a tensor. */
    static float[] values(Engine engine, Tensor tensor) {
        float[] values = new float[tensor.size()];
        engine.download(tensor, values, 0);
        return values;
    }
}
