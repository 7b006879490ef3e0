package org.tornadomor.experiment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;
import org.tornadomor.files.InputFile;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What came out of a run.
 *
 * @param size name of the size
 * @param model name of the model
 * @param budget forward FLOPs or tokens that were asked for
 * @param flops forward FLOPs of its steps, the paper's accounting
 * @param steps taken, those in the trunk included
 * @param tokens trained on
 * @param parameters all, shared ones once
 * @param nonEmbedding of them without the embedding and the routers
 * @param loss on held-out text, routed as in training, nats a token
 * @param lossCausal the same, routed as in generation
 * @param bytesPerToken of the held-out text
 * @param meanDepth mean recursions of a held-out token, routed as in training
 * @param meanDepthCausal the same, routed as in generation
 * @param samplingAccuracy expert-choice: agreement of threshold and top-k at each recursion from the second on
 * @param deadTokenRatio share of positions that never reach the last recursion; null without routing
 * @param seconds of its training steps, those in the trunk included, evaluation and saving left out
 * @param memoryBytes of the engine's arenas at the end, which is their most
 * @param config the configuration that the run was made with, to notice if another one is asked for
 */
public record CellResult(
        String size,
        String model,
        long seed,
        double budget,
        double flops,
        long steps,
        long tokens,
        long parameters,
        long nonEmbedding,
        double loss,
        double lossCausal,
        double bytesPerToken,
        double meanDepth,
        double meanDepthCausal,
        List<Double> samplingAccuracy,
        Double deadTokenRatio,
        double seconds,
        long memoryBytes,
        String config) {
    /** The name of the result's file in the folder of the run; the file is there once the run is done. */
    static final String FILE = "result.json";

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    /** How much higher the loss is when each token decides for itself. */
    public double gap() {
        return lossCausal - loss;
    }

    void write(Path folder) {
        AsideFile.writeText(
                folder.resolve(FILE),
                JsonMapper.shared()
                                .writer()
                                .with(SerializationFeature.INDENT_OUTPUT)
                                .writeValueAsString(this)
                        + "\n");
    }

    /**
     * Reads the result of a run, if it has one.
     *
     * @throws UserError if the file is damaged
     */
    static CellResult read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return null;
        }
        try {
            CellResult result = JSON.readValue(InputFile.text(file), CellResult.class);
            if (result == null
                    || result.size == null
                    || result.model == null
                    || result.samplingAccuracy == null
                    || result.samplingAccuracy.contains(null)
                    || result.config == null) {
                throw new UserError(file + " is damaged: remove it, and the end of the run is measured again");
            }
            return result;
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        } catch (JacksonException e) {
            throw new UserError(file + " is damaged: remove it, and the end of the run is measured again", e);
        }
    }
}
