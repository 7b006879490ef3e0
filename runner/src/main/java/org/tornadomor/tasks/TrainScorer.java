package org.tornadomor.tasks;

import java.util.Comparator;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.model.Scorer;

/**
 * Scores as training computes: the router chooses among all tokens of a request, context and continuation, so that nothing can be
 * shared. Requests of one length run together.
 */
final class TrainScorer implements RequestScorer {
    /** Tokens of a batch, unless one request is longer. */
    private static final int BATCH_TOKENS = 4096;
    /** Floats of the logits of a batch, unless those of one request are more. */
    private static final int LOGIT_FLOATS = 32 << 20;

    private final Scorer scorer;
    private final int batch;
    private final int longest;
    private final int vocabulary;
    private final float[] logits;
    private final int[] inputs;
    private final int[] targets;
    private final int[] depths;
    private long computed;

    /**
     * Reserves memory.
     *
     * @param longest tokens that a request may have
     * @param sequences that run side by side at most; 0 for as many as fit
     */
    TrainScorer(Engine engine, ParameterSet weights, int longest, int sequences, int maxDepth) {
        this.longest = longest;
        vocabulary = weights.config().vocabSize();
        int tokens = Math.max(longest, Math.min(BATCH_TOKENS, LOGIT_FLOATS / vocabulary));
        batch = sequences > 0 ? sequences : tokens / longest;
        scorer = new Scorer(engine, weights, batch, longest);
        scorer.setMaxDepth(maxDepth);
        int rows = batch * longest;
        logits = new float[Math.multiplyExact(rows, vocabulary)];
        inputs = new int[rows];
        targets = new int[rows];
        depths = new int[rows];
    }

    @Override
    public void run(List<ScoringJob> jobs, Answer[] answers, LongConsumer progress) {
        List<ScoringJob> sorted = jobs.stream()
                .sorted(Comparator.comparingInt((ScoringJob job) -> -job.length()))
                .toList();
        for (int first = 0; first < sorted.size(); ) {
            int length = sorted.get(first).length();
            int count = 0;
            while (count < batch
                    && first + count < sorted.size()
                    && sorted.get(first + count).length() == length) {
                System.arraycopy(sorted.get(first + count).ids(), 0, inputs, count * length, length);
                count++;
            }
            score(sorted.subList(first, first + count), length, answers);
            progress.accept(sorted.subList(first, first + count).stream()
                    .mapToLong(ScoringJob::tokens)
                    .sum());
            first += count;
        }
    }

    private void score(List<ScoringJob> jobs, int length, Answer[] answers) {
        if (length > longest) {
            throw new IllegalArgumentException(length + " tokens; at most " + longest);
        }
        scorer.score(inputs, targets, jobs.size(), length, false, logits);
        scorer.depths(depths);
        computed += (long) jobs.size() * length;
        IntStream.range(0, jobs.size()).parallel().forEach(i -> {
            ScoringJob job = jobs.get(i);
            for (int p = job.firstWanted(); p < length; p++) {
                job.take(p, logits, (i * length + p) * vocabulary, vocabulary);
            }
            job.answer(depths, i * length, answers);
        });
    }

    @Override
    public long computed() {
        return computed;
    }

    @Override
    public void close() {
        scorer.close();
    }
}
