package org.tornadomor.convert;

import java.nio.file.Path;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.files.DType;
import org.tornadomor.model.LayerMap;
import org.tornadomor.model.LoraTarget;
import org.tornadomor.model.ParameterNames;
import org.tornadomor.model.ParameterSpec;
import org.tornadomor.model.ParameterSpecs;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.CheckpointWriter;
import org.tornadomor.model.io.Checkpoints;
import org.tornadomor.model.io.GenerationConfig;
import org.tornadomor.model.io.TokenizerFiles;

/**
 * Writes the checkpoint of a converted model, in float32, with the tokenizer of the original.
 *
 * <p>With low-rank factors the norms before shared layers become ones and their weights go into the matrices that they feed:
 * then the factors can make up for norms that differ from layer to layer, and at full rank nothing of the original is lost.
 */
public final class Conversion {
    /** Elements that are held at once. */
    private static final int CHUNK = 1 << 20;

    private final ConversionPlan plan;
    private final LayerMap map;
    private final SourceLayers source;
    private final Factors factors;
    private final long seed;
    private final float[] values = new float[CHUNK];

    private Conversion(ConversionPlan plan, CheckpointFolder checkpoint, TruncatedSvd svd, LoraInit init, long seed) {
        this.plan = plan;
        this.map = new LayerMap(plan.target());
        this.source = new SourceLayers(checkpoint);
        this.factors = new Factors(plan, source, svd, init, seed);
        this.seed = seed;
    }

    /**
     * Converts.
     *
     * @param checkpoint the original
     * @param folder new or empty
     * @param generation the tokens that begin and end a text
     * @param init of low-rank factors; ignored without them
     * @param engine for {@link LoraInit#SVD}, else null
     * @param seed of routers and factors
     * @return how far each matrix with factors is from the original's
     * @throws UserError if a value is not finite, or the disk refuses
     */
    public static List<Residual> write(
            ConversionPlan plan,
            CheckpointFolder checkpoint,
            Path folder,
            GenerationConfig generation,
            LoraInit init,
            Engine engine,
            long seed) {
        try (CheckpointWriter writer = CheckpointWriter.create(folder, plan.target(), DType.F32);
                TruncatedSvd svd = new TruncatedSvd(engine, seed)) {
            writer.setGeneration(generation);
            Conversion conversion = new Conversion(plan, checkpoint, svd, init, seed);
            for (ParameterSpec spec : ParameterSpecs.of(plan.target())) {
                if (spec.group() != ParameterSpec.Group.LOW_RANK) {
                    conversion.write(spec, writer);
                }
            }
            conversion.writeFactors(writer);
            TokenizerFiles.read(checkpoint.folder()).write(folder);
            writer.commit();
            return conversion.factors.residuals();
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
        if (spec.name().startsWith(ParameterNames.LORA)) {
            writeOwn(spec, writer);
            return;
        }
        int set = weightSet(spec.name());
        boolean fold = set >= map.prefix()
                && set < map.prefix() + map.blockSize()
                && plan.target().lora() != null;
        for (int from = 0; from < spec.elements(); from += CHUNK) {
            int count = Math.min(CHUNK, spec.elements() - from);
            if (set < 0) {
                source.read(spec.name(), from, values, count);
            } else {
                String part = spec.name().substring(ParameterNames.layer(set).length());
                List<Integer> layers = plan.sources().get(set);
                if (fold) {
                    source.folded(layers, part, from, values, count);
                } else {
                    source.mean(layers, part, from, values, count);
                }
            }
            writer.append(spec.name(), values, 0, count);
        }
    }

    /** Writes a bias or a norm of heads, which a layer keeps from the original layer that it stands for. */
    private void writeOwn(ParameterSpec spec, CheckpointWriter writer) {
        String[] layerAndPart =
                spec.name().substring(ParameterNames.LORA.length()).split("\\.", 2);
        int original = plan.kept().get(Integer.parseInt(layerAndPart[0]));
        float[] vector = new float[spec.elements()];
        source.read(ParameterNames.layer(original) + layerAndPart[1], 0, vector, vector.length);
        writer.write(spec.name(), vector, 0);
    }

    /** The weight set that a tensor belongs to, or -1. */
    private int weightSet(String name) {
        for (int u = 0; u < map.numWeightSets(); u++) {
            if (name.startsWith(ParameterNames.layer(u))) {
                return u;
            }
        }
        return -1;
    }

    private void writeFactors(CheckpointWriter writer) {
        for (int l = 0; l < map.numLayers(); l++) {
            for (LoraTarget target : LoraTarget.values()) {
                if (plan.hasFactors(l, target)) {
                    float[][] both = factors.of(l, target);
                    writer.write(ParameterNames.loraDown(l, target), both[0], 0);
                    writer.write(ParameterNames.loraUp(l, target), both[1], 0);
                }
            }
        }
    }
}
