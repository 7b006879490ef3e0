package org.tornadomor.trainer;

import java.nio.file.Path;
import java.util.List;
import org.tornadomor.PublicApi;

/**
 * How a run ended. Losses are not a number where nothing was measured.
 *
 * @param checkpoint the last one, or null
 * @param step steps taken, all sessions together
 * @param tokens trained on, all sessions together
 * @param finished whether the run is complete; else it was stopped and can go on
 * @param loss of the last step: what is minimised
 * @param lmLoss of the last step
 * @param evaluation the last one, or null
 * @param depthShare of the last step
 * @param seconds of the whole run, all sessions together
 * @param tokensPerSecond of this session, evaluation and saving left out
 * @param gflopsPerSecond the same in model FLOPs ({@link org.tornadomor.model.Flops#trainingPerToken})
 * @param memoryBytes of the engine
 */
@PublicApi
public record TrainingSummary(
        Path folder,
        Path checkpoint,
        long step,
        long tokens,
        boolean finished,
        double loss,
        double lmLoss,
        EvalMetrics evaluation,
        List<Double> depthShare,
        double seconds,
        double tokensPerSecond,
        double gflopsPerSecond,
        long memoryBytes) {
    public TrainingSummary {
        depthShare = List.copyOf(depthShare);
    }
}
