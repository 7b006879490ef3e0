package org.tornadomor.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.tornadomor.template.Expr.Operator;
import org.tornadomor.template.Special.Markup;
import org.tornadomor.template.Special.Tuple;
import org.tornadomor.template.Special.Undefined;

/** Python's arithmetic: on numbers, and what {@code +}, {@code *} and {@code %} do to text and lists. */
final class Arithmetic {
    private final Budget budget;

    Arithmetic(Budget budget) {
        this.budget = budget;
    }

    Object apply(Operator operator, Object left, Object right) {
        if (operator == Operator.MODULO && Values.string(left) != null) {
            plain(operator, left);
            return new PercentFormat(budget).format((String) left, right);
        }
        for (Object side : new Object[] {left, right}) {
            if (side instanceof Undefined missing) {
                throw missing.fault();
            }
        }
        Number a = Numbers.of(left);
        Number b = Numbers.of(right);
        if (a != null && b != null) {
            return numbers(operator, a, b);
        }
        Object result = switch (operator) {
            case ADD -> joined(left, right);
            case MULTIPLY -> repeated(left, right);
            default -> null;
        };
        if (result == null) {
            throw Fault.value("unsupported operand type(s) for " + operator.sign() + ": '" + Values.type(left)
                    + "' and '" + Values.type(right) + "'");
        }
        return result;
    }

    private static void plain(Operator operator, Object value) {
        if (value instanceof Markup) {
            throw Fault.value("the operator " + operator.sign() + " of escaped text is not supported");
        }
    }

    private Object joined(Object left, Object right) {
        if (left instanceof String a && right instanceof String b) {
            budget.makes((long) a.length() + b.length());
            return a.concat(b);
        }
        if (Values.string(left) != null && Values.string(right) != null) {
            return new Markup(budget.made(Escape.html(left) + Escape.html(right)));
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            return joined(a, b);
        }
        if (left instanceof Tuple a && right instanceof Tuple b) {
            return new Tuple(joined(a.items(), b.items()), false);
        }
        return null;
    }

    private List<Object> joined(List<?> left, List<?> right) {
        budget.items((long) left.size() + right.size());
        List<Object> all = new ArrayList<>(left);
        all.addAll(right);
        return all;
    }

    private Object repeated(Object left, Object right) {
        boolean turned = Numbers.of(left) != null;
        Object value = turned ? right : left;
        Long times = Numbers.whole(turned ? left : right);
        if (times == null) {
            return null;
        }
        plain(Operator.MULTIPLY, value);
        long count = Math.max(0, times);
        return switch (value) {
            case String text -> {
                budget.makes(size(text.length(), count));
                yield text.isEmpty() ? "" : text.repeat((int) count);
            }
            case List<?> list -> repeated(list, count);
            case Tuple tuple -> new Tuple(repeated(tuple.items(), count), false);
            case null, default -> null;
        };
    }

    private List<Object> repeated(List<?> list, long count) {
        budget.items(size(list.size(), count));
        List<Object> all = new ArrayList<>();
        for (long i = 0; i < count && !list.isEmpty(); i++) {
            all.addAll(list);
        }
        return all;
    }

    private static long size(long length, long count) {
        return length == 0 ? 0 : count > Long.MAX_VALUE / length ? Long.MAX_VALUE : length * count;
    }

    private static Object numbers(Operator operator, Number a, Number b) {
        if (a instanceof BigInteger || b instanceof BigInteger) {
            throw Numbers.tooLarge();
        }
        if (operator == Operator.DIVIDE) {
            return nonZero(b.doubleValue(), () -> a.doubleValue() / b.doubleValue());
        }
        if (a instanceof Long x && b instanceof Long y) {
            try {
                return whole(operator, x, y);
            } catch (ArithmeticException e) {
                throw Numbers.tooLarge();
            }
        }
        double x = a.doubleValue();
        double y = b.doubleValue();
        return switch (operator) {
            case ADD -> x + y;
            case SUBTRACT -> x - y;
            case MULTIPLY -> x * y;
            case FLOOR_DIVIDE -> nonZero(y, () -> floorDivide(x, y));
            case MODULO -> nonZero(y, () -> modulo(x, y));
            case POWER -> power(x, y);
            case DIVIDE -> throw new IllegalStateException();
        };
    }

    private static Object whole(Operator operator, long x, long y) {
        return switch (operator) {
            case ADD -> Math.addExact(x, y);
            case SUBTRACT -> Math.subtractExact(x, y);
            case MULTIPLY -> Math.multiplyExact(x, y);
            case FLOOR_DIVIDE -> nonZero(y, () -> Math.floorDivExact(x, y));
            case MODULO -> nonZero(y, () -> Math.floorMod(x, y));
            case POWER -> y < 0 ? (Object) power((double) x, y) : (Object) power(x, y);
            case DIVIDE -> throw new IllegalStateException();
        };
    }

    private static Object nonZero(double divisor, Supplier<Object> quotient) {
        if (divisor == 0) {
            throw Fault.value("division by zero");
        }
        return quotient.get();
    }

    private static double modulo(double x, double y) {
        double rest = x % y;
        if (rest == 0) {
            return Math.copySign(0.0, y);
        }
        return rest < 0 != y < 0 ? rest + y : rest;
    }

    private static double floorDivide(double x, double y) {
        double rest = x % y;
        double quotient = (x - rest) / y;
        if (rest != 0 && rest < 0 != y < 0) {
            quotient -= 1;
        }
        if (quotient == 0) {
            return Math.copySign(0.0, x / y);
        }
        double floor = Math.floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static long power(long base, long exponent) {
        if (base == 0 || base == 1 || base == -1) {
            return exponent == 0 ? 1 : base == -1 && exponent % 2 == 0 ? 1 : base;
        }
        long result = 1;
        for (long i = 0; i < exponent; i++) {
            result = Math.multiplyExact(result, base);
        }
        return result;
    }

    private static double power(double base, double exponent) {
        if (base == 0 && exponent < 0) {
            throw Fault.value("0.0 cannot be raised to a negative power");
        }
        if (base < 0 && !Double.isInfinite(base) && !Double.isInfinite(exponent) && exponent != Math.rint(exponent)) {
            throw Fault.value("complex numbers are not supported");
        }
        // Python differs from Java where one of them is 1 or -1.
        double result = base == 1 || base == -1 && Double.isInfinite(exponent) ? 1 : Math.pow(base, exponent);
        if (Double.isInfinite(result) && !Double.isInfinite(base) && !Double.isInfinite(exponent)) {
            throw Fault.value("the result of ** is too large");
        }
        return result;
    }

    /** As {@code -value} and {@code +value}. */
    static Object sign(boolean minus, Object value) {
        if (value instanceof Undefined missing) {
            throw missing.fault();
        }
        return switch (Numbers.of(value)) {
            case Long number when number == Long.MIN_VALUE && minus -> throw Numbers.tooLarge();
            case Long number -> minus ? -number : number;
            case Double number -> minus ? -number : number;
            case BigInteger number -> throw Numbers.tooLarge();
            case null, default ->
                throw Fault.value(
                        "bad operand type for unary " + (minus ? "-" : "+") + ": '" + Values.type(value) + "'");
        };
    }
}
