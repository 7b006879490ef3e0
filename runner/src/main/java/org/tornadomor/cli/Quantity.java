package org.tornadomor.cli;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadomor.UserError;

/** Numbers as people write them: 20M, 1.5G, 500k. */
final class Quantity {
    private static final Pattern NUMBER = Pattern.compile("(\\d+(?:\\.\\d+)?)([kMG]?)");
    private static final Map<String, Double> FACTORS = Map.of("", 1.0, "k", 1e3, "M", 1e6, "G", 1e9);

    private Quantity() {}

    /**
     * A number of bytes; 0 where none is given.
     *
     * @throws UserError naming the option
     */
    static long bytes(String option, String text) {
        if (text == null) {
            return 0;
        }
        Matcher matcher = NUMBER.matcher(text);
        long bytes =
                matcher.matches() ? (long) (Double.parseDouble(matcher.group(1)) * FACTORS.get(matcher.group(2))) : 0;
        if (bytes < 1) {
            throw new UserError(option + " " + text + " is no amount of bytes; write it like 500k, 20M or 1G");
        }
        return bytes;
    }
}
