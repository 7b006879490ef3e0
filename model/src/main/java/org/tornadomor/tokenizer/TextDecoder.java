package org.tornadomor.tokenizer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/**
 * The {@code decoder} of a {@code tokenizer.json}, done here and not by the library: only code that knows the steps can say
 * which text a later token may still change, and some settings end the library's process instead of failing.
 */
final class TextDecoder {
    private final List<UnaryOperator<DecoderStage>> steps;
    private final String between;
    private final boolean known;

    private TextDecoder(List<UnaryOperator<DecoderStage>> steps, String between, boolean known) {
        this.steps = steps;
        this.between = between;
        this.known = known;
    }

    /**
     * Reads it.
     *
     * @param decoder missing or null for none, which puts spaces between tokens
     * @throws org.tornadomor.UserError naming a setting that makes no sense
     */
    static TextDecoder read(Path file, JsonNode decoder) {
        if (decoder.isMissingNode() || decoder.isNull()) {
            return new TextDecoder(List.of(), " ", true);
        }
        Reader reader = new Reader(file);
        reader.add(decoder, 0);
        return new TextDecoder(List.copyOf(reader.steps), "", reader.known);
    }

    /** Whether every step is known here. One with a regular expression is not, since only the library has its dialect. */
    boolean known() {
        return known;
    }

    /** Begins the way of one text through the steps. */
    Way open() {
        DecoderStage.Sink sink = new DecoderStage.Sink(between);
        DecoderStage first = sink;
        for (int i = steps.size() - 1; i >= 0; i--) {
            first = steps.get(i).apply(first);
        }
        return new Way(first, sink);
    }

    /** Steps with what they remember of one text. */
    record Way(DecoderStage first, DecoderStage.Sink sink) {
        /** Takes a token and returns what is now certain. */
        String accept(String token) {
            first.text(token);
            first.end();
            return sink.take();
        }

        /** Whether there is a rest. */
        boolean holds() {
            return first.holds();
        }

        /** The rest. */
        String finish() {
            first.finish();
            return sink.take();
        }
    }

    private static final class Reader {
        private static final int DEEPEST = 100;

        private final Path file;
        private final List<UnaryOperator<DecoderStage>> steps = new ArrayList<>();
        private boolean known = true;

        Reader(Path file) {
            this.file = file;
        }

        void add(JsonNode node, int depth) {
            String type = node.path("type").isString() ? node.path("type").stringValue() : "";
            switch (type) {
                case "Sequence" -> addAll(node.path("decoders"), depth);
                case "ByteLevel" -> steps.add(DecoderStages.Bytes::new);
                case "ByteFallback" -> steps.add(DecoderStages.ByteRuns::new);
                case "Fuse" -> steps.add(DecoderStages.Fuse::new);
                case "Strip" -> {
                    int content = character(node, "content");
                    int start = count(node, "start");
                    int stop = count(node, "stop");
                    steps.add(next -> new DecoderStages.Strip(next, content, start, stop));
                }
                case "Replace" -> replace(node);
                case "Metaspace" -> metaspace(node);
                case "WordPiece" -> {
                    String prefix = text(node, "prefix", false);
                    boolean cleanup = flag(node, "cleanup");
                    steps.add(next -> new DecoderStages.WordPiece(next, prefix, cleanup));
                }
                case "BPEDecoder" -> {
                    String suffix = text(node, "suffix", true);
                    steps.add(next -> new DecoderStages.WordEnds(next, suffix));
                }
                case "CTC" -> {
                    String pad = text(node, "pad_token", false);
                    String delimiter = text(node, "word_delimiter_token", true);
                    boolean cleanup = flag(node, "cleanup");
                    steps.add(next -> new DecoderStages.Ctc(next, pad, delimiter, cleanup));
                }
                default -> throw TokenTable.wrong(file, "decoder.type", node.path("type"), "the name of a decoder");
            }
        }

        private void addAll(JsonNode list, int depth) {
            if (!list.isArray() || depth > DEEPEST) {
                throw TokenTable.wrong(file, "decoder.decoders", list, "a list of decoders");
            }
            list.forEach(one -> add(one, depth + 1));
        }

        private void replace(JsonNode node) {
            String content = text(node, "content", false);
            if (node.path("pattern").path("Regex").isString()) {
                known = false;
                return;
            }
            String pattern = text(node.path("pattern"), "String", true);
            steps.add(next -> new DecoderStages.Replace(next, pattern, content));
        }

        private void metaspace(JsonNode node) {
            String replacement = Character.toString(character(node, "replacement"));
            boolean never = node.path("prepend_scheme").asString("").equals("never")
                    || node.path("add_prefix_space").isBoolean()
                            && !node.path("add_prefix_space").booleanValue();
            steps.add(next -> new DecoderStages.Metaspace(next, replacement, !never));
        }

        private <T> T value(JsonNode node, String key, boolean fits, Function<JsonNode, T> value, String expected) {
            if (!fits) {
                throw TokenTable.wrong(file, "decoder." + key, node.path(key), expected);
            }
            return value.apply(node.path(key));
        }

        private String text(JsonNode node, String key, boolean needed) {
            JsonNode it = node.path(key);
            boolean fits = it.isString() && !(needed && it.stringValue().isEmpty());
            return value(node, key, fits, JsonNode::stringValue, needed ? "a text that is not empty" : "a text");
        }

        private int character(JsonNode node, String key) {
            String text = text(node, key, true);
            return value(
                    node,
                    key,
                    text.codePointCount(0, text.length()) == 1,
                    it -> it.stringValue().codePointAt(0),
                    "one character");
        }

        private int count(JsonNode node, String key) {
            JsonNode it = node.path(key);
            boolean fits = it.isIntegralNumber() && it.canConvertToInt() && it.intValue() >= 0;
            return value(node, key, fits, JsonNode::intValue, "a number from 0 on");
        }

        private boolean flag(JsonNode node, String key) {
            return value(node, key, node.path(key).isBoolean(), JsonNode::booleanValue, "true or false");
        }
    }
}
