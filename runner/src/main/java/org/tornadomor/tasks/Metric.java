package org.tornadomor.tasks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What is measured, under the names of the harness. */
enum Metric {
    /** Whether the likeliest choice is right; of a single text, whether each of its tokens is the likeliest. */
    ACC(Aggregation.MEAN, true, OutputType.MULTIPLE_CHOICE, OutputType.LOGLIKELIHOOD),
    /** The same of the log-likelihood for each character of a choice. */
    ACC_NORM(Aggregation.MEAN, true, OutputType.MULTIPLE_CHOICE),
    /** The same for each byte. */
    ACC_BYTES(Aggregation.MEAN, true, OutputType.MULTIPLE_CHOICE),
    /** Whether the text is the expected one; of choices, whether each token of the right one is the likeliest. */
    EXACT_MATCH(Aggregation.MEAN, true, OutputType.GENERATE_UNTIL, OutputType.MULTIPLE_CHOICE),
    /** e to the mean negative log-likelihood of a text. */
    PERPLEXITY(Aggregation.PERPLEXITY, false, OutputType.LOGLIKELIHOOD),
    /** e to the negative log-likelihood for each word. */
    WORD_PERPLEXITY(Aggregation.WEIGHTED_PERPLEXITY, false, OutputType.LOGLIKELIHOOD_ROLLING),
    /** e to the negative log-likelihood for each byte. */
    BYTE_PERPLEXITY(Aggregation.WEIGHTED_PERPLEXITY, false, OutputType.LOGLIKELIHOOD_ROLLING),
    /** The negative log-likelihood for each byte, in bits. */
    BITS_PER_BYTE(Aggregation.BITS_PER_BYTE, false, OutputType.LOGLIKELIHOOD_ROLLING);

    /** How the values of documents become one. */
    enum Aggregation {
        MEAN,
        PERPLEXITY,
        WEIGHTED_PERPLEXITY,
        BITS_PER_BYTE;

        /** As tasks write it. */
        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Aggregation aggregation;
    private final boolean higherIsBetter;
    private final Set<OutputType> types;

    Metric(Aggregation aggregation, boolean higherIsBetter, OutputType... types) {
        this.aggregation = aggregation;
        this.higherIsBetter = higherIsBetter;
        this.types = Set.of(types);
    }

    /** As tasks and results write it. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    Aggregation aggregation() {
        return aggregation;
    }

    boolean higherIsBetter() {
        return higherIsBetter;
    }

    /** Whether it can be had of what a task asks. */
    boolean measures(OutputType type) {
        return types.contains(type);
    }

    static Optional<Metric> of(String label) {
        return Arrays.stream(values()).filter(m -> m.label().equals(label)).findFirst();
    }

    /** Those that can be had of what a task asks, for messages. */
    static String names(OutputType type) {
        return Arrays.stream(values())
                .filter(m -> m.measures(type))
                .map(Metric::label)
                .collect(Collectors.joining(", "));
    }

    /** What is measured unless a task says. */
    static List<Metric> usual(OutputType type) {
        return switch (type) {
            case MULTIPLE_CHOICE -> List.of(ACC, ACC_NORM);
            case LOGLIKELIHOOD -> List.of(PERPLEXITY, ACC);
            case LOGLIKELIHOOD_ROLLING -> List.of(WORD_PERPLEXITY, BYTE_PERPLEXITY, BITS_PER_BYTE);
            case GENERATE_UNTIL -> List.of(EXACT_MATCH);
        };
    }
}
