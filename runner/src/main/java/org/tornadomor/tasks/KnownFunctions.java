package org.tornadomor.tasks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.UserError;
import org.tornadomor.template.PyText;

/**
 * What tasks write as {@code !function module.name}. No Python runs here: the functions that are known by name do what those of the
 * harness do, and a module of Python beside a task is taken for one of these only if its text is that of the harness, blanks aside.
 */
final class KnownFunctions {
    /** How a function is written in a task, once it is read. */
    static final String MARK = "!function ";

    /** The documents of HellaSwag as the task wants them. */
    static final String HELLASWAG = "hellaswag.process_docs";

    /** The page of WikiText as text that people would write. */
    static final String DETOKENIZER = "wikitext.wikitext_detokenizer";

    /** Words and bytes of a page as they were before the detokenizer. */
    static final String PAGE_COUNTS = "wikitext.process_results";

    private static final String WINOGRANDE_TEXT = "winogrande.doc_to_text";
    private static final String WINOGRANDE_TARGET = "winogrande.doc_to_target";
    private static final String WINOGRANDE_CHOICE = "winogrande.doc_to_choice";

    private static final List<String> NAMES =
            List.of(HELLASWAG, DETOKENIZER, PAGE_COUNTS, WINOGRANDE_TEXT, WINOGRANDE_TARGET, WINOGRANDE_CHOICE);

    /** Modules of the harness by the SHA-256 of their text without blanks. */
    private static final Map<String, String> MODULES = Map.of(
            "ea60ebab76c890ceb63e88bd894956bb14ecd703c1f544894493b20b4a28a720", "hellaswag",
            "1284c461314f52455a62fc5295ddf6947058c72c082dc19153abeacf8d1c3ff3", "winogrande",
            "fa6877e30ffd3e8feec544f5f69468de6b37c2a4aff5bb120240ca55e50ea279", "wikitext");

    private static final Pattern BRACKETS = Pattern.compile("\\[.*?\\]");

    /** What turns the spacing of WikiText's tokens back: patterns and what takes their place, in this order. */
    private static final Map<Pattern, String> SPACING = spacing();

    private KnownFunctions() {}

    /**
     * The name under which a function is known.
     *
     * @param reference as it stands in a task, without {@link #MARK}
     * @param folder of the task's file, or null for what comes with the program
     * @throws UserError if it is not known
     */
    static String known(String reference, Path folder, String where) {
        String name = reference.strip();
        if (NAMES.contains(name)) {
            return name;
        }
        int dot = name.lastIndexOf('.');
        String module = dot < 0 || folder == null ? null : module(folder.resolve(name.substring(0, dot) + ".py"));
        String full = module == null ? null : module + name.substring(dot);
        if (full != null && NAMES.contains(full)) {
            return full;
        }
        throw new UserError(where + " calls the Python function " + name + ", which is not known here; known are "
                + String.join(", ", NAMES) + ": use one of these or a template");
    }

    private static String module(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                return null;
            }
            String text = Files.readString(file).replaceAll("[ \\t\\r\\n]", "");
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return MODULES.get(HexFormat.of().formatHex(digest));
        } catch (IOException e) {
            throw UserError.file("read", file, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a function of a document gives. */
    static Object apply(String name, Doc doc) {
        return switch (name) {
            case WINOGRANDE_TEXT -> option(doc);
            case WINOGRANDE_TARGET -> PyText.strip(doc.text("sentence").substring(blank(doc) + 1));
            case WINOGRANDE_CHOICE -> {
                String before = doc.text("sentence").substring(0, blank(doc));
                yield List.of(before + doc.text("option1"), before + doc.text("option2"));
            }
            case DETOKENIZER -> detokenized(doc.text("page"));
            default -> throw new UserError(name + " gives no text, target or choices; see the documentation of tasks");
        };
    }

    private static long option(Doc doc) {
        String answer = String.valueOf(doc.field("answer"));
        if (!answer.equals("1") && !answer.equals("2")) {
            throw new UserError(doc.place() + " has the answer '" + answer + "', which is neither 1 nor 2; give a split"
                    + " with answers");
        }
        return Long.parseLong(answer) - 1;
    }

    private static int blank(Doc doc) {
        int at = doc.text("sentence").indexOf('_');
        if (at < 0) {
            throw new UserError(doc.place() + " has no _ in its sentence; mend or remove it");
        }
        return at;
    }

    /** The document with what a {@code process_docs} adds to it. */
    static Doc process(String name, Doc doc) {
        if (!name.equals(HELLASWAG)) {
            throw new UserError(name + " changes no documents; see the documentation of tasks");
        }
        UnaryOperator<String> clean = KnownFunctions::cleaned;
        Map<String, Object> fields = new TreeMap<>(doc.fields());
        String context = doc.text("ctx_a") + " " + PyText.capitalize(doc.text("ctx_b"));
        fields.put("query", clean.apply(doc.text("activity_label") + ": " + context));
        List<Object> choices = new ArrayList<>();
        for (Object ending : doc.list("endings")) {
            choices.add(clean.apply(String.valueOf(ending)));
        }
        fields.put("choices", choices);
        return new Doc(doc.index(), doc.place(), fields);
    }

    /** Cleans what WikiHow left in HellaSwag: titles become sentences of their own, and what stands in brackets is dropped. */
    private static String cleaned(String text) {
        String titled = PyText.strip(text).replace(" [title]", ". ");
        return BRACKETS.matcher(titled).replaceAll("").replace("  ", " ");
    }

    private static Map<Pattern, String> spacing() {
        Map<Pattern, String> rules = new LinkedHashMap<>();
        plain(rules, "s '", "s'");
        rules.put(Pattern.compile("/' [0-9]/"), Matcher.quoteReplacement("/'[0-9]/"));
        plain(rules, " @-@ ", "-", " @,@ ", ",", " @.@ ", ".");
        for (String mark : List.of(":", ";", ".", "!", "?", ",")) {
            plain(rules, " " + mark + " ", mark + " ");
        }
        for (String pair : List.of("()", "[]", "{}", "\"\"", "''")) {
            String open = Pattern.quote(pair.substring(0, 1));
            String close = Pattern.quote(pair.substring(1));
            rules.put(
                    Pattern.compile(
                            open + "\\s*([^" + (pair.endsWith("]") ? "\\]" : pair.substring(1)) + "]*?)\\s*" + close,
                            Pattern.UNICODE_CHARACTER_CLASS),
                    Matcher.quoteReplacement(pair.substring(0, 1)) + "$1"
                            + Matcher.quoteReplacement(pair.substring(1)));
        }
        plain(rules, "= = = =", "====", "= = =", "===", "= =", "==", " \u00b0 ", "\u00b0");
        plain(rules, " \n", "\n", "\n ", "\n", " N ", " 1 ", " 's", "'s");
        return rules;
    }

    private static void plain(Map<Pattern, String> rules, String... pairs) {
        for (int i = 0; i < pairs.length; i += 2) {
            rules.put(Pattern.compile(Pattern.quote(pairs[i])), Matcher.quoteReplacement(pairs[i + 1]));
        }
    }

    private static String detokenized(String page) {
        String text = page;
        for (Map.Entry<Pattern, String> rule : SPACING.entrySet()) {
            text = rule.getKey().matcher(text).replaceAll(rule.getValue());
        }
        return text;
    }
}
