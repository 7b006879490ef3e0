package org.tornadomor.tasks;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What came of a task in one mode.
 *
 * @param samples its documents
 * @param scores by metric, in the order of the task
 * @param depths of its tokens
 * @param computed tokens that ran through the model
 * @param seconds that it took
 */
record TaskResult(
        PreparedTask prepared,
        List<Sample> samples,
        Map<Metric, Score> scores,
        DepthFigures depths,
        long computed,
        double seconds) {
    /**
     * A document.
     *
     * @param answers to its requests; of a whole text, one
     */
    record Sample(Item item, List<Answer> answers, Map<Metric, Scores.Value> values) {
        /** Whether it was answered rightly; null where nothing says so. */
        Boolean right() {
            Scores.Value value = values.getOrDefault(Metric.ACC, values.get(Metric.EXACT_MATCH));
            return value == null ? null : value.value() > 0;
        }
    }

    /**
     * Mean recursions.
     *
     * @param predicting of the tokens from which something was predicted
     * @param right of those of documents that were answered rightly
     * @param wrong of those of the others
     * @param all of all tokens, contexts too
     */
    record DepthFigures(Answer.Depths predicting, Answer.Depths right, Answer.Depths wrong, Answer.Depths all) {}

    /** Makes figures of the answers. */
    static TaskResult of(PreparedTask prepared, List<Sample> samples, long computed, double seconds) {
        Map<Metric, Score> scores = new EnumMap<>(Metric.class);
        for (Metric metric : prepared.task().metrics()) {
            scores.put(
                    metric,
                    Score.of(
                            metric,
                            samples.stream()
                                    .map(sample -> sample.values().get(metric))
                                    .toList()));
        }
        Answer.Depths predicting = Answer.Depths.NONE;
        Answer.Depths right = Answer.Depths.NONE;
        Answer.Depths wrong = Answer.Depths.NONE;
        Answer.Depths all = Answer.Depths.NONE;
        for (Sample sample : samples) {
            for (Answer answer : sample.answers()) {
                predicting = predicting.plus(answer.predicting());
                all = all.plus(answer.all());
                if (sample.right() != null) {
                    right = sample.right() ? right.plus(answer.predicting()) : right;
                    wrong = sample.right() ? wrong : wrong.plus(answer.predicting());
                }
            }
        }
        return new TaskResult(
                prepared, samples, scores, new DepthFigures(predicting, right, wrong, all), computed, seconds);
    }
}
