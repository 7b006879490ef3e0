package org.tornadomor.tasks;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import org.tornadomor.template.PyText;

/** What the answers to a document are worth. */
final class Scores {
    private static final Pattern PUNCTUATION = Pattern.compile("[!-/:-@\\[-`{-~]");
    private static final Pattern DIGITS = Pattern.compile("[0-9]");

    /**
     * What a metric says of a document.
     *
     * @param weight by which it counts: words or bytes of a text, else 1
     */
    record Value(double value, double weight) {}

    private Scores() {}

    /**
     * The values of a document by metric.
     *
     * @param answers one for each of its requests; of a whole text, that to all its windows
     */
    static Map<Metric, Value> of(TaskConfig task, Item item, List<Answer> answers) {
        Map<Metric, Value> values = new EnumMap<>(Metric.class);
        for (Metric metric : task.metrics()) {
            Value value = switch (task.type()) {
                case MULTIPLE_CHOICE -> new Value(choice(metric, item, answers), 1);
                case LOGLIKELIHOOD -> single(metric, answers.getFirst());
                case LOGLIKELIHOOD_ROLLING -> whole(metric, task, item, answers.getFirst());
                case GENERATE_UNTIL -> new Value(matches(task.matching(), item, answers.getFirst()) ? 1 : 0, 1);
            };
            values.put(metric, value);
        }
        return values;
    }

    private static double choice(Metric metric, Item item, List<Answer> answers) {
        return switch (metric) {
            case ACC -> isRight(item, answers, choice -> 1);
            case ACC_NORM -> isRight(item, answers, PyText::length);
            case ACC_BYTES -> isRight(item, answers, PythonText::bytes);
            default -> item.right().stream().anyMatch(at -> answers.get(at).greedy()) ? 1 : 0;
        };
    }

    /** Whether the choice with the largest log-likelihood for its length is right; the first of equal ones counts. */
    private static double isRight(Item item, List<Answer> answers, ToDoubleFunction<String> length) {
        return item.right().contains(best(item, answers, length)) ? 1 : 0;
    }

    /** The number of the choice with the largest log-likelihood for its length; of equal ones the first. */
    static int best(Item item, List<Answer> answers, ToDoubleFunction<String> length) {
        int best = 0;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < answers.size(); i++) {
            double score = answers.get(i).logLikelihood()
                    / length.applyAsDouble(item.choices().get(i));
            if (score > most) {
                most = score;
                best = i;
            }
        }
        return best;
    }

    private static Value single(Metric metric, Answer answer) {
        return new Value(metric == Metric.ACC ? answer.greedy() ? 1 : 0 : answer.logLikelihood(), 1);
    }

    private static Value whole(Metric metric, TaskConfig task, Item item, Answer answer) {
        String text = task.form().pageCounts()
                ? item.doc().text("page")
                : item.requests().getFirst().continuation();
        int weight = metric == Metric.WORD_PERPLEXITY ? PythonText.words(text) : PythonText.bytes(text);
        return new Value(answer.logLikelihood(), weight);
    }

    private static boolean matches(TaskConfig.Matching matching, Item item, Answer answer) {
        String written = plain(matching, answer.text());
        List<?> expected = item.target() instanceof List<?> several ? several : List.of(item.target());
        return expected.stream()
                .anyMatch(one -> plain(matching, String.valueOf(one)).equals(written));
    }

    private static String plain(TaskConfig.Matching matching, String text) {
        String plain = text;
        for (String ignored : matching.ignored()) {
            plain = plain.replaceAll(ignored, "");
        }
        plain = matching.ignoreCase() ? plain.toLowerCase(Locale.ROOT) : plain;
        plain = matching.ignorePunctuation() ? PUNCTUATION.matcher(plain).replaceAll("") : plain;
        return matching.ignoreNumbers() ? DIGITS.matcher(plain).replaceAll("") : plain;
    }
}
