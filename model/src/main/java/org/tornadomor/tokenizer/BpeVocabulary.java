package org.tornadomor.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tornadomor.UserError;
import org.tornadomor.files.AsideFile;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A byte-level byte-pair encoding: ids 0 to 255 are the bytes in the order of GPT-2, then come the merges in the order in which
 * they apply, and the last id ends a text.
 *
 * @param tokens by id, in the spelling of {@link ByteLevel}, without the end of text
 * @param merges the ids of the two parts of each merge
 */
public record BpeVocabulary(List<String> tokens, List<int[]> merges) {
    /** How the end of a text is spelled. */
    public static final String END = "<|endoftext|>";

    private static final String CONFIG_FILE = "tokenizer_config.json";
    private static final String TYPE = "type";
    private static final String BYTE_LEVEL = "ByteLevel";

    public BpeVocabulary {
        tokens = List.copyOf(tokens);
        merges = List.copyOf(merges);
    }

    /** All ids, with the end of text. */
    public int size() {
        return tokens.size() + 1;
    }

    /**
     * Where {@link #save} writes.
     *
     * @param out a folder, or the path of a file that ends in {@code .json}
     */
    public static Path file(Path out) {
        boolean json = out.getFileName() != null && out.getFileName().toString().endsWith(".json");
        return json && !Files.isDirectory(out) ? out : out.resolve(Tokenizers.FILE);
    }

    /**
     * Writes {@code tokenizer.json} as Hugging Face's library reads it, and beside it what its Python package wants to know
     * of the end token.
     *
     * @param out a folder, or the path of a file that ends in {@code .json}
     * @return the file
     * @throws UserError if the disk refuses
     */
    public Path save(Path out) {
        Path file = file(out);
        AsideFile.writeText(file.resolveSibling(CONFIG_FILE), text(config()));
        AsideFile.writeText(file, text(json()));
        return file;
    }

    private static String text(ObjectNode node) {
        return JsonMapper.shared()
                        .writer()
                        .with(SerializationFeature.INDENT_OUTPUT)
                        .writeValueAsString(node)
                + "\n";
    }

    private static ObjectNode config() {
        ObjectNode config = JsonMapper.shared().createObjectNode();
        config.put("tokenizer_class", "PreTrainedTokenizerFast");
        config.put("bos_token", END);
        config.put("eos_token", END);
        config.put("unk_token", END);
        config.put("add_prefix_space", false);
        config.put("clean_up_tokenization_spaces", false);
        return config;
    }

    private ObjectNode json() {
        ObjectNode root = JsonMapper.shared().createObjectNode();
        root.put("version", "1.0");
        root.putNull("truncation");
        root.putNull("padding");
        ObjectNode end = root.putArray("added_tokens").addObject();
        end.put("id", size() - 1);
        end.put("content", END);
        for (String property : List.of("single_word", "lstrip", "rstrip", "normalized")) {
            end.put(property, false);
        }
        end.put("special", true);
        root.putNull("normalizer");
        root.set("pre_tokenizer", byteLevel(false));
        root.putNull("post_processor");
        root.set("decoder", byteLevel(true));
        root.set("model", model());
        return root;
    }

    private static ObjectNode byteLevel(boolean prefixSpace) {
        ObjectNode node = JsonMapper.shared().createObjectNode();
        node.put(TYPE, BYTE_LEVEL);
        node.put("add_prefix_space", prefixSpace);
        node.put("trim_offsets", true);
        node.put("use_regex", true);
        return node;
    }

    private ObjectNode model() {
        ObjectNode model = JsonMapper.shared().createObjectNode();
        model.put(TYPE, "BPE");
        model.putNull("dropout");
        model.putNull("unk_token");
        model.putNull("continuing_subword_prefix");
        model.putNull("end_of_word_suffix");
        model.put("fuse_unk", false);
        model.put("byte_fallback", false);
        ObjectNode vocabulary = model.putObject("vocab");
        for (int id = 0; id < tokens.size(); id++) {
            vocabulary.put(tokens.get(id), id);
        }
        ArrayNode list = model.putArray("merges");
        // No token has a space in its spelling.
        merges.forEach(pair -> list.add(tokens.get(pair[0]) + " " + tokens.get(pair[1])));
        return model;
    }
}
