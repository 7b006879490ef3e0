package org.tornadomor;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Damages JSON as people, disks and other programs do: a key is missing, doubled or unknown, a value is null, of another
 * type, negative, huge or nested deep, a string holds NUL or half of a surrogate pair, the text is cut off or a letter is
 * another one. A program has to take each or to refuse it in one line.
 */
public final class JsonMutations {
    private static final JsonMapper MAPPER = JsonMapper.shared();

    /** Stands in the tree for what no tree can hold, until the tree is text. */
    private static final String MARK = "@here the damage goes@";

    /** What may come in the place of any value, as text. */
    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1",
            "2",
            "-0.5",
            "0.5",
            "255",
            "65536",
            "2147483647",
            "2147483648",
            "-2147483648",
            "4294967296",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "1e400",
            "1e-400",
            "1" + "0".repeat(400),
            "NaN",
            "\"\"",
            "\" \"",
            "\"x\"",
            "\"1\"",
            "\"\\u0000\"",
            "\"a\\u0000b\"",
            "\"\\ud800\"",
            "\"../x\"",
            "\"/\"",
            "\"" + "long".repeat(3000) + "\"",
            "[]",
            "[null]",
            "[1]",
            "[[1]]",
            "[\"x\", 1]",
            "{}",
            "{\"x\": null}",
            "{\"\": 1}",
            "[".repeat(2000) + "]".repeat(2000),
            "{\"a\":".repeat(600) + "1" + "}".repeat(600));

    /** Letters that mean something to JSON, and some that nothing may hold. */
    private static final String LETTERS = "{}[]\",:-+.0123456789eE\\ntfu \u0000\u00ff\ud800";

    private JsonMutations() {}

    /**
     * One damaged text.
     *
     * @param text as it lies in the file; may be no JSON any more
     * @param what was done to it, for the message of a test that fails
     */
    public record Mutant(String text, String what) {
        @Override
        public String toString() {
            return what;
        }
    }

    /** A value that can be damaged: it stands in an object under a key or in an array at an index. */
    private record Place(JsonNode parent, String key, int index, String path) {
        JsonNode value() {
            return key == null ? parent.get(index) : parent.get(key);
        }

        void set(JsonNode value) {
            if (key == null) {
                ((ArrayNode) parent).set(index, value);
            } else {
                ((ObjectNode) parent).set(key, value);
            }
        }

        void remove() {
            if (key == null) {
                ((ArrayNode) parent).remove(index);
            } else {
                ((ObjectNode) parent).remove(key);
            }
        }
    }

    /**
     * Damaged copies of a text. The same seeds give the same copies.
     *
     * @param json the sound text
     * @param firstSeed of the first copy; the next ones follow
     */
    public static Stream<Mutant> of(String json, long firstSeed, int count) {
        return LongStream.range(firstSeed, firstSeed + count).mapToObj(seed -> one(json, seed));
    }

    /** The damaged copy of a seed: a fault in most, two in some. */
    public static Mutant one(String json, long seed) {
        Random random = new Random(seed * 0x9E3779B97F4A7C15L);
        if (random.nextInt(10) == 0) {
            return ofText(json, random, "seed " + seed + ": ");
        }
        JsonNode tree = MAPPER.readTree(json);
        String what = "seed " + seed + ":";
        String raw = null;
        for (int left = random.nextInt(4) == 0 ? 2 : 1; left > 0; left--) {
            List<Place> places = new ArrayList<>();
            collect(tree, "", places);
            if (places.isEmpty()) {
                break;
            }
            Place place = places.get(random.nextInt(places.size()));
            if (left == 2) {
                place.remove();
                what += " no " + place.path();
                continue;
            }
            raw = damage(place, random);
            what += " " + place.path() + (raw == null ? " missing" : " -> " + shortened(raw));
        }
        String text = MAPPER.writeValueAsString(tree);
        return new Mutant(raw == null ? text : text.replace("\"" + MARK + "\"", raw), what);
    }

    /** Damages a place and returns the text for the mark in it; null if none is needed. */
    private static String damage(Place place, Random random) {
        String sound = MAPPER.writeValueAsString(place.value());
        String value = VALUES.get(random.nextInt(VALUES.size()));
        switch (random.nextInt(8)) {
            case 0 -> {
                place.remove();
                return null;
            }
            case 1 -> {
                place.set(StringNode.valueOf(MARK));
                // Twice, or once more in an array.
                String again = place.key() == null ? "" : MAPPER.writeValueAsString(place.key()) + ":";
                return sound + "," + again + (random.nextBoolean() ? sound : value);
            }
            case 2 -> {
                place.set(StringNode.valueOf(MARK));
                return place.key() == null ? value : sound + ",\"unknown\":" + value;
            }
            case 3 -> {
                boolean number = place.value().isNumber();
                place.set(StringNode.valueOf(MARK));
                return number ? "-" + sound : "[" + sound + "]";
            }
            default -> {
                place.set(StringNode.valueOf(MARK));
                return value;
            }
        }
    }

    private static void collect(JsonNode node, String path, List<Place> into) {
        switch (node) {
            case ObjectNode object ->
                object.properties().forEach(property -> {
                    String its = path + "/" + property.getKey();
                    into.add(new Place(object, property.getKey(), -1, its));
                    collect(property.getValue(), its, into);
                });
            case ArrayNode array -> {
                for (int i = 0; i < array.size(); i++) {
                    into.add(new Place(array, null, i, path + "/" + i));
                    collect(array.get(i), path + "/" + i, into);
                }
            }
            default -> {
                // It holds nothing.
            }
        }
    }

    private static Mutant ofText(String json, Random random, String what) {
        int place = random.nextInt(json.length());
        return switch (random.nextInt(4)) {
            case 0 -> new Mutant(json.substring(0, place), what + "cut off at " + place);
            case 1 -> {
                String value = VALUES.get(random.nextInt(VALUES.size()));
                yield new Mutant(value, what + "nothing but " + shortened(value));
            }
            case 2 -> new Mutant(json + json, what + "twice");
            default -> {
                char letter = LETTERS.charAt(random.nextInt(LETTERS.length()));
                yield new Mutant(
                        json.substring(0, place) + letter + json.substring(place + 1),
                        what + "U+" + Integer.toHexString(letter) + " at " + place);
            }
        };
    }

    private static String shortened(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "... of " + text.length() + " letters";
    }
}
