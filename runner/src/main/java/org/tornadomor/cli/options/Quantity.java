package org.tornadomor.cli.options;

import org.tornadomor.UserError;
import org.tornadomor.trainer.Amounts;

/** Numbers of options. */
public final class Quantity {
    private Quantity() {}

    /**
     * A number of bytes; 0 where none is given.
     *
     * @throws UserError naming the option
     */
    public static long bytes(String option, String text) {
        if (text == null) {
            return 0;
        }
        long bytes = Amounts.parse(text).orElse(0);
        if (bytes < 1) {
            throw new UserError(option + " " + text + " is no amount of bytes; write it like 500k, 20M or 1G");
        }
        return bytes;
    }

    /**
     * The value of an option, or null where none is given.
     *
     * @throws UserError naming the option if it is less than what makes sense
     */
    public static <N extends Number> N requireAtLeast(String option, N value, long least) {
        if (value != null && value.longValue() < least) {
            throw new UserError(option + " " + value + " is too small; give " + least + " or more");
        }
        return value;
    }
}
