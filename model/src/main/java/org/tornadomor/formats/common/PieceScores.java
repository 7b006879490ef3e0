package org.tornadomor.formats.common;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;

/**
 * The scores of tokens in a SentencePiece vocabulary, made from the merges of a Hugging Face tokenizer. Programs that read such
 * vocabularies merge any two neighbours that make a token, the token with the highest score first.
 *
 * @param scores by id; the token of an earlier merge has the higher one
 * @param spaceBefore whether text gets a space before it
 */
public record PieceScores(float[] scores, boolean spaceBefore) {
    /** Stands for a space in tokens. */
    public static final String SPACE = "\u2581";

    /**
     * The scores for a tokenizer.
     *
     * @param root of its {@code tokenizer.json}
     * @param merges in the order of their ranks, two tokens with a space between
     * @param tokens by id; null for none
     * @param mergeable ids of tokens that text may become
     * @param plain those of them that get scores behind all merges if no merge makes them
     * @param refused makes the error for what scores cannot express
     * @throws UserError made by {@code refused}
     */
    public static PieceScores of(
            JsonNode root,
            List<String> merges,
            String[] tokens,
            IntPredicate mergeable,
            IntPredicate plain,
            Function<String, UserError> refused) {
        boolean space = spaceBefore(root, refused);
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < tokens.length; id++) {
            if (tokens[id] != null && mergeable.test(id)) {
                ids.put(tokens[id], id);
            }
        }
        float[] scores = new float[tokens.length];
        Set<Integer> made = new HashSet<>();
        int last = -1;
        int rank = 0;
        for (String merge : merges) {
            Integer id = ids.get(merge.replaceFirst("(?<=.) ", ""));
            if (id == null) {
                throw refused.apply("its merge '" + merge + "' makes no token");
            }
            if (id != last) {
                if (!made.add(id)) {
                    throw refused.apply("its merges to '" + tokens[id] + "' have other merges between them");
                }
                scores[id] = -rank++;
            }
            last = id;
        }
        requireEveryMerge(ids, merges.size(), refused);
        for (int id = 0; id < tokens.length; id++) {
            if (plain.test(id) && !made.contains(id)) {
                scores[id] = -rank++;
            }
        }
        return new PieceScores(scores, space);
    }

    private static void requireEveryMerge(Map<String, Integer> ids, int merges, Function<String, UserError> refused) {
        int possible = 0;
        for (String token : ids.keySet()) {
            for (int at = 1; at < token.length(); at++) {
                possible += ids.containsKey(token.substring(0, at)) && ids.containsKey(token.substring(at)) ? 1 : 0;
            }
        }
        if (possible != merges) {
            throw refused.apply("it has " + merges + " merges of the " + possible
                    + " that its tokens allow, and all would be made");
        }
    }

    /** Whether text gets a space before it: said in the normalizer of older files, in the pre-tokenizer of newer ones. */
    private static boolean spaceBefore(JsonNode root, Function<String, UserError> refused) {
        JsonNode before = root.path("pre_tokenizer");
        if (before.path("type").asString("").equals("Metaspace")) {
            if (before.path("split").asBoolean(true)) {
                throw refused.apply("its pre_tokenizer splits at spaces");
            }
            return !before.path("prepend_scheme").asString("always").equals("never");
        }
        String normalizer = root.path("normalizer").toString();
        if (!before.isNull() && !before.isMissingNode() || !normalizer.contains(SPACE)) {
            throw refused.apply("its rules for spaces are none of SentencePiece's");
        }
        return normalizer.contains("\"Prepend\"");
    }
}
