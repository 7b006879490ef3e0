package org.tornadomor.tokenizer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A {@code tokenizer.json} of a dozen words for each kind that models come with. */
public final class TinyTokenizers {
    private static final List<String> WORDS = List.of(
            "\u2581Once",
            "\u2581upon",
            "\u2581a",
            "\u2581time",
            "\u2581",
            "time",
            "a",
            "x",
            "\u00E9",
            "\u6F22",
            "\uD83D\uDE00",
            " ",
            ".",
            "'",
            "n't",
            "\u2581\u2581",
            "x\u2581y",
            "\u0120the",
            "\u0120",
            "\u00E2",
            "\u0124",
            "\u00AC",
            "##s",
            "##ing",
            "Hel",
            "lo</w>",
            "</w>",
            "lo",
            "do not",
            " ' ",
            "|",
            "<pad>",
            "",
            "<0x+F>",
            "yy",
            "y");

    private static final String STRIP_FIRST = """
            {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"\u2581"},"content":" "},{"type":"ByteFallback"},
            {"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""";

    private TinyTokenizers() {}

    /** Decoders as files spell them, by a name for each. */
    public static Map<String, String> decoders() {
        Map<String, String> decoders = new LinkedHashMap<>();
        decoders.put("none", "null");
        decoders.put(
                "byte-level",
                "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}");
        decoders.put("llama-2", STRIP_FIRST);
        decoders.put(
                "gemma",
                "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Replace\",\"pattern\":{\"String\":\"\u2581\"},\"content\":\" \"},"
                        + "{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"}]}");
        decoders.put("byte-fallback", "{\"type\":\"ByteFallback\"}");
        decoders.put("word-piece", "{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true}");
        decoders.put("word-piece-as-it-is", "{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":false}");
        for (String scheme : List.of("always", "first", "never")) {
            decoders.put(
                    "metaspace-" + scheme,
                    "{\"type\":\"Metaspace\",\"replacement\":\"\u2581\",\"prepend_scheme\":\"" + scheme
                            + "\",\"split\":true}");
        }
        decoders.put("word-ends", "{\"type\":\"BPEDecoder\",\"suffix\":\"</w>\"}");
        decoders.put(
                "ctc", "{\"type\":\"CTC\",\"pad_token\":\"<pad>\",\"word_delimiter_token\":\"|\",\"cleanup\":true}");
        decoders.put("fuse", "{\"type\":\"Fuse\"}");
        decoders.put(
                "replace-joined",
                "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Fuse\"},"
                        + "{\"type\":\"Replace\",\"pattern\":{\"String\":\"yyx\"},\"content\":\"<>\"}]}");
        decoders.put(
                "bytes-then-spaces",
                "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"ByteFallback\"},"
                        + "{\"type\":\"Metaspace\",\"replacement\":\"\u2581\",\"prepend_scheme\":\"always\",\"split\":true}]}");
        decoders.put(
                "words-joined",
                "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"BPEDecoder\",\"suffix\":\"</w>\"},{\"type\":\"Fuse\"},"
                        + "{\"type\":\"Strip\",\"content\":\"x\",\"start\":2,\"stop\":0}]}");
        decoders.put("expression", "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\u2581+|x$\"},\"content\":\" \"}");
        return decoders;
    }

    /** Words and all byte tokens with a decoder; ids 0 to 2 are special. */
    public static ObjectNode withDecoder(String decoder) {
        ObjectNode root = base();
        ObjectNode model = root.putObject("model");
        model.put("type", "BPE")
                .put("byte_fallback", true)
                .put("unk_token", "<unk>")
                .put("fuse_unk", true);
        ObjectNode vocabulary = model.putObject("vocab");
        addSpecial(root.putArray("added_tokens"), vocabulary);
        for (int b = 0; b < 256; b++) {
            vocabulary.put(String.format("<0x%02X>", b), vocabulary.size());
        }
        WORDS.forEach(word -> vocabulary.put(word, vocabulary.size()));
        model.putArray("merges");
        root.set("decoder", JsonMapper.shared().readTree(decoder));
        return root;
    }

    public static ObjectNode base() {
        ObjectNode root = JsonMapper.shared().createObjectNode();
        root.put("version", "1.0");
        for (String key :
                List.of("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder")) {
            root.putNull(key);
        }
        return root;
    }

    public static void addSpecial(ArrayNode added, ObjectNode vocabulary) {
        for (String token : List.of("<unk>", "<s>", "</s>")) {
            addToken(added, vocabulary.size(), token, true);
            vocabulary.put(token, vocabulary.size());
        }
    }

    public static void addToken(ArrayNode added, int id, String token, boolean special) {
        ObjectNode one = added.addObject().put("id", id).put("content", token);
        one.put("single_word", false).put("lstrip", false).put("rstrip", false);
        one.put("normalized", false).put("special", special);
    }

    /** A unigram model whose pieces are words, as sentencepiece makes them; {@code <s>} is one of them too. */
    public static ObjectNode unigram() {
        ObjectNode root = base();
        ArrayNode added = root.putArray("added_tokens");
        ObjectNode model = root.putObject("model").put("type", "Unigram").put("unk_id", 0);
        ArrayNode vocabulary = model.putArray("vocab");
        for (String token : List.of("<unk>", "<s>", "</s>")) {
            addToken(added, vocabulary.size(), token, true);
            vocabulary.addArray().add(token).add(0.0);
        }
        for (String piece :
                "\u2581old \u2581new \u2581 < > / s p r i c e o l d n w \u2581time time \u2581Once".split(" ")) {
            vocabulary.addArray().add(piece).add(-(double) vocabulary.size());
        }
        root.set(
                "pre_tokenizer",
                JsonMapper.shared()
                        .readTree("{\"type\":\"Metaspace\",\"replacement\":\"\u2581\",\"prepend_scheme\":\"always\","
                                + "\"split\":true}"));
        root.set("decoder", root.path("pre_tokenizer"));
        return root;
    }

    /** Words, of which {@code [UNK]} and {@code [SEP]} are special. */
    public static ObjectNode wordPiece() {
        ObjectNode root = base();
        ArrayNode added = root.putArray("added_tokens");
        ObjectNode model = root.putObject("model").put("type", "WordPiece").put("unk_token", "[UNK]");
        model.put("continuing_subword_prefix", "##").put("max_input_chars_per_word", 100);
        ObjectNode vocabulary = model.putObject("vocab");
        for (String token : List.of("[UNK]", "[SEP]")) {
            addToken(added, vocabulary.size(), token, true);
            vocabulary.put(token, vocabulary.size());
        }
        for (String word : "[ ] SE ##P hello ##s , . n ' t do not".split(" ")) {
            vocabulary.put(word, vocabulary.size());
        }
        root.set("pre_tokenizer", JsonMapper.shared().readTree("{\"type\":\"BertPreTokenizer\"}"));
        root.set(
                "decoder", JsonMapper.shared().readTree("{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true}"));
        return root;
    }

    /** Writes one and reads it without another process. */
    public static HuggingFaceTokenizerAdapter open(Path folder, ObjectNode root) {
        return HuggingFaceTokenizerAdapter.readUntried(write(folder, root));
    }

    public static Path write(Path folder, ObjectNode root) {
        try {
            Path file = Files.createTempDirectory(folder, "tokenizer").resolve("tokenizer.json");
            return Files.writeString(file, root.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
