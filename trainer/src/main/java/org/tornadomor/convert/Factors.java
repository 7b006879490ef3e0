package org.tornadomor.convert;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.LoraTarget;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterNames;
import org.tornadomor.model.io.Checkpoints;

/** Computes the low-rank factors of a converted model, one map of one layer at a time. */
final class Factors {
    private final ConversionPlan plan;
    private final SourceLayers source;
    private final TruncatedSvd svd;
    private final LoraInit init;
    private final long seed;
    private final List<Residual> residuals = new ArrayList<>();

    /** @param svd null where nothing is decomposed */
    Factors(ConversionPlan plan, SourceLayers source, TruncatedSvd svd, LoraInit init, long seed) {
        this.plan = plan;
        this.source = source;
        this.svd = svd;
        this.init = init;
        this.seed = seed;
    }

    /** How far each matrix is from the original's, without and with its factors. */
    List<Residual> residuals() {
        return residuals;
    }

    /** The factors of a map of an unrolled layer: A [rank, inputs], then B, transposed [rank, outputs]. */
    float[][] of(int layer, LoraTarget target) {
        ModelConfig config = plan.target();
        int outputs = target.outputs(config);
        int inputs = target.inputs(config);
        int rank = config.lora().rank(config, target);
        String part = target.module() + ".weight";
        int count = Math.multiplyExact(outputs, inputs);
        float[] own = new float[count];
        float[] shared = new float[count];
        source.folded(List.of(plan.kept().get(layer)), part, 0, own, count);
        source.folded(plan.sources().get(new LayerMap(config).weightSet(layer)), part, 0, shared, count);
        double norm = norm(own);
        for (int i = 0; i < count; i++) {
            own[i] -= shared[i];
        }
        double difference = norm(own);
        float[] down =
                Checkpoints.initial(config, ParameterNames.loraDown(layer, target), new int[] {rank, inputs}, seed);
        float[] up = new float[rank * outputs];
        double left = difference;
        if (init == LoraInit.SVD && difference > 0) {
            TruncatedSvd.Factors factors = svd.of(own, outputs, inputs, rank);
            down = factors.down();
            up = factors.up();
            left = factors.left();
        }
        residuals.add(new Residual(layer, target, rank, share(difference, norm), share(left, norm)));
        return new float[][] {down, up};
    }

    private static double share(double part, double whole) {
        return whole == 0 ? 0 : part / whole;
    }

    private static double norm(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }
}
