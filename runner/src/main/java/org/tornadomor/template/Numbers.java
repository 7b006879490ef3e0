package org.tornadomor.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.regex.Pattern;

/** Python's numbers: whole ones of 64 bits (longer ones can be printed alone), doubles, and booleans, which are 0 and 1. */
final class Numbers {
    private static final double EXACT = 1L << 53;

    /** As many digits as Python takes by default: the time that more would take grows with their square. */
    private static final int MOST_DIGITS = 4300;

    // Groups are possessive: others would take stack for each round, and long text has many.
    private static final Pattern ZEROS = Pattern.compile("0(?:_?0)*+");
    private static final Pattern DIGITS =
            Pattern.compile("[\\p{L}\\p{Nd}]++(?:_[\\p{L}\\p{Nd}]++)*+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final String RUN = "\\d++(?:_\\d++)*+";
    private static final Pattern REAL =
            Pattern.compile("[+-]?(" + RUN + "\\.?(" + RUN + ")?|\\." + RUN + ")(e[+-]?" + RUN + ")?");

    private Numbers() {}

    /** As a number, or null if it is none; a boolean is 0 or 1. */
    static Number of(Object value) {
        return switch (value) {
            case Boolean flag -> flag ? 1L : 0L;
            case Number number -> number;
            case null, default -> null;
        };
    }

    /** As a whole number, or null if it is none. */
    static Long whole(Object value) {
        return switch (value) {
            case Boolean flag -> flag ? 1L : 0L;
            case Long number -> number;
            case BigInteger big -> throw tooLarge();
            case null, default -> null;
        };
    }

    static Fault tooLarge() {
        return Fault.value("whole numbers of more than 64 bits are not supported");
    }

    /** Less than 0, 0 or more; of a NaN always 2. */
    static int compare(Number left, Number right) {
        if (left instanceof Long a && right instanceof Long b) {
            return Long.compare(a, b);
        }
        double a = left.doubleValue();
        double b = right.doubleValue();
        if (Double.isNaN(a) || Double.isNaN(b)) {
            return 2;
        }
        boolean exact = Math.abs(a) < EXACT && Math.abs(b) < EXACT;
        if (left instanceof Double && right instanceof Double
                || exact
                || Double.isInfinite(a)
                || Double.isInfinite(b)) {
            return a == b ? 0 : a < b ? -1 : 1;
        }
        return decimal(left).compareTo(decimal(right));
    }

    private static BigDecimal decimal(Number value) {
        return switch (value) {
            case Long number -> BigDecimal.valueOf(number);
            case BigInteger big -> new BigDecimal(big);
            default -> new BigDecimal(value.doubleValue());
        };
    }

    /** As {@code repr} of a number. */
    static String text(Number value) {
        return value instanceof Double number ? text(number.doubleValue()) : value.toString();
    }

    /** The shortest digits that give the same double again. */
    private static String text(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal shortest = new BigDecimal(Double.toString(Math.abs(value))).stripTrailingZeros();
        if (shortest.precision() == 2) {
            // Java keeps two digits where one is enough.
            BigDecimal shorter = shortest.round(new MathContext(1, RoundingMode.HALF_EVEN));
            shortest = shorter.doubleValue() == Math.abs(value) ? shorter.stripTrailingZeros() : shortest;
        }
        String digits = shortest.unscaledValue().toString();
        int point = digits.length() - shortest.scale();
        String text;
        if (point > 16 || point < -3) {
            text = exponential(digits, point - 1);
        } else if (point <= 0) {
            text = "0." + "0".repeat(-point) + digits;
        } else if (point >= digits.length()) {
            text = digits + "0".repeat(point - digits.length()) + ".0";
        } else {
            text = digits.substring(0, point) + "." + digits.substring(point);
        }
        return value < 0 ? "-" + text : text;
    }

    /** Digits with a point behind the first one, and an exponent of two digits at least. */
    static String exponential(String digits, int exponent) {
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        String size = Integer.toString(Math.abs(exponent));
        return mantissa + "e" + (exponent < 0 ? "-" : "+") + (size.length() < 2 ? "0" + size : size);
    }

    /** As {@code int(text, base)}, or null if it is none or has too many digits for Python. */
    static Number parseWhole(String text, int base) {
        String digits = PyText.strip(text, null, true, true);
        boolean negative = digits.startsWith("-");
        if (negative || digits.startsWith("+")) {
            digits = digits.substring(1);
        }
        int radix = base;
        String prefix = digits.length() < 2 ? "" : PyText.lower(digits.substring(0, 2));
        int named = prefix.equals("0x") ? 16 : prefix.equals("0o") ? 8 : prefix.equals("0b") ? 2 : 0;
        if (named != 0 && (base == 0 || base == named)) {
            radix = named;
            digits = digits.substring(2);
            digits = digits.startsWith("_") ? digits.substring(1) : digits;
        } else if (base == 0) {
            radix = 10;
            if (digits.startsWith("0") && !ZEROS.matcher(digits).matches()) {
                return null;
            }
        }
        if (!DIGITS.matcher(digits).matches()) {
            return null;
        }
        digits = digits.replace("_", "");
        if (digits.length() > MOST_DIGITS) {
            if (Integer.bitCount(radix) == 1) {
                // Python knows these numbers; to take them for no number would be wrong.
                throw Fault.value("whole numbers of more than " + MOST_DIGITS + " digits are not supported");
            }
            return null;
        }
        try {
            BigInteger value = new BigInteger(digits, radix);
            return narrow(negative ? value.negate() : value);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** As a long where it fits. */
    static Number narrow(BigInteger value) {
        return value.bitLength() < Long.SIZE ? (Number) value.longValue() : value;
    }

    /** As {@code float(text)}, or null if it is none. */
    static Double parseDouble(String text) {
        String digits = PyText.lower(PyText.strip(text, null, true, true));
        if (digits.matches("[+-]?(inf|infinity)")) {
            return digits.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        if (digits.matches("[+-]?nan")) {
            return Double.NaN;
        }
        if (!REAL.matcher(digits).matches()) {
            return null;
        }
        return Double.valueOf(digits.replace("_", ""));
    }

    /** As {@code int(number)}: towards 0. */
    static Number truncate(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw Fault.value("cannot convert float " + (Double.isNaN(value) ? "NaN" : "infinity") + " to integer");
        }
        return narrow(new BigDecimal(value).toBigInteger());
    }

    /** As {@code round(number, digits)}: to the nearest, halves to even. */
    static Number round(Number value, long digits) {
        int places = Math.clamp(digits, -400, 400);
        if (value instanceof Double number) {
            if (Double.isNaN(number) || Double.isInfinite(number) || number == 0) {
                return number;
            }
            double rounded = new BigDecimal(number)
                    .setScale(places, RoundingMode.HALF_EVEN)
                    .doubleValue();
            return Math.copySign(rounded, number);
        }
        if (places >= 0) {
            return value;
        }
        return narrow(decimal(value).setScale(places, RoundingMode.HALF_EVEN).toBigInteger());
    }
}
