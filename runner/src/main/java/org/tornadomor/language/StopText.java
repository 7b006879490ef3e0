package org.tornadomor.language;

import java.util.List;

/**
 * Passes text on, but never any of a stop string: an ending that might become one is held back until it is clear.
 */
public final class StopText {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    /** @param stops strings, none of them empty */
    public StopText(List<String> stops) {
        this.stops = stops;
    }

    /** Takes more text. @return what can be shown of it and of what was held back */
    public String accept(String piece) {
        if (stopped) {
            return "";
        }
        held.append(piece);
        int first = -1;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
            }
        }
        if (first >= 0) {
            stopped = true;
            return take(first);
        }
        return take(held.length() - longestOpenEnd());
    }

    /** Whether a stop string came. */
    public boolean stopped() {
        return stopped;
    }

    /** The rest, when no more will come. */
    public String flush() {
        return stopped ? "" : take(held.length());
    }

    private String take(int count) {
        String text = held.substring(0, count);
        held.delete(0, count);
        return text;
    }

    private int longestOpenEnd() {
        int longest = 0;
        for (String stop : stops) {
            for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
                if (stop.startsWith(held.substring(held.length() - n))) {
                    longest = n;
                }
            }
        }
        return longest;
    }
}
