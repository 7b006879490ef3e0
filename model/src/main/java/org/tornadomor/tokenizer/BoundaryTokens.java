package org.tornadomor.tokenizer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tornadomor.UserError;
import org.tornadomor.model.io.GenerationConfig;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which tokens begin and end a text, as the files of a tokenizer have it.
 *
 * <p>Which file counts follows the transformers library with its fast tokenizers. A post-processor in {@code tokenizer.json}
 * that says which tokens go around a text ({@code TemplateProcessing}, {@code BertProcessing}, {@code RobertaProcessing}, alone
 * or in a {@code Sequence}) counts, whatever {@code add_bos_token} in {@code tokenizer_config.json} says. Where it says
 * nothing, because there is none or it only touches offsets ({@code ByteLevel}), {@code add_bos_token} counts, false if it is
 * not there; the library's version 5 no longer reads it, the versions before did in the classes that have such a flag, and
 * files that set it mean it. Two classes of tokenizers build the post-processor anew in any case, {@code GPTNeoXTokenizer} and
 * {@code CodeLlamaTokenizer}: with them {@code add_bos_token} counts alone, and if it is not there the first puts nothing
 * before a text and the second its beginning token.
 *
 * <p>Tokens that the files put behind a text (a template, {@code add_eos_token}) are not kept here: a prompt is a text that
 * continues, and whoever takes whole texts, such as training, ends each with {@link #eos} in any case.
 *
 * @param bos the token that begins a text, whether or not it is put before texts, or -1
 * @param eos the token that ends a text, or -1 if no file names one
 * @param begin what is put before a text, often empty or {@code bos} alone
 * @param added ids of the tokens that are found in text before it is cut, by spelling
 */
record BoundaryTokens(int bos, int eos, List<Integer> begin, Map<String, Integer> added) {
    /** Classes that build their post-processor anew, and their {@code add_bos_token} if the file has none. */
    private static final Map<String, Boolean> BUILD_ANEW =
            Map.of("GPTNeoXTokenizer", false, "CodeLlamaTokenizer", true);

    private static final String TYPE = "type";
    private static final String ADD_BOS = "add_bos_token";
    private static final String BOS_TOKEN = "bos_token";
    private static final String EOS_TOKEN = "eos_token";
    private static final String PROCESSOR = "post_processor";

    /**
     * Reads what the files say.
     *
     * @param file the {@code tokenizer.json}; a {@code config.json} beside it may name the tokens too
     * @param root its content
     * @param config of {@code tokenizer_config.json}; empty if there is none
     * @param map of {@code special_tokens_map.json}; empty if there is none
     * @param tokens all of them
     * @throws UserError naming a file that asks for a token that is not there
     */
    static BoundaryTokens of(Path file, JsonNode root, JsonNode config, JsonNode map, TokenTable tokens) {
        Map<String, Integer> ids = tokens.ids();
        Map<String, Integer> added = new HashMap<>();
        tokens.specialSpellings().forEach(spelling -> added.put(spelling, ids.get(spelling)));
        tokens.otherAdded().forEach(spelling -> added.put(spelling, ids.get(spelling)));
        Path folder = file.toAbsolutePath().getParent();
        GenerationConfig model = GenerationConfig.read(folder);
        int bos = named(BOS_TOKEN, config, map, ids);
        int eos = named(EOS_TOKEN, config, map, ids);
        if (eos < 0) {
            eos = model.eos().stream().filter(ids::containsValue).findFirst().orElse(-1);
        }
        List<Integer> begin = begin(file, root.path(PROCESSOR), config, bos);
        for (int id : begin) {
            if (id >= tokens.size() || tokens.spelling(id) == null) {
                throw unreadable(file, "no token has the id " + id + " that it puts before texts");
            }
        }
        if (bos < 0 && !begin.isEmpty()) {
            bos = begin.getFirst();
        }
        if (bos < 0 && ids.containsValue(model.bos())) {
            bos = model.bos();
        }
        return new BoundaryTokens(bos, eos, begin, Map.copyOf(added));
    }

    private static int named(String key, JsonNode config, JsonNode map, Map<String, Integer> ids) {
        String name =
                spelling(config.path(key)).or(() -> spelling(map.path(key))).orElse("");
        return ids.getOrDefault(name, -1);
    }

    /** A token is a string, or an object with more about it. */
    private static Optional<String> spelling(JsonNode token) {
        JsonNode name = token.isObject() ? token.path("content") : token;
        return name.isString() ? Optional.of(name.stringValue()) : Optional.empty();
    }

    private static List<Integer> begin(Path file, JsonNode processor, JsonNode config, int bos) {
        String tokenizerClass = config.path("tokenizer_class").asString("").replaceFirst("Fast$", "");
        Boolean otherwise = BUILD_ANEW.get(tokenizerClass);
        Optional<List<Integer>> stated = otherwise == null ? stated(file, processor) : Optional.empty();
        if (stated.isPresent()) {
            return stated.get();
        }
        if (!config.path(ADD_BOS).asBoolean(otherwise != null && otherwise)) {
            return List.of();
        }
        if (bos < 0 && otherwise == null) {
            throw new UserError(file.resolveSibling("tokenizer_config.json") + " sets " + ADD_BOS + ", but its "
                    + BOS_TOKEN + " is none of the tokens of " + file + "; name the right one, or set " + ADD_BOS
                    + " to false");
        }
        return bos < 0 ? List.of() : List.of(bos);
    }

    /** What a post-processor puts before a text; empty if it is of a kind that puts nothing anywhere. */
    private static Optional<List<Integer>> stated(Path file, JsonNode processor) {
        return switch (processor.path(TYPE).asString("")) {
            case "TemplateProcessing" -> Optional.of(template(file, processor));
            case "BertProcessing", "RobertaProcessing" ->
                Optional.of(List.of(id(file, processor.path("cls").path(1))));
            case "Sequence" -> sequence(file, processor);
            default -> Optional.empty();
        };
    }

    /** Later processors put their tokens around those of the ones before. */
    private static Optional<List<Integer>> sequence(Path file, JsonNode processor) {
        List<Integer> begin = new ArrayList<>();
        boolean any = false;
        for (JsonNode part : processor.path("processors")) {
            Optional<List<Integer>> its = stated(file, part);
            its.ifPresent(tokens -> begin.addAll(0, tokens));
            any |= its.isPresent();
        }
        return any ? Optional.of(List.copyOf(begin)) : Optional.empty();
    }

    private static List<Integer> template(Path file, JsonNode processor) {
        List<Integer> begin = new ArrayList<>();
        for (JsonNode piece : processor.path("single")) {
            if (piece.has("Sequence")) {
                break;
            }
            String name = piece.path("SpecialToken").path("id").asString("");
            JsonNode tokens = processor.path("special_tokens").path(name).path("ids");
            if (!(tokens instanceof ArrayNode) || tokens.isEmpty()) {
                throw unreadable(file, "special token '" + name + "' of the template has no ids");
            }
            for (JsonNode token : tokens) {
                begin.add(id(file, token));
            }
        }
        return List.copyOf(begin);
    }

    private static int id(Path file, JsonNode token) {
        if (!token.isIntegralNumber() || !token.canConvertToInt() || token.intValue() < 0) {
            throw unreadable(file, token + " is no token id");
        }
        return token.intValue();
    }

    private static UserError unreadable(Path file, String what) {
        return new UserError(file + ": cannot read " + PROCESSOR + ", " + what
                + "; save it again with a current version of the Hugging Face library");
    }

    /**
     * Changes the files so that they say whether a text begins with the beginning token.
     *
     * @param root of {@code tokenizer.json}
     * @param config of {@code tokenizer_config.json}
     * @param spelling of the beginning token
     */
    static void write(ObjectNode root, ObjectNode config, boolean wanted, String spelling, int bos) {
        config.put(ADD_BOS, wanted);
        config.remove("add_eos_token");
        if (wanted) {
            config.put(BOS_TOKEN, spelling);
        }
        ObjectNode template = root.objectNode();
        template.put(TYPE, "TemplateProcessing");
        ArrayNode single = template.putArray("single");
        ArrayNode pair = template.putArray("pair");
        piece(single, wanted ? spelling : null, "A", 0);
        piece(pair, wanted ? spelling : null, "A", 0);
        piece(pair, wanted ? spelling : null, "B", 1);
        ObjectNode tokens = template.putObject("special_tokens");
        if (wanted) {
            ObjectNode token = tokens.putObject(spelling).put("id", spelling);
            token.putArray("ids").add(bos);
            token.putArray("tokens").add(spelling);
        }
        root.set(PROCESSOR, template);
    }

    private static void piece(ArrayNode pieces, String token, String text, int type) {
        if (token != null) {
            pieces.addObject().putObject("SpecialToken").put("id", token).put("type_id", type);
        }
        pieces.addObject().putObject("Sequence").put("id", text).put("type_id", type);
    }
}
