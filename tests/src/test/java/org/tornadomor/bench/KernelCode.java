package org.tornadomor.bench;

import java.util.List;
import java.util.Random;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.tornado.EngineOptions;
import org.tornadomor.engine.tornado.TornadoEngine;
import org.tornadomor.model.BatchDecoder;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.MorConfigBuilder;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.RouterKind;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.Sharing;
import org.tornadomor.model.io.Checkpoints;

/**
 * Lets TornadoVM compile the kernels of training, scoring and generation and runs none of them: {@code scripts/check-devices}
 * looks at the code. Arguments: a head size, then routers (none expert_choice token_choice).
 */
final class KernelCode {
    private static final int BATCH = 2;
    private static final int TOKENS = 96;
    private static final int VOCABULARY = 257;

    private KernelCode() {}

    public static void main(String[] args) {
        int dim = Integer.parseInt(args[0]);
        for (String name : List.of(args).subList(1, args.length)) {
            compile(config(dim, RouterKind.parse("the router", name)));
            System.err.println("compiled: head size " + dim + ", router " + name);
        }
    }

    private static ModelConfig config(int dim, RouterKind router) {
        MorConfig mor = new MorConfigBuilder(2, router)
                .sharing(Sharing.MIDDLE_CYCLE)
                .auxRouter(router == RouterKind.EXPERT_CHOICE)
                .zLossCoef(router == RouterKind.NONE ? 0 : 0.01)
                .build();
        return new ModelConfig(VOCABULARY, 128, 160, 4, 4, 2, dim, 1e-5, 10000, TOKENS, true, 0.02, mor);
    }

    private static void compile(ModelConfig config) {
        try (Engine engine = new TornadoEngine(EngineOptions.standard().withCompileOnly())) {
            try (TrainingStep step = new TrainingStep(engine, config, BATCH, TOKENS)) {
                step.run();
            }
            int[] ids = new Random(1).ints((long) BATCH * TOKENS, 0, VOCABULARY).toArray();
            try (ParameterSet weights = new ParameterSet(engine, "weights", config)) {
                Checkpoints.initialise(engine, weights, 1);
                try (Scorer scorer = new Scorer(engine, weights, BATCH, TOKENS)) {
                    float[] logits = new float[ids.length * VOCABULARY];
                    scorer.score(ids, ids, BATCH, TOKENS, false, logits);
                    scorer.score(ids, ids, BATCH, TOKENS, true, logits);
                }
                try (BatchDecoder decoder = new BatchDecoder(engine, weights, BATCH, TOKENS, BATCH * TOKENS, 0)) {
                    decoder.setSampling(0, 0.8f, 40, 0.9f, 0, 1.1f);
                    decoder.run(new int[] {3, 1}, ids);
                    decoder.run(new int[] {1, 1}, ids);
                    decoder.sample(new float[BATCH], new int[BATCH]);
                }
                try (BatchDecoder decoder = new BatchDecoder(engine, weights, BATCH, TOKENS, BATCH, 0)) {
                    decoder.run(new int[] {1, 1}, ids);
                }
            }
        }
    }
}
