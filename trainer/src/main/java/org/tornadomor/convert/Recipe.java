package org.tornadomor.convert;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.tornadomor.engine.Engine;
import org.tornadomor.files.Checksums;
import org.tornadomor.model.MorConfig;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.GenerationConfig;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;
import org.tornadomor.tokenizer.Tokenizers;

/**
 * How a plain model is converted.
 *
 * @param mor what the converted model adds to a Llama
 * @param initialisation which layers the shared ones begin with
 * @param factors what low-rank factors begin with; ignored without them
 * @param selection which layers take part
 * @param seed of what is left to chance: {@link Initialisation#RANDOM}, routers and factors
 */
public record Recipe(
        MorConfig mor, Initialisation initialisation, LoraInit factors, LayerSelection selection, long seed) {
    /**
     * What the conversion of a model will do.
     *
     * @throws org.tornadomor.UserError if the model cannot be converted, or its layers do not divide
     */
    public ConversionPlan plan(CheckpointFolder original) {
        return ConversionPlan.of(original.config(), original.path(), mor, initialisation, selection, seed);
    }

    /**
     * Converts a model, whose checksums are compared first.
     *
     * @param plan of {@link #plan}
     * @param folder new or empty
     * @param engines opens the engine that low-rank factors are computed on, if there are any to compute
     * @return how far each matrix with factors is from the original's
     * @throws org.tornadomor.UserError if the model is damaged, a value is not finite, or the disk refuses
     */
    public List<Residual> write(ConversionPlan plan, CheckpointFolder original, Path folder, Supplier<Engine> engines) {
        Checksums.verify(original.folder());
        boolean decomposes = plan.target().lora() != null && factors == LoraInit.SVD;
        try (Engine products = decomposes ? engines.get() : null;
                Tokenizer tokenizer = Tokenizers.forCheckpoint(
                                original.folder(), original.config().vocabSize())
                        .orElse(null)) {
            GenerationConfig generation =
                    TextBoundaries.of(original.folder(), tokenizer).generation();
            return Conversion.write(plan, original, folder, generation, factors, products, seed);
        }
    }
}
