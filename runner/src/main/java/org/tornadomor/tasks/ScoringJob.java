package org.tornadomor.tasks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tokens to run once, and the requests that they answer. These requests differ only in their last token, which the model does
 * not see, such as the letters A to D after a question.
 */
final class ScoringJob {
    private final int[] ids;
    private final List<Integer> numbers = new ArrayList<>();
    private final List<TokenRequest> requests = new ArrayList<>();
    private final List<double[]> sums = new ArrayList<>();
    private final List<boolean[]> greedy = new ArrayList<>();
    private int firstWanted;

    private ScoringJob(int[] ids) {
        this.ids = ids;
        firstWanted = ids.length;
    }

    /** The jobs of requests; a number is the place of a request in the list. */
    static List<ScoringJob> of(List<TokenRequest> requests) {
        Map<TokenKey, ScoringJob> jobs = new LinkedHashMap<>();
        for (int i = 0; i < requests.size(); i++) {
            TokenRequest request = requests.get(i);
            jobs.computeIfAbsent(
                            new TokenKey(request.ids(), request.inputs()),
                            key -> new ScoringJob(Arrays.copyOf(key.ids(), key.count())))
                    .add(i, request);
        }
        return new ArrayList<>(jobs.values());
    }

    private void add(int number, TokenRequest request) {
        numbers.add(number);
        requests.add(request);
        sums.add(new double[1]);
        greedy.add(new boolean[] {true});
        firstWanted = Math.min(firstWanted, request.firstPredicting());
    }

    /** The tokens that the model sees. */
    int[] ids() {
        return ids;
    }

    int length() {
        return ids.length;
    }

    /** Tokens of all requests that it answers, as if each had run. */
    long tokens() {
        return (long) ids.length * requests.size();
    }

    /** The first token whose logits are wanted. */
    int firstWanted() {
        return firstWanted;
    }

    /** The tokens before everything that is predicted, which other jobs may share. */
    TokenKey context() {
        return new TokenKey(ids, firstWanted);
    }

    /**
     * Takes the logits behind a token.
     *
     * @param position of the token
     * @param logits holds the row [V]
     * @param from where it begins
     */
    void take(int position, float[] logits, int from, int vocabulary) {
        int likeliest = 0;
        float most = logits[from];
        for (int v = 1; v < vocabulary; v++) {
            if (logits[from + v] > most) {
                most = logits[from + v];
                likeliest = v;
            }
        }
        double sum = 0;
        for (int v = 0; v < vocabulary; v++) {
            sum += Math.exp(logits[from + v] - most);
        }
        double normaliser = most + Math.log(sum);
        for (int i = 0; i < requests.size(); i++) {
            TokenRequest request = requests.get(i);
            if (position >= request.firstPredicting()) {
                int target = request.ids()[position + 1];
                sums.get(i)[0] += logits[from + target] - normaliser;
                greedy.get(i)[0] &= target == likeliest;
            }
        }
    }

    /**
     * Writes the answers.
     *
     * @param depths of the tokens, from {@code from} on
     */
    void answer(int[] depths, int from, Answer[] answers) {
        for (int i = 0; i < requests.size(); i++) {
            int first = requests.get(i).firstPredicting();
            answers[numbers.get(i)] = new Answer(
                    sums.get(i)[0],
                    greedy.get(i)[0],
                    null,
                    depths(depths, from + first, from + ids.length),
                    depths(depths, from, from + ids.length));
        }
    }

    private static Answer.Depths depths(int[] depths, int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += depths[i];
        }
        return new Answer.Depths(to - from, sum);
    }
}
