package org.tornadomor.model;

import org.tornadomor.UserError;

/** The range checks of the configuration records; each names the key as {@code config.json} writes it. */
final class Checks {
    private Checks() {}

    static void positive(String key, long value) {
        if (value < 1) {
            throw new UserError(key + " is " + value + "; it must be at least 1");
        }
    }

    static void atMost(String key, long value, long limit) {
        if (value > limit) {
            throw new UserError(key + " is " + value + "; at most " + limit + " are supported");
        }
    }

    static void positive(String key, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new UserError(key + " is " + value + "; it must be a number above 0");
        }
    }

    static void notNegative(String key, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new UserError(key + " is " + value + "; it must be a number of at least 0");
        }
    }

    static void share(String key, double value) {
        if (!(value > 0 && value <= 1)) {
            throw new UserError(key + " is " + value + "; it must be a number above 0 and at most 1");
        }
    }

    static void finite(String key, double value) {
        if (!Double.isFinite(value)) {
            throw new UserError(key + " is " + value + "; it must be a finite number");
        }
    }
}
