package org.tornadomor.trainer;

import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers as people write them: 20M, 1.5G, 500k, in either case. */
public final class Amounts {
    private static final Pattern AMOUNT = Pattern.compile("(\\d+(?:\\.\\d+)?)([kKmMgG]?)");
    private static final Map<String, Double> FACTORS = Map.of("", 1.0, "k", 1e3, "m", 1e6, "g", 1e9);

    private Amounts() {}

    /** The number that a text means; empty if it is none. */
    public static OptionalLong parse(String text) {
        Matcher matcher = AMOUNT.matcher(text);
        if (!matcher.matches()) {
            return OptionalLong.empty();
        }
        double factor = FACTORS.get(matcher.group(2).toLowerCase(Locale.ROOT));
        return OptionalLong.of((long) (Double.parseDouble(matcher.group(1)) * factor));
    }

    /** Whether a text is a number with a letter behind it. */
    static boolean isOne(String text) {
        Matcher matcher = AMOUNT.matcher(text);
        return matcher.matches() && !matcher.group(2).isEmpty();
    }
}
