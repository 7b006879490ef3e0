package org.tornadomor.server;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.tornadomor.UserError;
import org.tornadomor.model.ExitRule;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.Spelled;
import org.tornadomor.serving.Extras;
import org.tornadomor.serving.Request;
import tools.jackson.databind.JsonNode;

/**
 * What completions and chats ask for alike.
 *
 * @param choices texts for each prompt
 * @param maxTokens of each text
 * @param sampling how tokens are drawn
 * @param seed of the first text of a prompt; the others' follow it
 * @param stops strings that end a text
 * @param threshold above which tokens go on to the next recursion
 * @param maxDepth recursions at most; 0 for all
 * @param exit the rule by which tokens leave early
 * @param extras biases, penalties and scores
 * @param stream whether the answer comes in events
 * @param usageAtEnd whether the last event holds usage
 * @param tokenIds whether the answer has the ids of tokens too
 */
record Wanted(
        int choices,
        int maxTokens,
        Request.Sampling sampling,
        long seed,
        List<String> stops,
        double threshold,
        int maxDepth,
        ExitRule exit,
        Extras extras,
        boolean stream,
        boolean usageAtEnd,
        boolean tokenIds) {
    /** Texts for a prompt. */
    static final int MOST_CHOICES = 8;

    private static final int MOST_STOPS = 16;
    private static final int LONGEST_STOP = 1000;
    private static final int MOST_BIASES = 1024;
    private static final int MOST_BIAS = 100;
    private static final int MOST_PENALTY = 2;
    private static final int MOST = 100;

    /** The most of the likeliest tokens whose likelihoods a client may ask for beside each token. */
    static final int MOST_SCORES = 20;

    /** The threshold if a request names none. */
    static final double NEUTRAL_THRESHOLD = 0.5;

    /**
     * Reads the fields of a request.
     *
     * @param maxTokens how long the texts are
     * @param scores as {@link Extras#topScores}
     * @param promptScores as {@link Extras#promptScores}
     * @throws ApiError naming a field that makes no sense
     */
    static Wanted read(Fields fields, ServedModel model, int maxTokens, int scores, boolean promptScores) {
        requireModel(fields, model);
        int choices = fields.integer("n", 1, 1, MOST_CHOICES);
        int best = fields.integer("best_of", choices, 1, Integer.MAX_VALUE);
        if (best != choices) {
            throw ApiError.invalid(
                    "best_of", "unsupported", "best_of: only " + choices + ", which is n, is supported; leave it out");
        }
        Long seed = fields.anyInteger("seed");
        boolean stream = fields.bool("stream", false);
        JsonNode options = fields.get("stream_options");
        boolean usage = options != null && Fields.of(options, "stream_options").bool("include_usage", false);
        boolean tokenIds = fields.bool("return_token_ids", false) || !model.hasTokenizer();
        return new Wanted(
                choices,
                maxTokens,
                sampling(fields),
                seed == null ? ThreadLocalRandom.current().nextLong() : seed,
                stops(fields, model),
                threshold(fields, model.config()),
                fields.integer("max_depth", 0, 1, model.config().recursions()),
                exit(fields, model),
                extras(fields, model.config(), scores, promptScores),
                stream,
                usage,
                tokenIds);
    }

    private static void requireModel(Fields fields, ServedModel model) {
        String name = fields.text("model");
        if (name != null && !name.equals(model.name())) {
            throw noModel(model);
        }
    }

    static ApiError noModel(ServedModel model) {
        return ApiError.of(
                404,
                ApiError.INVALID,
                "model_not_found",
                "there is no such model here; this server has '" + model.name() + "'");
    }

    private static Request.Sampling sampling(Fields fields) {
        int topK = fields.integer("top_k", 0, -1, Integer.MAX_VALUE);
        double penalty = fields.number("repetition_penalty", 1, 0, MOST);
        double topP = fields.number("top_p", 1, 0, 1);
        if (penalty == 0) {
            throw ApiError.invalid("repetition_penalty", "repetition_penalty: expected a number above 0, got 0");
        }
        // OpenAI takes 0 for the likeliest token alone.
        return new Request.Sampling(
                fields.number("temperature", 1, 0, MOST),
                topP == 0 ? 1 : Math.max(0, topK),
                topP == 0 ? 1 : topP,
                fields.number("min_p", 0, 0, 1),
                penalty);
    }

    private static List<String> stops(Fields fields, ServedModel model) {
        List<String> stops = fields.texts("stop", MOST_STOPS);
        for (String stop : stops) {
            if (stop.isEmpty() || stop.length() > LONGEST_STOP) {
                throw ApiError.invalid(
                        "stop", "stop: expected strings of 1 to " + LONGEST_STOP + " characters, got " + stop.length());
            }
        }
        if (!stops.isEmpty() && !model.hasTokenizer()) {
            throw ApiError.invalid("stop", "stop: the model has no tokenizer, so there is no text to find it in");
        }
        return stops;
    }

    private static double threshold(Fields fields, ModelConfig config) {
        double threshold = fields.number("threshold", NEUTRAL_THRESHOLD, 0, 1);
        if (fields.has("threshold") && !config.router().hasThreshold()) {
            throw ApiError.invalid(
                    "threshold",
                    "unsupported",
                    "threshold: the model has no router that decides by a threshold; leave it out");
        }
        return threshold;
    }

    private static ExitRule exit(Fields fields, ServedModel model) {
        String how = fields.text("exit");
        double threshold = fields.number("exit_threshold", 1, 0, 1);
        if (how == null && !fields.has("exit_threshold")) {
            return model.exit();
        }
        try {
            ExitRule.By by = how == null ? null : Spelled.parse(ExitRule.By.class, "exit", how);
            // A threshold without a rule is meant for the rule of the server.
            by = by == null && model.exit().by() != ExitRule.By.NONE
                    ? model.exit().by()
                    : by;
            return ExitRule.of(
                    model.config(), by, fields.has("exit_threshold") ? threshold : null, "exit", "exit_threshold");
        } catch (UserError e) {
            throw ApiError.invalid(how == null ? "exit_threshold" : "exit", "unsupported", e.getMessage());
        }
    }

    private static Extras extras(Fields fields, ModelConfig config, int scores, boolean promptScores) {
        Map<Integer, Double> biases = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : fields.entries("logit_bias", MOST_BIASES)) {
            String path = fields.path("logit_bias");
            int id;
            try {
                id = Integer.parseInt(entry.getKey());
            } catch (NumberFormatException e) {
                id = -1;
            }
            if (id < 0 || id >= config.vocabSize()) {
                throw ApiError.invalid(
                        path, path + ": expected token ids from 0 to " + (config.vocabSize() - 1) + " as its names");
            }
            biases.put(id, Fields.number(entry.getValue(), path + "." + id, -MOST_BIAS, MOST_BIAS));
        }
        return new Extras(
                biases,
                fields.number("frequency_penalty", 0, -MOST_PENALTY, MOST_PENALTY),
                fields.number("presence_penalty", 0, -MOST_PENALTY, MOST_PENALTY),
                scores,
                promptScores,
                fields.bool("ignore_eos", false));
    }

    /** The same with further stop strings. */
    Wanted withStops(List<String> more) {
        Set<String> all = new LinkedHashSet<>(stops);
        all.addAll(more);
        return new Wanted(
                choices,
                maxTokens,
                sampling,
                seed,
                List.copyOf(all),
                threshold,
                maxDepth,
                exit,
                extras,
                stream,
                usageAtEnd,
                tokenIds);
    }

    /** What the scheduler gets for one of the texts of a prompt. */
    Request request(ServedModel model, int[] prompt, int choice, Set<Integer> stopTokens) {
        int[] ends = model.texts().ends().stream()
                .filter(id -> !stopTokens.contains(id))
                .mapToInt(id -> id)
                .toArray();
        return new Request(prompt, maxTokens, sampling, seed + choice, ends, threshold, maxDepth, exit, extras);
    }
}
