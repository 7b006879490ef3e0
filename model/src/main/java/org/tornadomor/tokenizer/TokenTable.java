package org.tornadomor.tokenizer;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadomor.UserError;
import tools.jackson.databind.JsonNode;

/**
 * The tokens of a {@code tokenizer.json}: model and added ones, with the ids that the library gives them. A file that names
 * other ids is refused, since the library ignores what the file says.
 */
final class TokenTable {
    /** Ids go up to here; published vocabularies have less than 2^19. */
    static final int MOST = 1 << 24;

    private static final int EXCERPT = 60;

    private final Map<String, Integer> ids = new HashMap<>();
    private final BitSet special = new BitSet();
    private final Set<String> specialSpellings = new LinkedHashSet<>();
    private final Set<String> otherAdded = new LinkedHashSet<>();
    private String[] spellings = new String[1 << 10];
    private int size;
    private final Path file;

    private TokenTable(Path file) {
        this.file = file;
    }

    /**
     * Reads it.
     *
     * @throws UserError naming what is missing, mistyped, given twice or out of range
     */
    static TokenTable read(Path file, JsonNode root) {
        TokenTable table = new TokenTable(file);
        JsonNode model = root.path("model");
        JsonNode vocabulary = model.path("vocab");
        if (vocabulary.isObject()) {
            vocabulary.properties().forEach(entry -> table.put(entry.getKey(), table.id(entry), "model.vocab"));
        } else if (vocabulary.isArray()) {
            // A unigram model lists [piece, score] in the order of the ids.
            for (JsonNode piece : vocabulary) {
                if (!piece.isArray()
                        || !piece.path(0).isString()
                        || !piece.path(1).isNumber()) {
                    throw wrong(file, "model.vocab[" + table.size + "]", piece, "a piece and its score");
                }
                table.put(piece.path(0).stringValue(), table.size, "model.vocab");
            }
        }
        if (table.size == 0) {
            throw new UserError(file + " holds no vocabulary: it is not a tokenizer.json of the Hugging Face library");
        }
        table.requireUnknown(model);
        table.add(root.path("added_tokens"));
        return table;
    }

    private int id(Map.Entry<String, JsonNode> entry) {
        return id("the id of token " + quoted(entry.getKey()), entry.getValue());
    }

    private int id(String what, JsonNode value) {
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0 || value.intValue() >= MOST) {
            throw wrong(file, what, value, "a whole number from 0 to " + (MOST - 1));
        }
        return value.intValue();
    }

    private void put(String token, int id, String where) {
        if (id >= spellings.length) {
            spellings = Arrays.copyOf(spellings, Math.max(2 * spellings.length, id + 1));
        }
        if (spellings[id] != null && !spellings[id].equals(token)) {
            throw new UserError(file + " gives the id " + id + " to " + quoted(spellings[id]) + " and to "
                    + quoted(token) + " (" + where + "): give each token an id of its own");
        }
        if (ids.containsKey(token) && ids.get(token) != id) {
            throw new UserError(file + " has the token " + quoted(token) + " twice (" + where + "), with the ids "
                    + ids.get(token) + " and " + id + ": keep one");
        }
        spellings[id] = token;
        ids.put(token, id);
        size = Math.max(size, id + 1);
    }

    /** The library looks for the unknown token in the model's vocabulary only, and without it fails in the middle of a text. */
    private void requireUnknown(JsonNode model) {
        JsonNode unknown = model.path("unk_token");
        boolean words = model.path("type").asString("").startsWith("Word");
        if (words && (!unknown.isString() || !ids.containsKey(unknown.stringValue()))) {
            throw wrong(file, "model.unk_token", unknown, "a token of model.vocab, which other words become");
        }
    }

    /** Added tokens that the model does not have get the ids behind it, one after the other. */
    private void add(JsonNode added) {
        if (!added.isMissingNode() && !added.isArray()) {
            throw wrong(file, "added_tokens", added, "a list");
        }
        Map<String, Integer> known = new HashMap<>();
        int vocabulary = ids.size();
        int largest = -1;
        for (JsonNode token : added) {
            JsonNode content = token.path("content");
            JsonNode kind = token.path("special");
            if (!content.isString() || !kind.isBoolean()) {
                throw wrong(file, "an entry of added_tokens", token, "an object with content, id and special");
            }
            String spelling = content.stringValue();
            if (spelling.isEmpty()) {
                continue; // as the library does
            }
            int declared = id("the id of token " + quoted(spelling), token.path("id"));
            Integer there = known.getOrDefault(spelling, ids.get(spelling));
            int id = there != null ? there : Math.max(vocabulary, largest + 1);
            if (id != declared) {
                throw new UserError(file + ": the added token " + quoted(spelling) + " says it has id " + declared
                        + ", but the Hugging Face library gives it " + id
                        + " (the model's own, or the next one behind its vocabulary): set that id");
            }
            known.put(spelling, id);
            largest = Math.max(largest, id);
            put(spelling, id, "added_tokens");
            if (kind.booleanValue()) {
                special.set(id);
                specialSpellings.add(spelling);
            } else {
                otherAdded.add(spelling);
            }
        }
    }

    /** The largest id plus one. */
    int size() {
        return size;
    }

    /** The id of each token. */
    Map<String, Integer> ids() {
        return ids;
    }

    /** How a token is spelled; null for an id that the file leaves out. */
    String spelling(int id) {
        return spellings[id];
    }

    /** Whether a token is special, and so no text. */
    boolean isSpecial(int id) {
        return special.get(id);
    }

    /** How special tokens are spelled. */
    List<String> specialSpellings() {
        return List.copyOf(specialSpellings);
    }

    /** Tokens that are found in a text before anything else, but mean what they spell. */
    List<String> otherAdded() {
        return otherAdded.stream()
                .filter(token -> !specialSpellings.contains(token))
                .toList();
    }

    static UserError wrong(Path file, String what, JsonNode found, String expected) {
        return new UserError(file + ": " + what + " is "
                + (found.isMissingNode() ? "missing" : excerpt(found.toString())) + "; it must be " + expected);
    }

    /** In quotes, in one line of a bearable length. */
    static String quoted(String text) {
        return excerpt("'" + text + "'");
    }

    /** In one line of a bearable length. */
    static String excerpt(String text) {
        return excerpt(text, EXCERPT);
    }

    /** In one line of at most so many characters. */
    static String excerpt(String text, int most) {
        String line = text.replaceAll("\\p{Cntrl}", "?");
        boolean fits = line.codePointCount(0, line.length()) <= most;
        return fits ? line : line.substring(0, line.offsetByCodePoints(0, most)) + "...";
    }
}
