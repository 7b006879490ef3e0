package org.tornadomor.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a value is written into a field: Python's format specification.
 *
 * @param align one of {@code < > = ^}, or 0 for the usual one
 * @param sign one of {@code + -} and blank
 * @param alternate whether prefixes and points are kept ({@code #})
 * @param width the least number of characters
 * @param grouping {@code ,} or {@code _} or nothing
 * @param precision digits, or -1 if none are given
 * @param type a letter, or 0 if none is given
 */
record FormatSpec(
        String fill, char align, char sign, boolean alternate, int width, String grouping, int precision, char type) {
    private static final Pattern SYNTAX =
            Pattern.compile("(?s)(?:(.)?([<>=^]))?([+\\- ])?(#)?(0)?(\\d{1,7})?([,_])?(?:\\.(\\d{1,7}))?([a-zA-Z%])?");

    /** No double has more places behind the point; what is behind them is zeros. */
    private static final int MOST_PLACES = 1074;

    /** Reads what stands behind the colon of a field. */
    static FormatSpec parse(String text) {
        Matcher m = SYNTAX.matcher(text);
        if (!m.matches()) {
            throw Fault.value("the format specification '" + text + "' is invalid or not supported");
        }
        boolean zeros = m.group(5) != null;
        return new FormatSpec(
                m.group(1) != null ? m.group(1) : zeros ? "0" : " ",
                m.group(2) != null ? m.group(2).charAt(0) : zeros ? '=' : 0,
                m.group(3) == null ? '-' : m.group(3).charAt(0),
                m.group(4) != null,
                m.group(6) == null ? 0 : Integer.parseInt(m.group(6)),
                m.group(7) == null ? "" : m.group(7),
                m.group(8) == null ? -1 : Integer.parseInt(m.group(8)),
                m.group(9) == null ? 0 : m.group(9).charAt(0));
    }

    /** As {@code format(value, spec)}. */
    String format(Object value, Budget budget) {
        budget.makes((long) width + Math.max(precision, 0));
        return switch (value) {
            case String text -> {
                budget.read(text.length());
                yield text(text);
            }
            case Boolean flag when type == 0 -> text(flag ? "True" : "False");
            case Boolean flag -> number(flag ? 1L : 0L);
            case Number number -> number(number);
            case null, default ->
                throw Fault.value("a format specification of a " + Values.type(value) + " is not supported");
        };
    }

    private Fault unknown(String of) {
        return Fault.value("Unknown format code '" + type + "' for object of type '" + of + "'");
    }

    private String text(String text) {
        if (type != 0 && type != 's' || align == '=' || sign != '-' || alternate || !grouping.isEmpty()) {
            throw type != 0 && type != 's'
                    ? unknown("str")
                    : Fault.value("a sign, '=', '#' or grouping is not allowed in a string format specification");
        }
        String shown = precision < 0 ? text : PyText.between(text, 0, Math.min(precision, PyText.length(text)));
        return PyText.pad(shown, width, fill, align == 0 ? '<' : align);
    }

    private String number(Number value) {
        boolean whole = !(value instanceof Double) && (type == 0 || "dxXobc".indexOf(type) >= 0);
        return whole ? whole(value) : real(value);
    }

    private String whole(Number value) {
        if (precision >= 0) {
            throw Fault.value("Precision not allowed in integer format specifier");
        }
        BigInteger number = value instanceof BigInteger big ? big : BigInteger.valueOf(value.longValue());
        if (type == 'c') {
            return PyText.pad(character(value), width, fill, align == 0 ? '<' : align);
        }
        int radix = switch (type) {
            case 'x', 'X' -> 16;
            case 'o' -> 8;
            case 'b' -> 2;
            default -> 10;
        };
        String digits = number.abs().toString(radix);
        String prefix = !alternate || radix == 10 ? "" : "0" + type;
        return assemble(
                number.signum() < 0,
                prefix,
                type == 'X' ? digits.toUpperCase(Locale.ROOT) : digits,
                "",
                radix == 10 ? 3 : 4);
    }

    private static String character(Number value) {
        long point = value.longValue();
        if (value instanceof BigInteger || point < 0 || point > Character.MAX_CODE_POINT) {
            throw Fault.value("%c arg not in range(0x110000)");
        }
        return Character.toString((int) point);
    }

    private String real(Number value) {
        double number = value.doubleValue();
        boolean negative = number < 0 || 1 / number < 0;
        boolean upper = Character.isUpperCase(type);
        String body = Double.isNaN(number) || Double.isInfinite(number)
                ? Double.isNaN(number) ? "nan" : "inf"
                : digits(Math.abs(number));
        body = upper ? body.toUpperCase(Locale.ROOT) : body;
        int end = 0;
        while (end < body.length() && Character.isDigit(body.charAt(end))) {
            end++;
        }
        String tail = body.substring(end) + (type == '%' ? "%" : "");
        return assemble(negative && !Double.isNaN(number), "", body.substring(0, end), tail, 3);
    }

    /** Digits of a number that is not negative. */
    private String digits(double number) {
        return switch (type) {
            case 'f', 'F' -> fixed(new BigDecimal(number), orSix());
            case '%' -> fixed(new BigDecimal(number * 100), orSix());
            case 'e', 'E' -> exponential(number, orSix());
            case 'g', 'G' -> general(number, precision < 0 ? 6 : Math.max(precision, 1), false);
            case 0 -> precision < 0 ? Numbers.text(number) : general(number, Math.max(precision, 1), true);
            default -> throw unknown("float");
        };
    }

    private int orSix() {
        return precision < 0 ? 6 : precision;
    }

    private String fixed(BigDecimal number, int places) {
        int exact = Math.min(places, MOST_PLACES);
        String text = number.setScale(exact, RoundingMode.HALF_EVEN).toPlainString() + "0".repeat(places - exact);
        return alternate && places == 0 ? text + "." : text;
    }

    private String exponential(double number, int places) {
        BigDecimal rounded = new BigDecimal(number).round(new MathContext(places + 1, RoundingMode.HALF_EVEN));
        if (rounded.signum() == 0) {
            return Numbers.exponential("0".repeat(places + 1), 0);
        }
        String digits = rounded.unscaledValue().toString();
        int exponent = digits.length() - 1 - rounded.scale();
        digits = digits.length() > places + 1
                ? digits.substring(0, places + 1)
                : digits + "0".repeat(places + 1 - digits.length());
        return Numbers.exponential(digits, exponent);
    }

    /** At most so many digits, with an exponent where that is shorter; a point stays if there is no type. */
    private String general(double number, int significant, boolean noType) {
        BigDecimal rounded = new BigDecimal(number).round(new MathContext(significant, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        boolean scientific = exponent < -4 || exponent >= significant - (noType ? 1 : 0);
        if (scientific) {
            String text = exponential(number, significant - 1);
            int e = text.indexOf('e');
            return alternate ? text : withoutZeros(text.substring(0, e)) + text.substring(e);
        }
        String text = fixed(rounded, Math.max(significant - 1 - exponent, 0));
        if (alternate) {
            return text;
        }
        String shortened = withoutZeros(text);
        return noType && !shortened.contains(".") ? shortened + ".0" : shortened;
    }

    private static String withoutZeros(String text) {
        return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
    }

    private String assemble(boolean negative, String prefix, String digits, String tail, int group) {
        String lead = (negative ? "-" : sign == '-' ? "" : String.valueOf(sign)) + prefix;
        char side = align == 0 ? '>' : align;
        if (grouping.isEmpty() || digits.isEmpty()) {
            String body = digits + tail;
            return side == '='
                    ? lead + PyText.pad(body, (long) width - lead.length(), fill, '>')
                    : PyText.pad(lead + body, width, fill, side);
        }
        if (grouping.equals(",") && group == 4) {
            throw Fault.value("Cannot specify ',' with '" + type + "'.");
        }
        if (side == '=' && fill.equals("0")) {
            // Zeros are grouped as well. A separator never comes first, so the text may get one longer than the width.
            long room = Math.max(0, (long) width - lead.length() - tail.length());
            long count = room * group / (group + 1) + 1;
            return lead + grouped(PyText.pad(digits, count, "0", '>'), group) + tail;
        }
        String grouped = grouped(digits, group);
        return side == '='
                ? lead + PyText.pad(grouped + tail, (long) width - lead.length(), fill, '>')
                : PyText.pad(lead + grouped + tail, width, fill, side);
    }

    private String grouped(String digits, int group) {
        StringBuilder out = new StringBuilder(digits.length() + digits.length() / group);
        int first = (digits.length() - 1) % group + 1;
        out.append(digits, 0, first);
        for (int at = first; at < digits.length(); at += group) {
            out.append(grouping).append(digits, at, at + group);
        }
        return out.toString();
    }
}
