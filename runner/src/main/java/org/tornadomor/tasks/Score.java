package org.tornadomor.tasks;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.tornadomor.tasks.Scores.Value;

/**
 * A metric of a task or group.
 *
 * @param error its standard error; NaN where the harness has none
 */
record Score(double value, double error) {
    /** How many resamplings the harness draws for the standard error of a perplexity. */
    private static final int SAMPLES = 100_000;
    /** How many of them it draws with one seed. */
    private static final int SAMPLES_OF_SEED = 1000;

    /** Brings the values of documents together. */
    static Score of(Metric metric, List<Value> values) {
        double[] items = values.stream().mapToDouble(Value::value).toArray();
        return switch (metric.aggregation()) {
            case MEAN ->
                new Score(mean(items), items.length < 2 ? Double.NaN : deviation(items) / Math.sqrt(items.length));
            case PERPLEXITY ->
                new Score(perplexity(items), items.length < 2 ? Double.NaN : bootstrap(items, Score::perplexity));
            case WEIGHTED_PERPLEXITY -> new Score(Math.exp(-weighted(values)), Double.NaN);
            case BITS_PER_BYTE -> new Score(-weighted(values) / Math.log(2), Double.NaN);
        };
    }

    private static double mean(double[] items) {
        double sum = 0;
        for (double item : items) {
            sum += item;
        }
        return sum / items.length;
    }

    private static double perplexity(double[] items) {
        return Math.exp(-mean(items));
    }

    private static double weighted(List<Value> values) {
        return values.stream().mapToDouble(Value::value).sum()
                / values.stream().mapToDouble(Value::weight).sum();
    }

    /** The standard deviation of a sample, with n - 1. */
    private static double deviation(double[] items) {
        double mean = mean(items);
        double sum = 0;
        for (double item : items) {
            sum += (item - mean) * (item - mean);
        }
        return Math.sqrt(sum / (items.length - 1));
    }

    /** The standard deviation of a statistic over resamplings with replacement, drawn with the seeds of the harness. */
    private static double bootstrap(double[] items, ToDoubleFunction<double[]> of) {
        double[] results = new double[SAMPLES];
        IntStream.range(0, SAMPLES / SAMPLES_OF_SEED).parallel().forEach(seed -> {
            PythonRandom random = new PythonRandom(seed);
            double[] drawn = new double[items.length];
            for (int sample = 0; sample < SAMPLES_OF_SEED; sample++) {
                for (int i = 0; i < drawn.length; i++) {
                    drawn[i] = items[(int) (random.unit() * items.length)];
                }
                results[seed * SAMPLES_OF_SEED + sample] = of.applyAsDouble(drawn);
            }
        });
        return deviation(results);
    }

    /**
     * The mean of tasks.
     *
     * @param sizes documents of each
     * @param bySize whether each counts by them
     */
    static Score mean(List<Score> scores, List<Integer> sizes, boolean bySize) {
        double sum = 0;
        double weights = 0;
        double variance = 0;
        long documents = 0;
        for (int i = 0; i < scores.size(); i++) {
            double weight = bySize ? sizes.get(i) : 1;
            int size = sizes.get(i);
            sum += weight * scores.get(i).value;
            weights += weight;
            variance += (size - 1.0) * size * scores.get(i).error * scores.get(i).error;
            documents += size;
        }
        double error = Math.sqrt(variance / (documents - scores.size()) / documents);
        return new Score(sum / weights, error);
    }
}
