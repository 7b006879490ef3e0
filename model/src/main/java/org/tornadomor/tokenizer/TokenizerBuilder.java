package org.tornadomor.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tornadomor.UserError;
import org.tornadomor.model.io.GenerationConfig;
import org.tornadomor.model.io.TokenizerFiles;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes the files of a tokenizer ({@code tokenizer.json} and the files beside it) from what other formats say: a list of
 * tokens, and merges or scores. The result is read like any other tokenizer, with all checks.
 */
public final class TokenizerBuilder {
    /** Stands for a space in the tokens of SentencePiece. */
    private static final String SPACE = "\u2581";

    private static final String TYPE = "type";

    private final String source;
    private final List<String> tokens;
    /** Id to whether it is special. */
    private final Map<Integer, Boolean> added = new TreeMap<>();

    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final ObjectNode config = JsonMapper.shared().createObjectNode();
    private final List<Integer> ends = new ArrayList<>();
    private int bos = -1;
    private int unknown = -1;
    private boolean begins;

    /**
     * @param source names the file in errors
     * @param tokens by id; no two are alike
     * @throws UserError if two are alike, or one is empty
     */
    public TokenizerBuilder(String source, List<String> tokens) {
        this.source = source;
        this.tokens = List.copyOf(tokens);
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < tokens.size(); id++) {
            Integer other = ids.put(tokens.get(id), id);
            if (other != null) {
                throw new UserError(source + ": the token " + TokenTable.quoted(tokens.get(id))
                        + " comes twice, with the ids " + other + " and " + id + "; convert the model anew");
            }
        }
    }

    /** A token that is found in a text before it is cut. @param special whether it is no text itself */
    public void add(int id, boolean special) {
        added.put(checked("a special token", id), special);
    }

    /** The token that begins a text. @param before whether it is put before each */
    public void begin(int id, boolean before) {
        bos = checked("the beginning token", id);
        begins = before;
        config.put("bos_token", tokens.get(id));
    }

    /** A token that ends a text; the first is the tokenizer's own, at all of them a generation ends. */
    public void end(int id) {
        checked("the end token", id);
        if (ends.isEmpty()) {
            config.put("eos_token", tokens.get(id));
        }
        if (!ends.contains(id)) {
            ends.add(id);
        }
    }

    /** The token of what no other token spells. */
    public void unknown(int id) {
        unknown = checked("the unknown token", id);
        config.put("unk_token", tokens.get(id));
    }

    /** The token that fills rows up. */
    public void pad(int id) {
        config.put("pad_token", tokens.get(checked("the padding token", id)));
    }

    /** The template of chats. */
    public void chatTemplate(String template) {
        config.put("chat_template", template);
    }

    private int checked(String what, int id) {
        if (id < 0 || id >= tokens.size()) {
            throw new UserError(source + ": " + what + " is " + id + ", and there are " + tokens.size()
                    + " tokens; convert the model anew");
        }
        return id;
    }

    /**
     * A byte-level BPE.
     *
     * @param merges in the order of their ranks, two tokens with a space between
     */
    public TokenizerFiles byteLevel(WordRule rule, List<String> merges) {
        ObjectNode root = root();
        root.set("normalizer", rule.composing());
        root.set("pre_tokenizer", rule.splitting());
        if (!begins) {
            root.putObject("post_processor")
                    .put(TYPE, "ByteLevel")
                    .put("add_prefix_space", true)
                    .put("trim_offsets", false)
                    .put("use_regex", true);
        }
        root.putObject("decoder")
                .put(TYPE, "ByteLevel")
                .put("add_prefix_space", true)
                .put("trim_offsets", true)
                .put("use_regex", true);
        ObjectNode model = model(root, false);
        model.put("ignore_merges", rule.wholeWords());
        ArrayNode pairs = model.putArray("merges");
        for (String merge : merges) {
            int space = merge.indexOf(' ', 1);
            if (space < 0) {
                throw new UserError(source + ": the merge " + TokenTable.quoted(merge)
                        + " is not two tokens with a space between; convert the model anew");
            }
            pairs.addArray().add(merge.substring(0, space)).add(merge.substring(space + 1));
        }
        return files(root);
    }

    /**
     * A SentencePiece BPE: neighbours are merged whose union has the highest score, and what no token spells becomes bytes.
     *
     * @param scores of the tokens
     * @param mergeable ids of tokens that text may become; bytes and special tokens are none
     * @param spaceBefore whether a text gets a space before it
     */
    public TokenizerFiles sentencePieces(float[] scores, Set<Integer> mergeable, boolean spaceBefore) {
        ObjectNode root = root();
        ObjectNode normalizer = root.putObject("normalizer").put(TYPE, "Sequence");
        ArrayNode steps = normalizer.putArray("normalizers");
        if (spaceBefore) {
            steps.addObject().put(TYPE, "Prepend").put("prepend", SPACE);
        }
        replace(steps.addObject(), " ", SPACE);
        root.putNull("pre_tokenizer");
        ArrayNode decoders = root.putObject("decoder").put(TYPE, "Sequence").putArray("decoders");
        replace(decoders.addObject(), SPACE, " ");
        decoders.addObject().put(TYPE, "ByteFallback");
        decoders.addObject().put(TYPE, "Fuse");
        if (spaceBefore) {
            decoders.addObject()
                    .put(TYPE, "Strip")
                    .put("content", " ")
                    .put("start", 1)
                    .put("stop", 0);
        }
        ArrayNode merges = model(root, true).putArray("merges");
        merges(scores, mergeable)
                .forEach(merge -> merges.addArray().add(merge.left).add(merge.right));
        return files(root);
    }

    private static void replace(ObjectNode step, String from, String to) {
        step.put(TYPE, "Replace").putObject("pattern").put("String", from);
        step.put("content", to);
    }

    /** @param score of what the two make */
    private record Merge(String left, String right, float score) {}

    /**
     * Every way to make a token of two others, the best tokens first; among ways to the same token, the longer left part first.
     */
    private List<Merge> merges(float[] scores, Set<Integer> mergeable) {
        if (scores.length < tokens.size()) {
            throw new UserError(source + ": there are " + tokens.size() + " tokens and " + scores.length
                    + " scores; convert the model anew");
        }
        Map<String, Integer> ids = new HashMap<>();
        mergeable.forEach(id -> ids.put(tokens.get(id), id));
        List<Merge> merges = new ArrayList<>();
        for (int id = 0; id < tokens.size(); id++) {
            if (!mergeable.contains(id)) {
                continue;
            }
            if (!Float.isFinite(scores[id])) {
                throw new UserError(
                        source + ": the score of token " + id + " is " + scores[id] + "; convert the model anew");
            }
            String token = tokens.get(id);
            for (int at = token.length() - 1; at > 0; at--) {
                String left = token.substring(0, at);
                String right = token.substring(at);
                if (ids.containsKey(left) && ids.containsKey(right)) {
                    merges.add(new Merge(left, right, scores[id]));
                }
            }
        }
        merges.sort(Comparator.comparing(Merge::score).reversed());
        return merges;
    }

    private ObjectNode root() {
        ObjectNode root = JsonMapper.shared().createObjectNode();
        root.put("version", "1.0");
        root.putNull("truncation");
        root.putNull("padding");
        ArrayNode list = root.putArray("added_tokens");
        added.forEach((id, special) -> list.addObject()
                .put("id", id)
                .put("content", tokens.get(id))
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", special));
        root.putNull("normalizer");
        root.putNull("pre_tokenizer");
        root.putNull("post_processor");
        if (begins) {
            BoundaryTokens.write(root, config, true, tokens.get(bos), bos);
        } else {
            config.put("add_bos_token", false);
        }
        return root;
    }

    private ObjectNode model(ObjectNode root, boolean bytes) {
        ObjectNode model = root.putObject("model").put(TYPE, "BPE");
        model.putNull("dropout");
        if (unknown >= 0 && bytes) {
            model.put("unk_token", tokens.get(unknown));
        } else {
            model.putNull("unk_token");
        }
        model.putNull("continuing_subword_prefix");
        model.putNull("end_of_word_suffix");
        model.put("fuse_unk", bytes);
        model.put("byte_fallback", bytes);
        ObjectNode vocabulary = model.putObject("vocab");
        for (int id = 0; id < tokens.size(); id++) {
            vocabulary.put(tokens.get(id), id);
        }
        return model;
    }

    private TokenizerFiles files(ObjectNode root) {
        config.put("clean_up_tokenization_spaces", false);
        config.put("tokenizer_class", "PreTrainedTokenizerFast");
        JsonMapper mapper = JsonMapper.shared();
        files.put(Tokenizers.FILE, mapper.writeValueAsBytes(root));
        files.put(TokenizerFiles.CONFIG, mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(config));
        return new TokenizerFiles(files);
    }

    /** Which tokens begin and end texts. */
    public GenerationConfig generation() {
        return new GenerationConfig(bos, ends, null);
    }
}
