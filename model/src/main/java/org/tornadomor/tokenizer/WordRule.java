package org.tornadomor.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a byte-level tokenizer cuts text into words before it merges bytes. GGUF files name the rule; {@code tokenizer.json} spells it
 * out. Regular expressions are those that the models' own files have.
 */
public enum WordRule {
    /** GPT-2's words. */
    GPT2(Set.of(), false, false, false, "gpt-2", "mpt", "olmo", "jais", "phi-2", "trillion", "exaone4"),
    /** Llama 3's: contractions in any case, at most three digits together. */
    LLAMA3(Set.of(Rules.LLAMA3), true, false, true, "llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral"),
    /** Llama 3's words, where merges count even if a word is a token. */
    LLAMA3_MERGED(Set.of(Rules.LLAMA3), false, false, false, "smaug-bpe", "dbrx"),
    /** Qwen 2's: as Llama 3's, but each digit by itself, and text composed (NFC). */
    QWEN2(Set.of(Rules.QWEN2), false, true, false, "qwen2", "deepseek-r1-qwen", "megrez"),
    /** The same without composing. */
    STABLELM2(Set.of(Rules.QWEN2), false, false, false, "stablelm2"),
    /** Each digit by itself, else GPT-2's words. */
    DIGITS(
            Set.of(),
            false,
            false,
            false,
            "smollm",
            "starcoder",
            "refact",
            "command-r",
            "codeshell",
            "exaone",
            "minerva-7b"),
    /** Mistral's since Nemo: words end where lower case turns to upper case. */
    TEKKEN(Set.of(Rules.TEKKEN), true, false, true, "tekken"),
    /** What llama.cpp does where a file does not say. */
    DEFAULT(
            new LinkedHashSet<>(List.of(Rules.PUNCTUATION, Rules.WORDS, "\\p{N}+", "[0-9][0-9][0-9]")),
            false,
            false,
            false,
            "default");

    /** The expressions, out of the way of the constants that name them. */
    private static final class Rules {
        static final String LLAMA3 = rest("\\p{N}{1,3}");
        static final String QWEN2 = rest("\\p{N}");
        static final String TEKKEN =
                "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
                        + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
                        + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
        static final String PUNCTUATION = "[\\p{P}\\$\\+<=>\\^~\\|]+";
        static final String WORDS = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";

        private static String rest(String digits) {
            return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + digits
                    + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
        }
    }

    private static final String TYPE = "type";

    private final Set<String> expressions;
    private final boolean wholeWords;
    private final boolean composes;
    private final boolean begins;
    private final List<String> names;

    /**
     * @param wholeWords whether a word that is a token is that token, whatever the merges say
     * @param composes whether text is brought into Unicode's form NFC first
     * @param begins whether the beginning token goes before a text if a file does not say
     */
    WordRule(Set<String> expressions, boolean wholeWords, boolean composes, boolean begins, String... names) {
        this.expressions = Collections.unmodifiableSet(expressions);
        this.wholeWords = wholeWords;
        this.composes = composes;
        this.begins = begins;
        this.names = List.of(names);
    }

    /** The rule that a GGUF file names; empty if it is not known. */
    public static Optional<WordRule> named(String name) {
        return Arrays.stream(values()).filter(rule -> rule.names.contains(name)).findFirst();
    }

    /** All names that are known, for messages. */
    public static List<String> allNames() {
        List<String> all = new ArrayList<>();
        for (WordRule rule : values()) {
            all.addAll(rule.names);
        }
        return all;
    }

    /** The rule of a {@code tokenizer.json}; empty if GGUF has no name for it. */
    public static Optional<WordRule> of(JsonNode tokenizer) {
        for (WordRule rule : values()) {
            boolean same = simple(rule.splitting()).equals(simple(tokenizer.path("pre_tokenizer")))
                    && rule.composes
                            == tokenizer
                                    .path("normalizer")
                                    .path(TYPE)
                                    .asString("")
                                    .equals("NFC")
                    && rule.wholeWords
                            == tokenizer.path("model").path("ignore_merges").asBoolean(false);
            if (same && (rule.composes || isNothing(tokenizer.path("normalizer")))) {
                return Optional.of(rule);
            }
        }
        return Optional.empty();
    }

    private static boolean isNothing(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }

    /** A rule without what makes no difference: a sequence of one, offsets, an inversion that is off. */
    private static JsonNode simple(JsonNode rule) {
        if (!(rule instanceof ObjectNode object)) {
            return rule;
        }
        ObjectNode copy = object.deepCopy();
        copy.remove("trim_offsets");
        if (!copy.path("invert").asBoolean(false)) {
            copy.remove("invert");
        }
        if (copy.path(TYPE).asString("").equals("ByteLevel")
                && copy.path("use_regex").asBoolean(true)) {
            copy.remove("use_regex");
        }
        if (copy.path("pretokenizers") instanceof ArrayNode parts) {
            if (parts.size() == 1) {
                return simple(parts.get(0));
            }
            ArrayNode simpler = copy.putArray("pretokenizers");
            parts.forEach(part -> simpler.add(simple(part)));
        }
        return copy;
    }

    /** The character that stands for a byte, 0 to 255, in byte-level tokens. */
    public static String spelling(int b) {
        return String.valueOf(ByteLevel.spelling(b));
    }

    /** What GGUF files call the rule. */
    public String ggufName() {
        return names.getFirst();
    }

    /** Whether the beginning token goes before a text if a file does not say. */
    public boolean begins() {
        return begins;
    }

    /** Whether a word that is a token is that token, whatever the merges say. */
    boolean wholeWords() {
        return wholeWords;
    }

    /** The {@code normalizer} of a {@code tokenizer.json}, or null. */
    ObjectNode composing() {
        return composes ? object().put(TYPE, "NFC") : null;
    }

    /** The {@code pre_tokenizer} of a {@code tokenizer.json}. */
    ObjectNode splitting() {
        if (this == GPT2) {
            return bytes(true);
        }
        ObjectNode sequence = object().put(TYPE, "Sequence");
        ArrayNode parts = sequence.putArray("pretokenizers");
        if (this == DIGITS) {
            parts.addObject().put(TYPE, "Digits").put("individual_digits", true);
        }
        for (String expression : expressions) {
            ObjectNode split = parts.addObject().put(TYPE, "Split");
            split.putObject("pattern").put("Regex", expression);
            split.put("behavior", "Isolated").put("invert", false);
        }
        parts.add(bytes(this == DIGITS));
        return sequence;
    }

    private static ObjectNode bytes(boolean words) {
        return object().put(TYPE, "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", words);
    }

    private static ObjectNode object() {
        return JsonMapper.shared().createObjectNode();
    }
}
