package org.tornadomor.files;

import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.UserError;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.util.JsonParserDelegate;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * Reads one YAML document as a tree, and refuses anything behind it and keys that stand twice. Whatever the tree would show
 * differently from what is written is refused too: references to other places (they would become texts), types of other
 * programs, and characters that no path or name can have.
 */
public final class StrictYaml {
    private static final int MOST_LEVELS = 100;
    private static final String CORE = "tag:yaml.org,2002:";
    private static final Set<String> TYPES = Set.of("str", "int", "float", "bool", "null", "map", "seq");

    private static final Pattern TWICE = Pattern.compile("(?i)duplicate (?:key|\\w+ property) [\"']?([^\"'\\n]+)");

    /** From a part of the library's message to what that means. */
    private static final Map<String, String> FAULTS = Map.of(
            "mapping values are not allowed",
                    "a colon with a blank behind it stands within a value; put the value in quotes",
            "'\\t(TAB)'", "a tab, where only blanks can move a line in",
            "end of the stream", "it ends before a bracket or quote is closed",
            "found unexpected end of stream", "it ends before a bracket or quote is closed",
            "expected ',' or ']'", "expected a comma or ]",
            "expected ',' or '}'", "expected a comma or }",
            "unacceptable code point", "a character that YAML does not have",
            "special characters are not allowed", "a character that YAML does not have");

    private static final YAMLMapper YAML = YAMLMapper.builder(YAMLFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private StrictYaml() {}

    /**
     * Reads a text; of an empty one the result is a missing node.
     *
     * @throws UserError in one line, without the name of the text
     */
    public static JsonNode parse(String yaml) {
        return parse(yaml, Set.of());
    }

    /**
     * The same with further types, such as {@code function} for {@code !function name}: such a text comes as it is written, with its
     * type and a blank before it.
     *
     * @throws UserError in one line, without the name of the text
     */
    public static JsonNode parse(String yaml, Set<String> types) {
        try {
            JsonNode tree = scan(yaml, types) ? read(yaml, types) : MissingNode.getInstance();
            requireCharacters("", tree);
            return tree;
        } catch (JacksonException e) {
            throw new UserError("not valid YAML (" + fault(e) + "); mend it", e);
        }
    }

    /** Says where the fault is and what stands there, without the words of the library. */
    private static String fault(JacksonException e) {
        TokenStreamLocation at = e.getLocation();
        String place = at == null || at.getLineNr() < 1
                ? ""
                : "line " + at.getLineNr() + ", column " + at.getColumnNr() + ": ";
        String words = String.valueOf(e.getOriginalMessage());
        Matcher twice = TWICE.matcher(words);
        if (twice.find()) {
            return place + "the key '" + twice.group(1) + "' comes twice";
        }
        return place
                + FAULTS.entrySet().stream()
                        .filter(fault -> words.contains(fault.getKey()))
                        .findFirst()
                        .map(Map.Entry::getValue)
                        .orElse("expected keys and values such as batch: 8, those of a level below one another");
    }

    private static JsonNode read(String yaml, Set<String> types) {
        if (types.isEmpty()) {
            return YAML.readTree(yaml);
        }
        try (JsonParser typed = new TypedTexts(YAML.createParser(yaml), types)) {
            return YAML.readTree(typed);
        }
    }

    /** Gives texts of the further types with the type before them. */
    private static final class TypedTexts extends JsonParserDelegate {
        private final Set<String> types;

        TypedTexts(JsonParser parser, Set<String> types) {
            super(parser);
            this.types = types;
        }

        @Override
        public String getString() {
            String type = currentToken() == JsonToken.VALUE_STRING ? (String) getTypeId() : null;
            return type != null && types.contains(type) ? "!" + type + " " + super.getString() : super.getString();
        }
    }

    /** Checks everything as it is written. @return whether there is anything */
    private static boolean scan(String yaml, Set<String> types) {
        boolean any = false;
        int levels = 0;
        try (YAMLParser tokens = (YAMLParser) YAML.createParser(yaml)) {
            for (JsonToken token = tokens.nextToken(); token != null; token = tokens.nextToken()) {
                any = true;
                String place = "line " + tokens.currentTokenLocation().getLineNr();
                if (tokens.isCurrentAlias()) {
                    throw new UserError(place + " repeats another place (*): write the value out");
                }
                String type = tokens.getTypeId();
                if (type != null
                        && !TYPES.contains(type.startsWith(CORE) ? type.substring(CORE.length()) : type)
                        && !(types.contains(type) && token == JsonToken.VALUE_STRING)) {
                    throw new UserError(place + " has the type !" + type + ", which means nothing here: leave it away");
                }
                levels += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                if (levels > MOST_LEVELS) {
                    throw new UserError(place + " lies more than " + MOST_LEVELS + " levels deep: no key does");
                }
            }
        }
        return any;
    }

    private static void requireCharacters(String path, JsonNode node) {
        switch (node) {
            case ObjectNode object -> {
                for (Map.Entry<String, JsonNode> property : object.properties()) {
                    requireCharacters(path + " (a key)", property.getKey());
                    requireCharacters(
                            path.isEmpty() ? property.getKey() : path + "." + property.getKey(), property.getValue());
                }
            }
            case ArrayNode array -> array.forEach(element -> requireCharacters(path, element));
            default -> {
                if (node.isString()) {
                    requireCharacters(path, node.stringValue());
                }
            }
        }
    }

    private static void requireCharacters(String path, String text) {
        for (int i = 0; i < text.length(); i++) {
            boolean pair = Character.isSurrogatePair(text.charAt(i), i + 1 < text.length() ? text.charAt(i + 1) : 0);
            if (text.charAt(i) == 0 || Character.isSurrogate(text.charAt(i)) && !pair) {
                throw new UserError(path.strip() + " has a character that no text can have, "
                        + String.format("U+%04X", (int) text.charAt(i)) + ", as number " + (i + 1) + ": take it out");
            }
            i += pair ? 1 : 0;
        }
    }
}
