package org.tornadomor.formats.gguf;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.tornadomor.UserError;
import org.tornadomor.model.io.GenerationConfig;
import org.tornadomor.model.io.TokenizerFiles;
import org.tornadomor.tokenizer.TokenizerBuilder;
import org.tornadomor.tokenizer.WordRule;

/**
 * The tokenizer in a file's metadata as the files of a Hugging Face tokenizer.
 *
 * @param files empty if the file has none
 * @param generation the tokens that begin and end texts
 */
record GgufTokenizer(TokenizerFiles files, GenerationConfig generation) {
    static final String PREFIX = "tokenizer.ggml.";
    static final String MODEL = PREFIX + "model";
    static final String RULE = PREFIX + "pre";
    static final String TOKENS = PREFIX + "tokens";
    static final String TYPES = PREFIX + "token_type";
    static final String SCORES = PREFIX + "scores";
    static final String MERGES = PREFIX + "merges";
    static final String BEGIN = PREFIX + "bos_token_id";
    static final String END = PREFIX + "eos_token_id";
    static final String UNKNOWN = PREFIX + "unknown_token_id";
    static final String PADDING = PREFIX + "padding_token_id";
    static final String ADD_BEGIN = PREFIX + "add_bos_token";
    static final String ADD_SPACE = PREFIX + "add_space_prefix";
    static final String TEMPLATE = "tokenizer.chat_template";

    static final int NORMAL = 1;
    static final int UNKNOWN_TYPE = 2;
    static final int CONTROL = 3;
    static final int USER_DEFINED = 4;
    static final int UNUSED = 5;
    static final int BYTE = 6;

    /** Keys of further tokens at which a generation ends. */
    static final List<String> MORE_ENDS = List.of(PREFIX + "eot_token_id", PREFIX + "eom_token_id");

    /** Control tokens that end what a model has to say; files often name but one of them. */
    static final Set<String> END_NAMES = Set.of(
            "<|eot_id|>",
            "<|im_end|>",
            "<|end|>",
            "<end_of_turn>",
            "<|endoftext|>",
            "<|end_of_text|>",
            "<|eom_id|>",
            "</s>",
            "<EOT>",
            "<eos>");

    /**
     * Reads it.
     *
     * @throws UserError naming file and key that is missing, wrong or not known
     */
    static GgufTokenizer read(GgufFile file) {
        GgufMetadata metadata = file.metadata();
        String model = metadata.string(MODEL, "none");
        if (model.equals("none") || model.equals("no_vocab")) {
            return new GgufTokenizer(new TokenizerFiles(java.util.Map.of()), GenerationConfig.NONE);
        }
        boolean pieces = model.equals("llama");
        if (!pieces && !model.equals("gpt2")) {
            throw new UserError(file.path() + ": key " + MODEL + " is " + GgufReader.quoted(model)
                    + ", and gpt2 and llama are read; take the Hugging Face folder of the model");
        }
        List<String> tokens = metadata.strings(TOKENS);
        int[] types = types(file, tokens);
        WordRule rule = pieces ? null : rule(file);
        TokenizerBuilder builder = new TokenizerBuilder(file.path() + ": key " + TOKENS, tokens);
        for (int id = 0; id < types.length; id++) {
            boolean special = types[id] == CONTROL || types[id] == UNKNOWN_TYPE && pieces;
            if (special || types[id] == USER_DEFINED) {
                builder.add(id, special);
            }
        }
        boundaries(file, builder, tokens, types, pieces || rule.begins(), pieces);
        if (metadata.has(TEMPLATE)) {
            builder.chatTemplate(metadata.string(TEMPLATE));
        }
        TokenizerFiles files = pieces
                ? builder.sentencePieces(metadata.floats(SCORES), mergeable(types), metadata.flag(ADD_SPACE, true))
                : builder.byteLevel(rule, metadata.strings(MERGES));
        return new GgufTokenizer(files, builder.generation());
    }

    private static WordRule rule(GgufFile file) {
        String name = file.metadata().string(RULE, "default");
        return WordRule.named(name)
                .orElseThrow(() -> new UserError(file.path() + ": key " + RULE + " is " + GgufReader.quoted(name)
                        + ", and those that are known are " + String.join(", ", WordRule.allNames())
                        + "; take the Hugging Face folder of the model"));
    }

    private static int[] types(GgufFile file, List<String> tokens) {
        if (!file.metadata().has(TYPES)) {
            int[] types = new int[tokens.size()];
            Arrays.fill(types, NORMAL);
            return types;
        }
        int[] types = file.metadata().integers(TYPES);
        if (types.length != tokens.size()) {
            throw new UserError(file.path() + ": key " + TYPES + " has " + types.length + " elements and " + TOKENS
                    + " " + tokens.size() + "; convert the model anew");
        }
        return types;
    }

    private static Set<Integer> mergeable(int[] types) {
        Set<Integer> ids = new HashSet<>();
        for (int id = 0; id < types.length; id++) {
            if (types[id] == NORMAL || types[id] == USER_DEFINED) {
                ids.add(id);
            }
        }
        return ids;
    }

    /** Files with a SentencePiece vocabulary that name no such tokens mean SentencePiece's own: 0, 1 and 2. */
    private static void boundaries(
            GgufFile file, TokenizerBuilder builder, List<String> tokens, int[] types, boolean begins, boolean pieces) {
        int bos = id(file, BEGIN, pieces ? 1 : -1);
        boolean before = file.metadata().flag(ADD_BEGIN, begins);
        if (before && bos < 0) {
            throw new UserError(file.path() + ": texts begin with a beginning token, but key " + BEGIN
                    + " is missing; convert the model anew");
        }
        if (bos >= 0) {
            builder.begin(bos, before);
        }
        int eos = id(file, END, pieces ? 2 : -1);
        if (eos >= 0) {
            builder.end(eos);
        }
        for (String key : MORE_ENDS) {
            int more = id(file, key, -1);
            if (more >= 0) {
                builder.end(more);
            }
        }
        for (int id = 0; id < types.length; id++) {
            if (types[id] == CONTROL && END_NAMES.contains(tokens.get(id))) {
                builder.end(id);
            }
        }
        int unknown = id(file, UNKNOWN, pieces ? 0 : -1);
        if (unknown >= 0) {
            builder.unknown(unknown);
        }
        int padding = id(file, PADDING, -1);
        if (padding >= 0) {
            builder.pad(padding);
        }
    }

    /** The id of a token under a key; some files say 2^32 - 1 for none. */
    private static int id(GgufFile file, String key, int otherwise) {
        long id = file.metadata().integer(key, otherwise);
        if (id == 0xffffffffL) {
            return -1;
        }
        if (id != (int) id) {
            throw new UserError(
                    file.path() + ": key " + key + " is " + id + ", which is no token; convert the model" + " anew");
        }
        return (int) id;
    }
}
