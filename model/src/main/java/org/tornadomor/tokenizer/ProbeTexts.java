package org.tornadomor.tokenizer;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Texts that are likely to make a tokenizer crash or hang if it can. Regular expressions that backtrack without end do so on
 * long runs of what they repeat, followed by what does not match: there are runs of each class of character and script, of each
 * character and range that an expression names, and of pairs of those. The library does not even try an expression where a
 * character that it requires is missing from the text, so everything that an expression names also stands before and behind the
 * runs.
 */
final class ProbeTexts {
    /** Long enough that a search whose time doubles with each character never ends. */
    private static final int EXPONENTIAL = 48;

    /** Half the square of the length is more steps back than the library allows before it ends the process. */
    private static final int POLYNOMIAL = 5000;

    /** Characters and words of an expression that are tried. */
    private static final int MOST_NAMED = 40;

    /** How many of those are tried before a run. */
    private static final int MOST_BEFORE = 20;

    private static final List<String> CLASSES = List.of(
            "a", "A", "é", "É", "я", "α", "漢", "あ", "ア", "가", "ا", "א", "अ", "ก", "ʰ", "ǅ", "0", "٣", "Ⅷ", "½", " ",
            "\u00A0", "\u3000", "\u2028", "\n", "\r", "\r\n", "\t", "\u000B", "\u0085", ".", ",", "-", "_", "'", "\"",
            "!", "?", "/", "\\", "#", "@", "<", "(", ")", "+", "=", "^", "`", "$", "€", "|", "~", "&", "*", "%", ":",
            ";", "«", "—", "。", "▁", "Ġ", "\u0301", "\u200D", "\uFE0F", "😀", "𝒳", "\u0000", "\u0001", "\u007F",
            "\uE000", "\uFFFD", "\uFFFF");

    private static final List<String> COMMON = List.of("a", "A", "é", "я", "漢", "あ", "0", " ", "\n", ".", "_", "😀");

    private static final List<String> MIXED = List.of(
            "",
            " ",
            "a",
            "\n",
            "Hello, world! It's 12345.67 of them.\n\tNaïve Zürich — 漢字かな交じり文, привет, مرحبا 😀👩‍💻 e\u0301.\r\n  two  spaces ",
            "  def f(x):\n        return x ** 2  # ² ½ Ⅷ\n",
            "a\u0000b\u0001c\u007F\u200B\uFEFF\uFFFF",
            "https://example.org/?a=1&b=2#c <s>price</s> [CLS] <|endoftext|> <0x0A> ▁Ġ@@##</w>");

    private ProbeTexts() {}

    /**
     * Texts of many kinds of characters.
     *
     * @param special how special tokens are spelled
     */
    static List<String> mixed(List<String> special) {
        List<String> texts = new ArrayList<>(MIXED);
        special.stream().limit(MOST_BEFORE).forEach(token -> {
            texts.add(token);
            texts.add("a " + token + token + " b");
        });
        return texts;
    }

    /**
     * Runs.
     *
     * @param expressions regular expressions of the tokenizer
     */
    static List<String> runs(List<String> expressions) {
        if (expressions.isEmpty()) {
            return CLASSES.stream().map(unit -> unit.repeat(EXPONENTIAL)).toList();
        }
        Set<String> texts = new LinkedHashSet<>();
        List<String> named = named(expressions);
        Set<String> units = new LinkedHashSet<>(named);
        units.addAll(COMMON);
        String behind = "\u0001" + String.join("", named);
        for (String unit : units) {
            addRun(texts, unit, EXPONENTIAL, behind);
            named.stream().limit(MOST_BEFORE).forEach(before -> texts.add(before + unit.repeat(EXPONENTIAL) + behind));
        }
        units.addAll(CLASSES);
        for (int i = 0; i + 1 < named.size(); i++) {
            addRun(texts, named.get(i) + named.get(i + 1), EXPONENTIAL / 2, behind);
        }
        for (String first : COMMON) {
            COMMON.forEach(second -> texts.add((first + second).repeat(EXPONENTIAL / 2) + behind));
        }
        units.forEach(unit -> addRun(texts, unit, EXPONENTIAL, behind));
        for (String unit : units) {
            int times = Math.max(1, POLYNOMIAL / unit.length());
            texts.add(unit.repeat(times));
            texts.add(unit.repeat(times) + behind);
        }
        return List.copyOf(texts);
    }

    private static void addRun(Set<String> texts, String unit, int times, String behind) {
        String run = unit.repeat(times);
        texts.add(run);
        texts.add(run + "!");
        texts.add(run + " a" + behind);
        texts.add(run + behind);
    }

    /** Characters and words that expressions spell. */
    private static List<String> named(List<String> expressions) {
        Set<String> named = new LinkedHashSet<>();
        for (String expression : expressions) {
            StringBuilder word = new StringBuilder();
            int[] points = literal(expression).codePoints().toArray();
            for (int point : points) {
                if (Character.isLetterOrDigit(point)) {
                    word.appendCodePoint(point);
                } else {
                    addWord(named, word);
                    named.add(Character.toString(point));
                }
            }
            addWord(named, word);
        }
        return new ArrayList<>(named).subList(0, Math.min(named.size(), MOST_NAMED));
    }

    private static void addWord(Set<String> named, StringBuilder word) {
        if (!word.isEmpty()) {
            named.add(word.toString());
            word.codePoints().limit(20).forEach(point -> named.add(Character.toString(point)));
            word.setLength(0);
        }
    }

    /** An expression with its numeric escapes spelled out. */
    private static String literal(String expression) {
        return java.util.regex.Pattern.compile("\\\\(?:x\\{([0-9A-Fa-f]{1,6})}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))")
                .matcher(expression)
                .replaceAll(match -> {
                    String digits = match.group(1) != null
                            ? match.group(1)
                            : match.group(2) != null ? match.group(2) : match.group(3);
                    int point = Integer.parseInt(digits, 16);
                    boolean scalar = point <= Character.MAX_CODE_POINT && (point < 0xD800 || point > 0xDFFF);
                    return scalar ? java.util.regex.Matcher.quoteReplacement(Character.toString(point)) : "";
                });
    }
}
