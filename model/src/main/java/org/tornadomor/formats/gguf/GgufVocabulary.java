package org.tornadomor.formats.gguf;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadomor.UserError;
import org.tornadomor.model.io.CheckpointFolder;
import org.tornadomor.model.io.TokenizerFiles;
import org.tornadomor.tokenizer.ByteTokenizer;
import org.tornadomor.tokenizer.TextBoundaries;
import org.tornadomor.tokenizer.WordRule;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The tokenizer of a checkpoint as GGUF's keys: a byte-level BPE whose rule for words llama.cpp knows, or one of SentencePiece. */
public final class GgufVocabulary {
    private static final String END_OF_TEXT = "<|endoftext|>";
    private static final String SPACE = "\u2581";

    private final Path source;
    private final String[] tokens;
    private final int[] types;
    private final TextBoundaries texts;
    private final String template;
    /** Null for a tokenizer of SentencePiece. */
    private WordRule rule;

    private List<String> merges = List.of();
    private float[] scores;
    private boolean spaceBefore;

    private GgufVocabulary(Path source, int size, TextBoundaries texts, String template) {
        this.source = source;
        this.tokens = new String[size];
        this.types = new int[size];
        this.texts = texts;
        this.template = template;
    }

    /**
     * That of a checkpoint.
     *
     * @param folder with its {@code tokenizer.json}
     * @param size ids of the model; those that the tokenizer does not have become unused tokens
     * @throws UserError naming what GGUF has no way to say
     */
    public static GgufVocabulary of(Path folder, int size, TextBoundaries texts) {
        TokenizerFiles files = TokenizerFiles.read(folder);
        byte[] json = files.get(CheckpointFolder.TOKENIZER_FILE);
        GgufVocabulary vocabulary = new GgufVocabulary(folder, size, texts, template(files));
        if (json == null) {
            vocabulary.bytes();
        } else {
            vocabulary.read(JsonMapper.shared().readTree(json));
        }
        vocabulary.fill();
        return vocabulary;
    }

    private static String template(TokenizerFiles files) {
        byte[] file = files.get("chat_template.jinja");
        if (file != null) {
            return new String(file, StandardCharsets.UTF_8);
        }
        byte[] config = files.get(TokenizerFiles.CONFIG);
        JsonNode template =
                config == null ? null : JsonMapper.shared().readTree(config).path("chat_template");
        return template != null && template.isString() ? template.stringValue() : null;
    }

    /** A byte-level BPE without merges, whose tokens stand in the order of the bytes. */
    private void bytes() {
        rule = WordRule.GPT2;
        for (int b = 0; b < ByteTokenizer.END_OF_TEXT; b++) {
            put(b, WordRule.spelling(b), GgufTokenizer.NORMAL);
        }
        put(ByteTokenizer.END_OF_TEXT, END_OF_TEXT, GgufTokenizer.CONTROL);
    }

    private void read(JsonNode root) {
        JsonNode model = root.path("model");
        if (!model.path("type").asString("BPE").equals("BPE")
                || !model.path("vocab").isObject()) {
            throw refused("its model is " + model.path("type") + ", and GGUF's are BPE");
        }
        boolean pieces = model.path("byte_fallback").asBoolean(false);
        model.path("vocab").properties().forEach(entry -> {
            String token = entry.getKey();
            put(
                    entry.getValue().intValue(),
                    token,
                    pieces && isByte(token) ? GgufTokenizer.BYTE : GgufTokenizer.NORMAL);
        });
        String unknown = model.path("unk_token").asString("");
        for (JsonNode token : root.path("added_tokens")) {
            boolean special = token.path("special").asBoolean(false);
            int type = special ? GgufTokenizer.CONTROL : GgufTokenizer.USER_DEFINED;
            String content = token.path("content").stringValue();
            put(
                    token.path("id").intValue(),
                    content,
                    pieces && content.equals(unknown) ? GgufTokenizer.UNKNOWN_TYPE : type);
        }
        merges = new ArrayList<>();
        for (JsonNode merge : model.path("merges")) {
            merges.add(
                    merge.isArray()
                            ? merge.path(0).asString("") + " " + merge.path(1).asString("")
                            : merge.asString(""));
        }
        if (pieces) {
            readPieces(root);
        } else {
            rule = WordRule.of(root)
                    .orElseThrow(() -> refused("its rule for words, pre_tokenizer "
                            + GgufReader.quoted(root.path("pre_tokenizer").toString()) + ", has no name in GGUF"));
        }
    }

    private static boolean isByte(String token) {
        return token.matches("<0x[0-9A-F]{2}>");
    }

    private void put(int id, String token, int type) {
        if (id >= tokens.length) {
            throw refused("it has the id " + id + ", and the model's vocabulary " + tokens.length);
        }
        tokens[id] = token;
        types[id] = type;
    }

    /** A score for each token that makes the same merges first. */
    private void readPieces(JsonNode root) {
        spaceBefore = spaceBefore(root);
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < tokens.length; id++) {
            if (tokens[id] != null && (types[id] == GgufTokenizer.NORMAL || types[id] == GgufTokenizer.USER_DEFINED)) {
                ids.put(tokens[id], id);
            }
        }
        scores = new float[tokens.length];
        Set<Integer> made = new HashSet<>();
        int last = -1;
        int rank = 0;
        for (String merge : merges) {
            Integer id = ids.get(merge.replaceFirst("(?<=.) ", ""));
            if (id == null) {
                throw refused("its merge " + GgufReader.quoted(merge) + " makes no token");
            }
            if (id != last) {
                if (!made.add(id)) {
                    throw refused("its merges to " + GgufReader.quoted(tokens[id]) + " have other merges between them");
                }
                scores[id] = -rank++;
            }
            last = id;
        }
        requireEveryMerge(ids);
        for (int id = 0; id < tokens.length; id++) {
            if (types[id] == GgufTokenizer.NORMAL && !made.contains(id)) {
                scores[id] = -rank++;
            }
        }
        merges = List.of();
    }

    /** llama.cpp merges whatever two neighbours make a token. */
    private void requireEveryMerge(Map<String, Integer> ids) {
        int possible = 0;
        for (String token : ids.keySet()) {
            for (int at = 1; at < token.length(); at++) {
                possible += ids.containsKey(token.substring(0, at)) && ids.containsKey(token.substring(at)) ? 1 : 0;
            }
        }
        if (possible != merges.size()) {
            throw refused("it has " + merges.size() + " merges of the " + possible
                    + " that its tokens allow, and llama.cpp makes them all");
        }
    }

    /** Whether text gets a space before it; in the normalizer of older files, in the pre-tokenizer of newer ones. */
    private boolean spaceBefore(JsonNode root) {
        JsonNode before = root.path("pre_tokenizer");
        if (before.path("type").asString("").equals("Metaspace")) {
            if (before.path("split").asBoolean(true)) {
                throw refused("its pre_tokenizer splits at spaces, which llama.cpp does not");
            }
            return !before.path("prepend_scheme").asString("always").equals("never");
        }
        String normalizer = root.path("normalizer").toString();
        if (!before.isNull() && !before.isMissingNode() || !normalizer.contains(SPACE)) {
            throw refused("its rules for spaces are none of SentencePiece's");
        }
        return normalizer.contains("\"Prepend\"");
    }

    private void fill() {
        for (int id = 0; id < tokens.length; id++) {
            if (tokens[id] == null) {
                tokens[id] = "[PAD" + id + "]";
                types[id] = GgufTokenizer.UNUSED;
            }
        }
    }

    private UserError refused(String why) {
        return new UserError("the tokenizer of " + source + " cannot be written as GGUF: " + why
                + "; export the model with --format hf");
    }

    void write(GgufWriter out) {
        out.string(GgufTokenizer.MODEL, rule == null ? "llama" : "gpt2");
        out.string(GgufTokenizer.RULE, rule == null ? "default" : rule.ggufName());
        out.strings(GgufTokenizer.TOKENS, List.of(tokens));
        if (scores != null) {
            out.floats(GgufTokenizer.SCORES, scores);
        }
        out.integers(GgufTokenizer.TYPES, types);
        if (rule != null) {
            out.strings(GgufTokenizer.MERGES, merges);
        } else {
            out.flag(GgufTokenizer.ADD_SPACE, spaceBefore);
        }
        int[] begin = texts.begin();
        if (begin.length > 1) {
            throw refused("it puts " + begin.length + " tokens before a text, and GGUF has a key for one");
        }
        int bos = begin.length == 1 ? begin[0] : texts.start();
        if (bos >= 0) {
            out.integer(GgufTokenizer.BEGIN, bos);
        }
        out.flag(GgufTokenizer.ADD_BEGIN, begin.length == 1);
        if (texts.end() >= 0) {
            out.integer(GgufTokenizer.END, texts.end());
        }
        for (int id = 0; id < types.length; id++) {
            if (types[id] == GgufTokenizer.UNKNOWN_TYPE) {
                out.integer(GgufTokenizer.UNKNOWN, id);
            }
        }
        if (template != null) {
            out.string(GgufTokenizer.TEMPLATE, template);
        }
    }
}
