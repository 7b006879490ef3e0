package org.tornadomor.cli.evaluation;

import java.util.function.Supplier;
import org.tornadomor.cli.options.EngineOptions;
import org.tornadomor.cli.options.LoadedModel;
import org.tornadomor.cli.options.WorkReport;
import org.tornadomor.data.TextSource;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.terminal.Progress;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;

/** The loss of several models on one text, as {@code evaluate} measures it. */
public final class LossOnText implements AutoCloseable {
    /** Tokens of a window at most. */
    private static final int CONTEXT = 1024;

    private final Tokenizer tokenizer;
    private final TextBoundaries texts;
    private final EvaluationText text;
    private final Integer context;

    private LossOnText(CheckpointFolder checkpoint, Tokenizer tokenizer, long maxTokens, Integer context) {
        this.context = context;
        this.tokenizer = tokenizer;
        texts = TextBoundaries.of(checkpoint.folder(), tokenizer);
        text = new EvaluationText(texts, false, false, maxTokens);
    }

    /**
     * Reads the text.
     *
     * @param checkpoint whose tokenizer the models have
     * @param tokenizer the same; closed with the result, or at once if the text cannot be read
     * @param source opens it
     * @param maxTokens to predict at most
     * @param context tokens of a window at most; null for the models' longest, but at most 1,024
     * @throws org.tornadomor.UserError if there is nothing to predict
     */
    public static LossOnText read(
            CheckpointFolder checkpoint,
            Tokenizer tokenizer,
            Supplier<TextSource> source,
            long maxTokens,
            Integer context) {
        LossOnText opened = new LossOnText(checkpoint, tokenizer, maxTokens, context);
        try {
            opened.text.read(source.get());
            opened.text.windows(1, null);
            return opened;
        } catch (RuntimeException | Error e) {
            opened.close();
            throw e;
        }
    }

    /** Tokens that are predicted. */
    public long tokens() {
        return text.scored();
    }

    /**
     * The loss of a model, its weights in float32, in nats a token.
     *
     * @param causal routed as in generation, else as in training
     */
    public double of(CheckpointFolder checkpoint, EngineOptions options, boolean causal) {
        ModelConfig config = checkpoint.config();
        EvaluationText.Shape windows =
                text.windows(context == null ? Math.min(CONTEXT, config.maxPositions()) : context, null);
        try (LoadedModel loaded = LoadedModel.loadWide(checkpoint, options);
                Scorer scorer = new Scorer(loaded.engine(), loaded.weights(), windows.samples(), windows.rows());
                Progress progress = Progress.start("evaluate", "tok", text.scored())) {
            scorer.keepWithinDocuments(texts.startsBehindEnd() ? texts.end() : -1);
            WorkReport work = WorkReport.of(loaded.engine(), false);
            return new Evaluation(scorer, text.pieces(), config.recursions(), windows.samples(), windows.rows(), work)
                    .run(causal, progress)
                    .loss();
        }
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
