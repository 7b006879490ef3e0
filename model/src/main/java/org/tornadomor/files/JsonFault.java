package org.tornadomor.files;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;

/**
 * Says what is wrong with a text that is not JSON, in words for whoever wrote it: the place, what was expected and what stands
 * there instead. Jackson's own messages are for programmers, and name its options.
 */
public final class JsonFault {
    private static final Pattern CHARACTER = Pattern.compile("\\('(.+?)' \\(code \\d+");
    private static final Pattern CONTROL = Pattern.compile("CTRL-CHAR, code (\\d+)");
    private static final Pattern WORD = Pattern.compile("(?:Unrecognized|Non-standard) token '([^']*)'");
    private static final Pattern KEY = Pattern.compile("Duplicate [^\"]*\"(.*)\"", Pattern.DOTALL);
    private static final int LONGEST = 60;

    /** From a part of Jackson's message to what that means; the first part that is found counts. */
    private static final Map<String, String> EXPECTED = new LinkedHashMap<>();

    static {
        EXPECTED.put("double-quote to start", "a name in double quotes or }");
        EXPECTED.put("a colon to separate", "a colon behind the name");
        EXPECTED.put("comma to separate Object", "a comma or }");
        EXPECTED.put("comma to separate Array", "a comma or ]");
        EXPECTED.put("Expected space separating", "nothing behind the value");
        EXPECTED.put("more behind the value", "nothing behind the value");
        EXPECTED.put("Unexpected close marker", "a bracket of the other kind, or none");
        EXPECTED.put("hex-digit", "four hexadecimal digits behind \\u");
        EXPECTED.put("Unrecognized character escape", "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u");
        EXPECTED.put(
                "Illegal unquoted character", "no control character in a text, but \\n, \\t or \\u and its number");
        EXPECTED.put("urrogate", "the two halves of a character together");
        EXPECTED.put("Leading zeroes", "a number without zeros before it");
        EXPECTED.put("numeric value", "a digit in a number");
        EXPECTED.put("rest of token", "the end of the value");
        EXPECTED.put("Unrecognized token", "text in double quotes, a number, true, false, null, [ or {");
        EXPECTED.put("Non-standard token", "text in double quotes, a number, true, false, null, [ or {");
        EXPECTED.put("valid value", "text in double quotes, a number, true, false, null, [ or {");
        EXPECTED.put("there is no value", "a value");
    }

    private JsonFault() {}

    /** Such as "line 3, column 5: expected a comma or }, got 'x'". */
    public static String of(JacksonException e) {
        TokenStreamLocation at = e.getLocation();
        boolean known = at != null && at.getLineNr() > 0;
        return (known ? "line " + at.getLineNr() + ", column " + at.getColumnNr() + ": " : "") + what(e);
    }

    /** The same for a single line, whose number the caller names: such as "column 5: expected a comma or }, got 'x'". */
    public static String inLine(JacksonException e) {
        TokenStreamLocation at = e.getLocation();
        return (at != null && at.getColumnNr() > 0 ? "column " + at.getColumnNr() + ": " : "") + what(e);
    }

    private static String what(JacksonException e) {
        String words = String.valueOf(e.getOriginalMessage());
        if (e instanceof StreamConstraintsException) {
            return words.contains("nesting") ? "it is nested too deeply" : "a number, name or text is too long";
        }
        if (words.contains("end-of-input") || words.contains("closing quote")) {
            return "it ends before the value does";
        }
        if (words.contains("UTF-8")) {
            return "it is not valid UTF-8";
        }
        Matcher key = KEY.matcher(words);
        if (key.find()) {
            return "the name '" + shown(key.group(1)) + "' comes twice";
        }
        String got = got(words);
        return EXPECTED.entrySet().stream()
                .filter(entry -> words.contains(entry.getKey()))
                .findFirst()
                .map(entry -> "expected " + entry.getValue() + (got.isEmpty() ? "" : ", got " + got))
                .orElse(got.isEmpty() ? "something that JSON does not have" : "unexpected " + got);
    }

    private static String got(String words) {
        Matcher word = WORD.matcher(words);
        if (word.find()) {
            return "'" + shown(word.group(1)) + "'";
        }
        Matcher control = CONTROL.matcher(words);
        if (control.find()) {
            return String.format("the character U+%04X", Integer.parseInt(control.group(1)));
        }
        Matcher character = CHARACTER.matcher(words);
        if (!character.find()) {
            return "";
        }
        return character.group(1).equals("\uFEFF")
                ? "a byte order mark, which is no part of JSON: save the file as UTF-8 without it"
                : "'" + shown(character.group(1)) + "'";
    }

    private static String shown(String text) {
        String line = text.replaceAll("\\p{Cntrl}", "?");
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "...";
    }
}
