package org.tornadomor.formats.gguf;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.formats.common.PieceScores;
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
    private final List<Integer> lostEnds = new ArrayList<>();

    private GgufVocabulary(Path source, int size, TextBoundaries texts, String template) {
        this.source = source;
        this.tokens = new String[size];
        this.types = new int[size];
        this.texts = texts;
        this.template = template;
    }

    /**
     * The tokenizer of a checkpoint.
     *
     * @param folder with its {@code tokenizer.json}
     * @param size ids of the model; those that the tokenizer does not have become unused tokens
     * @throws UserError naming what GGUF cannot express
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

    /** Gives each token a score, so that the same merges come first. */
    private void readPieces(JsonNode root) {
        PieceScores pieces = PieceScores.of(
                root,
                merges,
                tokens,
                id -> types[id] == GgufTokenizer.NORMAL || types[id] == GgufTokenizer.USER_DEFINED,
                id -> types[id] == GgufTokenizer.NORMAL,
                this::refused);
        scores = pieces.scores();
        spaceBefore = pieces.spaceBefore();
        merges = List.of();
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

    /**
     * The end token, and where there are more, those of a turn and of a message. Readers of the file also recognise control
     * tokens that are spelled like a known end token, so these are the last to get keys.
     */
    private void ends(GgufWriter out) {
        if (texts.end() >= 0) {
            out.integer(GgufTokenizer.END, texts.end());
        }
        List<Integer> more = texts.ends().stream()
                .filter(id -> id != texts.end() && id < tokens.length)
                .toList();
        List<Integer> first = new ArrayList<>(more);
        first.sort(Comparator.comparing(this::spellsAnEnd));
        List<Integer> keyed = first.subList(0, Math.min(first.size(), GgufTokenizer.MORE_ENDS.size()));
        int key = 0;
        for (int id : more) {
            if (keyed.contains(id)) {
                out.integer(GgufTokenizer.MORE_ENDS.get(key++), id);
            } else if (!spellsAnEnd(id)) {
                lostEnds.add(id);
            }
        }
    }

    private boolean spellsAnEnd(int id) {
        return types[id] == GgufTokenizer.CONTROL && GgufTokenizer.END_NAMES.contains(tokens[id]);
    }

    /** Once the file is written: the tokens that end a text and for which the file had no key. */
    public List<Integer> lostEnds() {
        return List.copyOf(lostEnds);
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
        ends(out);
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
