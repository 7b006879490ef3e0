package org.tornadomor.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.PrimitiveIterator;
import java.util.function.IntPredicate;

/** Text as Python has it: a sequence of code points, and Unicode's idea of blanks and letters. */
public final class PyText {
    private PyText() {}

    /** Length in code points. */
    public static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Whether each char is a code point. */
    static boolean simple(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /** From the index of a char to the number of its code point. */
    static int number(String text, int offset) {
        return offset < 0 ? offset : text.codePointCount(0, offset);
    }

    /** The code points from one to another. */
    static String between(String text, int from, int to) {
        return simple(text)
                ? text.substring(from, to)
                : text.substring(text.offsetByCodePoints(0, from), text.offsetByCodePoints(0, to));
    }

    /** Its code points, each as text that is made when it is asked for. */
    static Iterator<Object> characters(String text) {
        PrimitiveIterator.OfInt points = text.codePoints().iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return points.hasNext();
            }

            @Override
            public Object next() {
                return Character.toString(points.nextInt());
            }
        };
    }

    static String reversed(String text) {
        return new StringBuilder(text).reverse().toString();
    }

    /** As {@code str.isspace} of one character. */
    public static boolean isSpace(int point) {
        return point == ' '
                || point >= 9 && point <= 13
                || point >= 0x1c && point <= 0x1f
                || point == 0x85
                || point >= 0xa0 && Character.getType(point) == Character.SPACE_SEPARATOR
                || point == 0x2028
                || point == 0x2029;
    }

    /** As {@code strip} without an argument. */
    public static String strip(String text) {
        return strip(text, null, true, true);
    }

    /** As {@code rstrip} without an argument. */
    public static String stripEnd(String text) {
        return strip(text, null, false, true);
    }

    /** As {@code strip}: which ends lose what. */
    static String strip(String text, String characters, boolean left, boolean right) {
        IntPredicate goes = characters == null ? PyText::isSpace : in(characters);
        int from = 0;
        int to = text.length();
        while (left && from < to && goes.test(text.codePointAt(from))) {
            from += Character.charCount(text.codePointAt(from));
        }
        while (right && to > from && goes.test(text.codePointBefore(to))) {
            to -= Character.charCount(text.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    /** Whether a character is one of those of a text. */
    private static IntPredicate in(String characters) {
        BitSet all = new BitSet();
        characters.codePoints().forEach(all::set);
        return all::get;
    }

    /** As {@code split} at a separator; at most so many cuts if that is not negative. */
    static List<Object> split(String text, String separator, long cuts) {
        List<Object> parts = new ArrayList<>();
        int from = 0;
        for (long n = 0; cuts < 0 || n < cuts; n++) {
            int at = TextSearch.first(text, separator, from);
            if (at < 0) {
                break;
            }
            parts.add(text.substring(from, at));
            from = at + separator.length();
        }
        parts.add(text.substring(from));
        return parts;
    }

    /** As {@code rsplit} at a separator. */
    static List<Object> splitFromRight(String text, String separator, long cuts) {
        List<Object> parts = new ArrayList<>();
        int to = text.length();
        for (long n = 0; cuts < 0 || n < cuts; n++) {
            int at = to < separator.length() ? -1 : TextSearch.last(text, separator, to - separator.length());
            if (at < 0) {
                break;
            }
            parts.add(text.substring(at + separator.length(), to));
            to = at;
        }
        parts.add(text.substring(0, to));
        return parts.reversed();
    }

    /** As {@code split} without a separator: at runs of blanks; those at the start are gone, those at the end stay if cuts run out. */
    static List<Object> splitAtBlanks(String text, long cuts) {
        List<Object> parts = new ArrayList<>();
        int at = skip(text, 0, true);
        while (at < text.length() && (cuts < 0 || parts.size() < cuts)) {
            int end = skip(text, at, false);
            parts.add(text.substring(at, end));
            at = skip(text, end, true);
        }
        if (at < text.length()) {
            parts.add(text.substring(at));
        }
        return parts;
    }

    /** Where a run of blanks, or of other characters, ends. */
    private static int skip(String text, int from, boolean blanks) {
        int at = from;
        while (at < text.length() && isSpace(text.charAt(at)) == blanks) {
            at++;
        }
        return at;
    }

    /** As {@code rsplit} without a separator: the same from the right. */
    static List<Object> splitAtBlanksFromRight(String text, long cuts) {
        List<Object> parts = new ArrayList<>();
        int at = skipBack(text, text.length(), true);
        while (at > 0 && (cuts < 0 || parts.size() < cuts)) {
            int start = skipBack(text, at, false);
            parts.add(text.substring(start, at));
            at = skipBack(text, start, true);
        }
        if (at > 0) {
            parts.add(text.substring(0, at));
        }
        return parts.reversed();
    }

    private static int skipBack(String text, int to, boolean blanks) {
        int at = to;
        while (at > 0 && isSpace(text.charAt(at - 1)) == blanks) {
            at--;
        }
        return at;
    }

    /** As {@code splitlines}. */
    static List<Object> lines(String text, boolean keepEnds) {
        List<Object> lines = new ArrayList<>();
        int from = 0;
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at++);
            boolean ends = c >= 10 && c <= 13 || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029;
            if (ends) {
                int end = at - 1;
                if (c == '\r' && at < text.length() && text.charAt(at) == '\n') {
                    at++;
                }
                lines.add(text.substring(from, keepEnds ? at : end));
                from = at;
            }
        }
        if (from < text.length()) {
            lines.add(text.substring(from));
        }
        return lines;
    }

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    static String upper(String text) {
        return text.toUpperCase(Locale.ROOT);
    }

    /** As {@code capitalize}: the first character as in a title, the others in lower case. */
    public static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.codePointAt(0);
        // Lowered as a whole: whether a sigma is a final one depends on what is around it.
        String lower = lower(text);
        String lowerFirst = lower(Character.toString(first));
        return lower.startsWith(lowerFirst)
                ? titleCase(first) + lower.substring(lowerFirst.length())
                : titleCase(first) + lower(text.substring(Character.charCount(first)));
    }

    private static String titleCase(int point) {
        int single = Character.toTitleCase(point);
        String upper = upper(Character.toString(point));
        if (single != point || upper.codePointCount(0, upper.length()) < 2) {
            return Character.toString(single);
        }
        int end = Character.charCount(upper.codePointAt(0));
        return upper.substring(0, end) + lower(upper.substring(end));
    }

    /** As {@code str.title}: each run of letters begins as in a title. */
    static String title(String text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inside = false;
        String lower = lower(text);
        boolean aligned = lower.length() == text.length();
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            int next = i + Character.charCount(point);
            if (!inside) {
                out.append(titleCase(point));
            } else {
                out.append(aligned ? lower.substring(i, next) : lower(Character.toString(point)));
            }
            inside = isCased(point);
            i = next;
        }
        return out.toString();
    }

    static String swapCase(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            String one = Character.toString(point);
            out.append(Character.isUpperCase(point) ? lower(one) : Character.isLowerCase(point) ? upper(one) : one);
        });
        return out.toString();
    }

    static boolean isCased(int point) {
        return Character.isLowerCase(point) || Character.isUpperCase(point) || Character.isTitleCase(point);
    }

    /** As {@code islower}: there are letters with two cases, and all of them are lower case. */
    static boolean isLower(String text) {
        return text.codePoints().anyMatch(Character::isLowerCase)
                && text.codePoints().noneMatch(point -> Character.isUpperCase(point) || Character.isTitleCase(point));
    }

    static boolean isUpper(String text) {
        return text.codePoints().anyMatch(Character::isUpperCase)
                && text.codePoints().noneMatch(point -> Character.isLowerCase(point) || Character.isTitleCase(point));
    }

    /** Whether all characters, and at least one, are of a kind. */
    static boolean all(String text, IntPredicate kind) {
        return !text.isEmpty() && text.codePoints().allMatch(kind);
    }

    static boolean isDecimal(int point) {
        return Character.getType(point) == Character.DECIMAL_DIGIT_NUMBER;
    }

    /** Digits that are no decimal ones, from and to, as Unicode's Numeric_Type=Digit has them. */
    private static final int[] OTHER_DIGITS = {
        0xb2, 0xb3, 0xb9, 0xb9, 0x1369, 0x1371, 0x19da, 0x19da, 0x2070, 0x2070, 0x2074, 0x2079, 0x2080, 0x2089, 0x2460,
        0x2468, 0x2474, 0x247c, 0x2488, 0x2490, 0x24ea, 0x24ea, 0x24f5, 0x24fd, 0x24ff, 0x24ff, 0x2776, 0x277e, 0x2780,
        0x2788, 0x278a, 0x2792, 0x10a40, 0x10a43, 0x10e60, 0x10e68, 0x11052, 0x1105a, 0x1f100, 0x1f10a
    };

    static boolean isDigit(int point) {
        if (isDecimal(point)) {
            return true;
        }
        int at = Arrays.binarySearch(OTHER_DIGITS, point);
        return at >= 0 || (-at - 1) % 2 == 1;
    }

    static boolean isAlpha(int point) {
        return Character.isLetter(point);
    }

    static boolean isAlphanumeric(int point) {
        int type = Character.getType(point);
        return isAlpha(point)
                || type == Character.DECIMAL_DIGIT_NUMBER
                || type == Character.LETTER_NUMBER
                || type == Character.OTHER_NUMBER;
    }

    /** Whether Python's {@code repr} shows it as it is. */
    static boolean isPrintable(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> point == ' ';
            default -> true;
        };
    }

    /** Filled up to a width: all of it left, right, or shared as Python's {@code center} does. */
    static String pad(String text, long width, String fill, char align) {
        long missing = width - length(text);
        if (missing <= 0) {
            return text;
        }
        long left = switch (align) {
            case '<' -> 0;
            case '>' -> missing;
            default -> missing / 2;
        };
        return fill.repeat((int) left) + text + fill.repeat((int) (missing - left));
    }
}
