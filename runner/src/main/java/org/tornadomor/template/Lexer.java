package org.tornadomor.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.template.TemplateException.Kind;
import org.tornadomor.template.Token.Type;

/**
 * Cuts a template into text and the tokens of its tags, with Jinja's rules of which blanks around a tag stay.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/#whitespace-control">Whitespace control</a>
 */
final class Lexer {
    private static final Pattern RAW =
            Pattern.compile("\\{%[-+]?\\s*raw\\s*(-%\\}\\s*|%\\})", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern END_RAW =
            Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(\\+%\\}|-%\\}\\s*|%\\})", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern FLOAT =
            Pattern.compile("(?<!\\.)(\\d+_)*\\d+((\\.(\\d+_)*\\d+)?[eE][+-]?(\\d+_)*\\d+|\\.(\\d+_)*\\d+)");
    private static final Pattern INTEGER =
            Pattern.compile("0[bB](_?[01])+|0[oO](_?[0-7])+|0[xX](_?[0-9a-fA-F])+|[1-9](_?\\d)*|0(_?0)*");
    private static final String[] OPERATORS = {
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=",
        ".", ":", "|", ",", ";"
    };

    private final String name;
    private final String source;
    private final TemplateOptions options;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;

    Lexer(String name, String source, TemplateOptions options) {
        this.name = name;
        this.options = options;
        String lines = source.replace("\r\n", "\n").replace('\r', '\n');
        this.source =
                lines.endsWith("\n") && !options.keepTrailingNewline() ? lines.substring(0, lines.length() - 1) : lines;
    }

    /** All tokens; the last one is END. */
    List<Token> tokens() {
        while (at < source.length()) {
            int tag = nextTag();
            if (tag < 0) {
                add(Type.DATA, source.substring(at));
                at = source.length();
                break;
            }
            Matcher raw = RAW.matcher(source).region(tag, source.length());
            char kind = source.charAt(tag + 1);
            text(tag, kind != '{');
            if (kind == '%' && raw.lookingAt()) {
                raw(raw.end());
            } else {
                skip(2);
                if (at < source.length() && "+-".indexOf(source.charAt(at)) >= 0) {
                    skip(1);
                }
                switch (kind) {
                    case '#' -> comment();
                    case '%' -> tag(Type.BLOCK_BEGIN, Type.BLOCK_END, "%}");
                    default -> tag(Type.PRINT_BEGIN, Type.PRINT_END, "}}");
                }
            }
        }
        tokens.add(new Token(line, Type.END, ""));
        return tokens;
    }

    private TemplateException failure(String reason) {
        return new TemplateException(name, line, reason, Kind.SYNTAX);
    }

    private int nextTag() {
        for (int i = source.indexOf('{', at); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char next = source.charAt(i + 1);
            if (next == '%' || next == '{' || next == '#') {
                return i;
            }
        }
        return -1;
    }

    private void add(Type type, Object value) {
        if (type != Type.DATA || !value.equals("")) {
            tokens.add(new Token(line, type, value));
        }
    }

    private void skip(int characters) {
        for (int end = at + characters; at < end; at++) {
            line += source.charAt(at) == '\n' ? 1 : 0;
        }
    }

    /** The text up to a tag, without the blanks that the tag takes. */
    private void text(int tag, boolean block) {
        add(Type.DATA, stripped(tag, tag + 2 < source.length() ? source.charAt(tag + 2) : ' ', block));
        skip(tag - at);
    }

    private String stripped(int tag, char sign, boolean block) {
        String text = source.substring(at, tag);
        if (sign == '-') {
            return PyText.strip(text, null, false, true);
        }
        if (sign != '+' && options.lstripBlocks() && block) {
            int start = text.lastIndexOf('\n') + 1;
            boolean lineStarts = start > 0 || at == 0 || source.charAt(at - 1) == '\n';
            if (lineStarts
                    && PyText.strip(text.substring(start), null, true, false).isEmpty()) {
                return text.substring(0, start);
            }
        }
        return text;
    }

    private void raw(int begin) {
        skip(begin - at);
        Matcher end = END_RAW.matcher(source).region(at, source.length());
        if (!end.find()) {
            throw failure("Missing end of raw directive");
        }
        String sign = end.group(1);
        add(Type.DATA, stripped(end.start(), sign.isEmpty() ? ' ' : sign.charAt(0), true));
        skip(end.end() - at);
        if (end.group(2).equals("%}")) {
            trimLineEnd();
        }
    }

    private void trimLineEnd() {
        if (options.trimBlocks() && at < source.length() && source.charAt(at) == '\n') {
            skip(1);
        }
    }

    private void skipBlanks() {
        while (at < source.length() && PyText.isSpace(source.charAt(at))) {
            skip(1);
        }
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw failure("Missing end of comment tag");
        }
        char sign = end > at ? source.charAt(end - 1) : ' ';
        skip(end + 2 - at);
        if (sign == '-') {
            skipBlanks();
        } else if (sign != '+') {
            trimLineEnd();
        }
    }

    private void tag(Type begin, Type end, String close) {
        add(begin, "");
        Deque<Character> open = new ArrayDeque<>();
        while (at < source.length()) {
            if (open.isEmpty() && closes(end, close)) {
                return;
            }
            if (PyText.isSpace(source.charAt(at))) {
                skip(1);
            } else {
                token(open);
            }
        }
    }

    private boolean closes(Type end, String close) {
        if (source.startsWith("-" + close, at)) {
            add(end, "");
            skip(3);
            skipBlanks();
            return true;
        }
        boolean kept = end == Type.BLOCK_END && source.startsWith("+" + close, at);
        if (!kept && !source.startsWith(close, at)) {
            return false;
        }
        add(end, "");
        skip(kept ? 3 : 2);
        if (!kept && end == Type.BLOCK_END) {
            trimLineEnd();
        }
        return true;
    }

    private void token(Deque<Character> open) {
        char c = source.charAt(at);
        if (c >= '0' && c <= '9') {
            number();
        } else if (c == '\'' || c == '"') {
            string(c);
        } else if (c == '_' || Character.isUnicodeIdentifierStart(source.codePointAt(at))) {
            int end = at;
            while (end < source.length() && isNamePart(source.codePointAt(end))) {
                end += Character.charCount(source.codePointAt(end));
            }
            add(Type.NAME, source.substring(at, end));
            at = end;
        } else {
            operator(open);
        }
    }

    private static boolean isNamePart(int point) {
        return point == '_' || Character.isUnicodeIdentifierPart(point) && !Character.isIdentifierIgnorable(point);
    }

    private void number() {
        Matcher real = FLOAT.matcher(source).region(at, source.length()).useTransparentBounds(true);
        if (real.lookingAt()) {
            add(Type.FLOAT, Double.valueOf(real.group().replace("_", "")));
            at = real.end();
            return;
        }
        Matcher whole = INTEGER.matcher(source).region(at, source.length());
        if (!whole.lookingAt()) {
            throw failure("unexpected character '" + source.charAt(at) + "'");
        }
        add(Type.INTEGER, Numbers.parseWhole(whole.group(), 0));
        at = whole.end();
    }

    private void operator(Deque<Character> open) {
        for (String sign : OPERATORS) {
            if (source.startsWith(sign, at)) {
                balance(sign.charAt(0), open);
                add(Type.OPERATOR, sign);
                at += sign.length();
                return;
            }
        }
        throw failure("unexpected character '" + Character.toString(source.codePointAt(at)) + "'");
    }

    private void balance(char sign, Deque<Character> open) {
        switch (sign) {
            case '(' -> open.push(')');
            case '[' -> open.push(']');
            case '{' -> open.push('}');
            case ')', ']', '}' -> {
                if (open.isEmpty()) {
                    throw failure("unexpected '" + sign + "'");
                }
                char expected = open.pop();
                if (expected != sign) {
                    throw failure("unexpected '" + sign + "', expected '" + expected + "'");
                }
            }
            default -> {
                // No bracket.
            }
        }
    }

    private void string(char quote) {
        int end = at + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw failure("unexpected character '" + quote + "': the string does not end");
        }
        add(Type.STRING, unescaped(source.substring(at + 1, end)));
        skip(end + 1 - at);
    }

    private String unescaped(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); ) {
            char c = text.charAt(i++);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char escape = text.charAt(i++);
            switch (escape) {
                case '\n' -> {
                    // A line end behind a backslash is no part of the text.
                }
                case 'a' -> out.append('\u0007');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'v' -> out.append('\u000b');
                case '\\', '\'', '"' -> out.append(escape);
                case 'x' -> i = codePoint(text, i, 2, out);
                case 'u' -> i = codePoint(text, i, 4, out);
                case 'U' -> i = codePoint(text, i, 8, out);
                case 'N' -> i = named(text, i, out);
                case '0', '1', '2', '3', '4', '5', '6', '7' -> i = octal(text, i - 1, out);
                default -> out.append('\\').append(escape);
            }
        }
        return out.toString();
    }

    private int codePoint(String text, int from, int digits, StringBuilder out) {
        int end = from + digits;
        if (end > text.length() || !text.substring(from, end).matches("[0-9a-fA-F]+")) {
            throw failure("a \\x, \\u or \\U escape in a string has too few digits");
        }
        long point = Long.parseLong(text.substring(from, end), 16);
        if (point > Character.MAX_CODE_POINT) {
            throw failure("illegal Unicode character in a string");
        }
        out.appendCodePoint((int) point);
        return end;
    }

    private int named(String text, int from, StringBuilder out) {
        int end = text.indexOf('}', from);
        if (end < 0 || text.charAt(from) != '{') {
            throw failure("malformed \\N character escape in a string");
        }
        try {
            out.appendCodePoint(Character.codePointOf(text.substring(from + 1, end)));
        } catch (IllegalArgumentException e) {
            throw failure("unknown Unicode character name in a string");
        }
        return end + 1;
    }

    private static int octal(String text, int from, StringBuilder out) {
        int end = from;
        while (end < text.length() && end < from + 3 && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
            end++;
        }
        out.append((char) Integer.parseInt(text.substring(from, end), 8));
        return end;
    }
}
