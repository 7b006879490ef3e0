package org.tornadomor.html;

import java.util.Locale;

/** Text for a page. */
public final class Html {
    private static final String[] PREFIXES = {"", " k", " M", " G", " T", " P", " E", " Z"};
    private static final double THOUSAND = 1000;
    private static final int MINUTE = 60;
    private static final int HOUR = 3600;

    /** What stands for a number that is not there. */
    public static final String NOTHING = "\u2013";

    private Html() {}

    /** Text that shows as it is, in an element or in an attribute with double quotes. */
    public static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + text.length() / 8);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                // Not allowed in HTML: shown as the picture of the character.
                default -> escaped.append(c < ' ' && c != '\n' && c != '\t' && c != '\r' ? (char) ('\u2400' + c) : c);
            }
        }
        return escaped.toString();
    }

    /** A number with some digits behind the point. */
    public static String fixed(double value, int digits) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%." + digits + "f", value) : NOTHING;
    }

    /** A large number with a prefix, and a space before it. */
    public static String scaled(double value) {
        if (!Double.isFinite(value)) {
            return NOTHING;
        }
        double scaled = value;
        int prefix = 0;
        while (scaled >= THOUSAND && prefix < PREFIXES.length - 1) {
            scaled /= THOUSAND;
            prefix++;
        }
        return String.format(Locale.ROOT, prefix == 0 ? "%.0f" : scaled < 10 ? "%.2f" : "%.1f", scaled)
                + PREFIXES[prefix];
    }

    /** A time in words. */
    public static String duration(double seconds) {
        if (!Double.isFinite(seconds)) {
            return NOTHING;
        }
        long whole = Math.round(seconds);
        if (whole >= HOUR) {
            return whole / HOUR + " h " + whole % HOUR / MINUTE + " min";
        }
        return whole >= MINUTE
                ? whole / MINUTE + " min " + whole % MINUTE + " s"
                : String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
    }
}
