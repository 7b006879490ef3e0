package org.tornadomor.template;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.tornadomor.template.Special.Undefined;

/** The filters that make numbers. */
final class NumberFilters {
    private NumberFilters() {}

    static void addTo(Registry r) {
        r.add("int", "default? base?", NumberFilters::whole);
        r.add("float", "default?", NumberFilters::real);
        r.add("abs", "", (run, in, a) -> {
            Number number = number(in, "abs");
            boolean negative =
                    number instanceof Double real ? real < 0 || 1 / real < 0 : Numbers.compare(number, 0L) < 0;
            return Arithmetic.sign(negative, number);
        });
        r.add("round", "precision? method?", NumberFilters::round);
    }

    private static Number number(Object value, String filter) {
        if (value instanceof Undefined missing) {
            throw missing.fault();
        }
        Number number = Numbers.of(value);
        if (number == null) {
            throw Fault.value(filter + " takes a number, not " + Values.type(value));
        }
        return number;
    }

    private static Object whole(Evaluator run, Object in, Bound a) {
        if (in instanceof Undefined missing) {
            throw missing.fault();
        }
        String text = Values.string(in);
        if (text != null) {
            long base = a.whole(1, 10);
            if (base != 0 && (base < 2 || base > 36)) {
                throw Fault.value("int: the base is 0 or from 2 to 36");
            }
            run.budget().spend(text.length());
            Number number = Numbers.parseWhole(text, (int) base);
            if (number != null) {
                return number;
            }
            Double real = Numbers.parseDouble(text);
            return real == null || real.isNaN() || real.isInfinite() ? a.or(0, 0L) : Numbers.truncate(real);
        }
        return switch (Numbers.of(in)) {
            case Double number when number.isNaN() -> a.or(0, 0L);
            case Double number -> Numbers.truncate(number);
            case Number number -> number;
            case null -> a.or(0, 0L);
        };
    }

    private static Object real(Evaluator run, Object in, Bound a) {
        if (in instanceof Undefined missing) {
            throw missing.fault();
        }
        String text = Values.string(in);
        Number number = text != null ? Numbers.parseDouble(text) : Numbers.of(in);
        return number == null ? a.or(0, 0.0) : (Object) number.doubleValue();
    }

    private static Object round(Evaluator run, Object in, Bound a) {
        Number value = number(in, "round");
        long digits = a.whole(0, 0);
        String method = a.text(1, "common");
        if (method.equals("common")) {
            return Numbers.round(value, digits);
        }
        if (!method.equals("ceil") && !method.equals("floor")) {
            throw Fault.value("method must be common, ceil or floor");
        }
        double scale = Math.pow(10, digits);
        double scaled = value.doubleValue() * scale;
        if (Double.isInfinite(scaled) || Double.isNaN(scaled)) {
            throw Fault.value("cannot round " + Numbers.text(scaled));
        }
        RoundingMode mode = method.equals("ceil") ? RoundingMode.CEILING : RoundingMode.FLOOR;
        return new BigDecimal(scaled).setScale(0, mode).doubleValue() / scale;
    }
}
