package org.tornadomor.trainer;

import java.nio.file.Path;
import org.tornadomor.PublicApi;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterCount;

/** Hears what a run does, on the thread that trains. */
@PublicApi
public interface TrainingListener {
    /** Nobody listens. */
    TrainingListener NONE = new TrainingListener() {};

    /**
     * What a run is about to do.
     *
     * @param engine what computes
     * @param memoryBytes of the engine
     * @param text what it trains on
     * @param trainingTokens in the text
     * @param validationTokens held out
     * @param firstStep the first step to take: 1, or later in a run that goes on
     */
    record Start(
            Path folder,
            TrainingConfig config,
            ModelConfig model,
            ParameterCount parameters,
            String engine,
            long memoryBytes,
            String text,
            long trainingTokens,
            long validationTokens,
            RunLength length,
            long firstStep) {}

    /** Everything is ready. */
    default void started(Start start) {}

    /**
     * A step was taken.
     *
     * @param progress of the whole run, 0 to 1
     */
    default void step(StepMetrics metrics, double progress) {}

    /** Workers of a cluster exchanged what they computed; before the steps that they took for it. */
    default void exchanged(ExchangeMetrics metrics) {}

    /** An evaluation was made. */
    default void evaluated(EvalMetrics metrics) {}

    /** A checkpoint is on the disk. */
    default void saved(long step, Path checkpoint) {}

    /** Something that the person should know, in one line. */
    default void message(String text) {}
}
