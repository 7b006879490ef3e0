package org.tornadomor.template;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.template.Special.Tuple;

/** Python's {@code text % values}. */
final class PercentFormat {
    private static final Pattern FIELD = Pattern.compile(
            "%(?:\\(([^()]*)\\))?([-+ #0]*)(\\d{1,7}|\\*)?(?:\\.(\\d{1,7}|\\*)?)?[hlL]?(.)", Pattern.DOTALL);

    private final Budget budget;
    private final StringBuilder out = new StringBuilder();
    private List<Object> arguments;
    private int next;

    PercentFormat(Budget budget) {
        this.budget = budget;
    }

    String format(String format, Object values) {
        arguments = values instanceof Tuple tuple ? tuple.items() : List.of(values == null ? NONE : values);
        int at = 0;
        boolean named = false;
        Matcher m = FIELD.matcher(format);
        while (at < format.length()) {
            int percent = format.indexOf('%', at);
            if (percent < 0) {
                break;
            }
            out.append(format, at, percent);
            if (!m.find(percent) || m.start() != percent) {
                throw Fault.value("incomplete format");
            }
            named |= m.group(1) != null;
            field(m, values);
            at = m.end();
            budget.fits(out.length());
        }
        out.append(format, at, format.length());
        // Anything that can be indexed counts as a mapping, and not all items of a mapping have to be used.
        boolean mapping = values instanceof Map
                || values instanceof List
                || values instanceof Special.Range
                || values instanceof Special.Undefined;
        if (!named && !mapping && next < arguments.size()) {
            throw Fault.value("not all arguments converted during string formatting");
        }
        return budget.made(out.toString());
    }

    /** Stands for null in lists that do not take it. */
    private static final Object NONE = new Object();

    private Object argument() {
        if (next >= arguments.size()) {
            throw Fault.value("not enough arguments for format string");
        }
        Object value = arguments.get(next++);
        return value == NONE ? null : value;
    }

    private void field(Matcher m, Object values) {
        char type = m.group(5).charAt(0);
        String flags = m.group(2);
        if (type == '%' && m.group().equals("%%")) {
            out.append('%');
            return;
        }
        Object value = null;
        if (m.group(1) != null) {
            if (!(values instanceof Map<?, ?> map)) {
                throw Fault.value("format requires a mapping");
            }
            Map.Entry<?, ?> entry = Values.find(map, m.group(1), budget);
            if (entry == null) {
                throw Fault.value("there is no key '" + m.group(1) + "' for the format string");
            }
            value = entry.getValue();
        }
        int width = m.group(3) == null ? 0 : size(m.group(3));
        boolean left = flags.contains("-") || width < 0;
        boolean point = m.group(4) != null || m.group().contains(".");
        int precision = m.group(4) == null ? point ? 0 : -1 : Math.max(0, size(m.group(4)));
        if (type == '%') {
            out.append('%');
            return;
        }
        if (m.group(1) == null) {
            value = argument();
        }
        FormatSpec spec = spec(flags, left, Math.abs(width), precision, type);
        out.append(
                switch (type) {
                    case 's', 'r', 'a' -> spec.format(text(type, value), budget);
                    case 'c' -> spec.format(character(value), budget);
                    case 'd', 'i', 'u' -> whole(spec, decimal(type, value));
                    case 'x', 'X', 'o' -> whole(spec, exact(type, value));
                    case 'e', 'E', 'f', 'F', 'g', 'G' -> real(spec, value);
                    default -> throw Fault.value("unsupported format character '" + type + "'");
                });
    }

    private int size(String text) {
        if (!text.equals("*")) {
            return Integer.parseInt(text);
        }
        Long size = Numbers.whole(argument());
        if (size == null || Math.abs(size) > 10_000_000) {
            throw Fault.value("* wants int");
        }
        return size.intValue();
    }

    private static FormatSpec spec(String flags, boolean left, int width, int precision, char type) {
        boolean number = "diuxXoeEfFgG".indexOf(type) >= 0;
        boolean zeros = number && flags.contains("0") && !left;
        char sign = !number ? '-' : flags.contains("+") ? '+' : flags.contains(" ") ? ' ' : '-';
        char kind = switch (type) {
            case 'i', 'u' -> 'd';
            case 'r', 'a', 'c' -> 's';
            default -> type;
        };
        char align = left ? '<' : zeros ? '=' : '>';
        return new FormatSpec(
                zeros ? "0" : " ", align, sign, number && flags.contains("#"), width, "", precision, kind);
    }

    private String text(char type, Object value) {
        return switch (type) {
            case 's' -> Repr.text(value, budget);
            case 'r' -> Repr.quoted(value, budget);
            default -> Repr.ascii(value, budget);
        };
    }

    private static String character(Object value) {
        String text = Values.string(value);
        if (text != null && PyText.length(text) == 1) {
            return text;
        }
        Long point = Numbers.whole(value);
        if (point == null || point < 0 || point > Character.MAX_CODE_POINT) {
            throw Fault.value("%c requires int or char");
        }
        return Character.toString(point.intValue());
    }

    private static Number decimal(char type, Object value) {
        Number number = Numbers.of(value);
        if (number == null) {
            throw wrong(type, "a real number", value);
        }
        return number instanceof Double real ? Numbers.truncate(real) : number;
    }

    private static Number exact(char type, Object value) {
        Number number = Numbers.of(value);
        if (number == null || number instanceof Double) {
            throw wrong(type, "an integer", value);
        }
        return number;
    }

    private static Fault wrong(char type, String wanted, Object value) {
        return value instanceof Special.Undefined missing
                ? missing.fault()
                : Fault.value("%" + type + " format: " + wanted + " is required, not " + Values.type(value));
    }

    /** A precision is the least number of digits here. */
    private String whole(FormatSpec spec, Number number) {
        if (spec.precision() < 0) {
            return spec.format(number, budget);
        }
        BigInteger value = number instanceof BigInteger big ? big : BigInteger.valueOf(number.longValue());
        FormatSpec digits = new FormatSpec("0", '=', spec.sign(), spec.alternate(), 0, "", -1, spec.type());
        int lead = digits.format(number, budget).length() - digitsOf(value, spec.type());
        FormatSpec filled =
                new FormatSpec("0", '=', spec.sign(), spec.alternate(), spec.precision() + lead, "", -1, spec.type());
        String body = filled.format(number, budget);
        return spec.align() == '='
                ? new FormatSpec(
                                "0",
                                '=',
                                spec.sign(),
                                spec.alternate(),
                                Math.max(spec.width(), body.length()),
                                "",
                                -1,
                                spec.type())
                        .format(number, budget)
                : PyText.pad(body, spec.width(), " ", spec.align());
    }

    private static int digitsOf(BigInteger value, char type) {
        return value.abs().toString(type == 'o' ? 8 : type == 'd' ? 10 : 16).length();
    }

    private String real(FormatSpec spec, Object value) {
        Number number = Numbers.of(value);
        if (number == null) {
            throw value instanceof Special.Undefined missing
                    ? missing.fault()
                    : Fault.value("must be real number, not " + Values.type(value));
        }
        return spec.format(number.doubleValue(), budget);
    }
}
