package org.tornadomor.terminal;

import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/** Numbers for people. */
public final class Figures {
    private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P", "E"};
    private static final double THOUSAND = 1000;

    private Figures() {}

    /** A whole number in groups of three digits. */
    public static String grouped(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** A number of at least 0 with a decimal prefix: 833.6M. */
    public static String scaled(double value) {
        double scaled = value;
        int prefix = 0;
        while (scaled >= THOUSAND && prefix < PREFIXES.length - 1) {
            scaled /= THOUSAND;
            prefix++;
        }
        return String.format(Locale.ROOT, prefix == 0 ? "%.0f" : "%.1f", scaled) + PREFIXES[prefix];
    }

    /** Four digits behind the point. */
    public static String fixed(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    /** Shares of 1 as percentages. */
    public static String percentages(double... shares) {
        return DoubleStream.of(shares)
                .mapToObj(share -> String.format(Locale.ROOT, "%.1f %%", 100 * share))
                .collect(Collectors.joining(", "));
    }

    /** A time: 2 h 5 min, 3 min 20 s or 12 s. */
    public static String duration(double seconds) {
        long whole = Math.round(seconds);
        if (whole >= 3600) {
            return whole / 3600 + " h " + whole % 3600 / 60 + " min";
        }
        return whole >= 60 ? whole / 60 + " min " + whole % 60 + " s" : whole + " s";
    }
}
