package org.tornadomor.cli;

import java.util.List;
import org.tornadomor.data.TextSource;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.Scorer;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.Tokenizer;

/** The loss of several models on one text, as {@code evaluate} measures it. */
final class LossOnText implements AutoCloseable {
    /** Tokens of a window at most. */
    private static final int CONTEXT = 1024;

    private static final int BATCH_TOKENS = 4096;

    private final Tokenizer tokenizer;
    private final TextBoundaries texts;
    private final EvaluationText text;
    private final Integer context;

    /**
     * Reads the text.
     *
     * @param checkpoint whose tokenizer the models have
     * @param tokenizer the same; closed with this
     * @param maxTokens to predict at most
     * @param context tokens of a window at most; null for the models' longest, but at most 1,024
     * @throws org.tornadomor.UserError if there is nothing to predict
     */
    LossOnText(CheckpointFolder checkpoint, Tokenizer tokenizer, TextSource source, long maxTokens, Integer context) {
        this.context = context;
        this.tokenizer = tokenizer;
        texts = TextBoundaries.of(checkpoint.folder(), tokenizer);
        text = new EvaluationText(texts, false, false, maxTokens);
        text.read(source);
    }

    /** Tokens that are predicted. */
    long tokens() {
        return text.scored();
    }

    /**
     * The loss of a model, in nats a token.
     *
     * @param causal routed as in generation, else as in training
     */
    double of(CheckpointFolder checkpoint, EngineOptions options, boolean causal) {
        ModelConfig config = checkpoint.config();
        List<EvaluationText.Piece> pieces = text.pieces();
        int longest =
                pieces.stream().mapToInt(piece -> piece.ids().length - 1).max().orElse(1);
        int most = context == null ? Math.min(CONTEXT, config.maxPositions()) : context;
        int rows = Math.min(most, longest);
        int samples = Math.clamp(text.scored() / rows, 1, Math.max(1, BATCH_TOKENS / rows));
        try (LoadedModel loaded = LoadedModel.load(checkpoint, options, new WeightsOption());
                Scorer scorer = new Scorer(loaded.engine(), loaded.weights(), samples, rows);
                Progress progress = Progress.start("evaluate", "tok", text.scored())) {
            scorer.keepWithinDocuments(texts.startsBehindEnd() ? texts.end() : -1);
            WorkReport work = WorkReport.of(loaded.engine(), false);
            return new Evaluation(scorer, pieces, config.recursions(), samples, rows, work)
                    .run(causal, progress)
                    .loss();
        }
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
