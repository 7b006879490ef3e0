package org.tornadomor.serving;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.tornadomor.model.Architecture;
import org.tornadomor.model.ExitRule;
import org.tornadomor.model.KvMode;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.MorConfigBuilder;
import org.tornadomor.model.RouterKind;
import org.tornadomor.model.Sharing;

/** Small models and requests to them. */
final class Requests {
    static final int CONTEXT = 64;

    private Requests() {}

    private static ModelConfig config(int layers, Architecture architecture, double range, MorConfig mor) {
        return new ModelConfig(50, 16, 24, layers, 2, 1, 8, 1e-5, 10000, CONTEXT, true, range, architecture, mor);
    }

    /** A small model: 0 to 4 are kinds of routers and keys, 5 is vanilla, 6 and 7 let tokens leave, 7 by a gate. */
    static ModelConfig config(int kind) {
        Architecture architecture = kind == 7 ? Architecture.LLAMA.withNorms(true, true) : Architecture.LLAMA;
        // With so many norms large weights make attention sharp, and roundings count.
        return config(kind < 6 ? 5 : 6, architecture, kind == 7 ? 0.3 : 0.6, mor(kind));
    }

    private static MorConfig mor(int kind) {
        return switch (kind) {
            case 0 -> MorConfig.expertChoice(3);
            case 1 -> MorConfig.tokenChoice(3);
            case 2 -> MorConfig.recursive(3);
            case 3 -> MorConfig.expertChoice(3).withKv(KvMode.SHARED);
            case 4 -> MorConfig.expertChoice(3).withKv(KvMode.HYBRID);
            case 6 -> MorConfig.recursive(3).withSharing(Sharing.CYCLE);
            case 7 ->
                new MorConfigBuilder(3, RouterKind.EXIT_GATE)
                        .sharing(Sharing.CYCLE)
                        .exitThreshold(0.7)
                        .build();
            default -> null;
        };
    }

    /** A request at random, which may begin as an earlier one. */
    static Request draw(Random random, ModelConfig config, List<Request> earlier) {
        int[] prompt =
                random.ints(1 + random.nextInt(40), 0, config.vocabSize()).toArray();
        if (!earlier.isEmpty() && random.nextBoolean()) {
            int[] like = earlier.get(random.nextInt(earlier.size())).prompt();
            System.arraycopy(like, 0, prompt, 0, Math.min(like.length, prompt.length));
        }
        Request.Sampling sampling = random.nextBoolean()
                ? Request.Sampling.GREEDY
                : new Request.Sampling(
                        1.2,
                        random.nextInt(20),
                        0.95,
                        random.nextBoolean() ? 0 : 0.1 * random.nextDouble(),
                        random.nextBoolean() ? 1 : 1.3);
        int[] ends = random.nextBoolean() ? new int[0] : new int[] {7};
        int depth = random.nextInt(3) > 0 ? 0 : 1 + random.nextInt(config.recursions());
        Extras extras = random.nextInt(3) > 0 ? Extras.NONE : extras(random, config);
        return new Request(
                prompt,
                random.nextInt(40),
                sampling,
                random.nextInt(),
                ends,
                0.4 + 0.2 * random.nextDouble(),
                depth,
                ExitRule.fits(ExitRule.By.STATE, config) ? exit(random, config) : null,
                extras);
    }

    /** Any rule that the model knows, or its own. */
    private static ExitRule exit(Random random, ModelConfig config) {
        List<ExitRule.By> rules = Stream.of(ExitRule.By.values())
                .filter(by -> ExitRule.fits(by, config))
                .toList();
        ExitRule.By by = rules.get(random.nextInt(rules.size()));
        return random.nextInt(4) == 0 ? null : new ExitRule(by, 0.1 + 0.8 * random.nextDouble());
    }

    private static Extras extras(Random random, ModelConfig config) {
        int scores = random.nextInt(5) - 1;
        return new Extras(
                random.nextBoolean() ? Map.of() : Map.of(random.nextInt(config.vocabSize()), 4 * random.nextGaussian()),
                random.nextBoolean() ? 0 : random.nextDouble(),
                random.nextBoolean() ? 0 : random.nextDouble(),
                scores,
                scores >= 0 && random.nextBoolean(),
                random.nextInt(4) == 0);
    }
}
