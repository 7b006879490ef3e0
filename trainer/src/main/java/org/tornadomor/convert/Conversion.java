package org.tornadomor.convert;

import java.nio.file.Path;
import org.tornadomor.UserError;
import org.tornadomor.model.Checkpoints;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.CheckpointWriter;
import org.tornadomor.model.io.DType;
import org.tornadomor.model.io.GenerationConfig;
import org.tornadomor.model.io.ParameterNames;
import org.tornadomor.model.io.ParameterSpec;
import org.tornadomor.model.io.ParameterSpecs;
import org.tornadomor.model.io.TokenizerFiles;

/** Writes the checkpoint of a converted model, in float32, with the tokenizer of the original. */
public final class Conversion {
    /** Elements that are held at once. */
    private static final int CHUNK = 1 << 20;

    private final ConversionPlan plan;
    private final SourceLayers source;
    private final long seed;
    private final float[] values = new float[CHUNK];

    private Conversion(ConversionPlan plan, CheckpointFolder checkpoint, long seed) {
        this.plan = plan;
        this.source = new SourceLayers(checkpoint);
        this.seed = seed;
    }

    /**
     * Converts.
     *
     * @param checkpoint the original
     * @param folder new or empty
     * @param generation the tokens that begin and end a text
     * @param seed of the routers' random weights
     * @throws UserError if a value is not finite, or the disk refuses
     */
    public static void write(
            ConversionPlan plan, CheckpointFolder checkpoint, Path folder, GenerationConfig generation, long seed) {
        try (CheckpointWriter writer = CheckpointWriter.create(folder, plan.target(), DType.F32)) {
            writer.setGeneration(generation);
            Conversion conversion = new Conversion(plan, checkpoint, seed);
            for (ParameterSpec spec : ParameterSpecs.of(plan.target())) {
                conversion.write(spec, writer);
            }
            TokenizerFiles.read(checkpoint.folder()).write(folder);
            writer.commit();
        }
    }

    private void write(ParameterSpec spec, CheckpointWriter writer) {
        if (plan.target().router().owns(plan.target(), spec.name())) {
            float[] initial = spec.trainable()
                    ? Checkpoints.initial(plan.target(), spec.name(), spec.shape(), seed)
                    : new float[spec.elements()];
            writer.write(spec.name(), initial, 0);
            return;
        }
        int set = weightSet(spec.name());
        for (int from = 0; from < spec.elements(); from += CHUNK) {
            int count = Math.min(CHUNK, spec.elements() - from);
            if (set < 0) {
                source.read(spec.name(), from, values, count);
            } else {
                String part = spec.name().substring(ParameterNames.layer(set).length());
                source.mean(plan.sources().get(set), part, from, values, count);
            }
            writer.append(spec.name(), values, 0, count);
        }
    }

    /** The weight set that a tensor belongs to, or -1. */
    private int weightSet(String name) {
        for (int u = 0; u < new LayerMap(plan.target()).numWeightSets(); u++) {
            if (name.startsWith(ParameterNames.layer(u))) {
                return u;
            }
        }
        return -1;
    }
}
