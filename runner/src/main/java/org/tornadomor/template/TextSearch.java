package org.tornadomor.template;

/** Where text holds other text. The time is linear in both, whatever they are; Java's own search takes their product at worst. */
final class TextSearch {
    /** Parts up to this length are left to Java's search, which is the faster one then. */
    private static final int SHORT = 64;

    private TextSearch() {}

    /** As {@link String#indexOf(String, int)}. */
    static int first(String text, String part, int from) {
        return part.length() <= SHORT ? text.indexOf(part, from) : search(text, from, text.length(), part, false);
    }

    /** As {@link String#lastIndexOf(String, int)}. */
    static int last(String text, String part, int from) {
        return part.length() <= SHORT
                ? text.lastIndexOf(part, from)
                : search(text, 0, Math.min(text.length(), from + part.length()), part, true);
    }

    /** The search of Knuth, Morris and Pratt; backward it reads both from their ends. */
    private static int search(String text, int from, int to, String part, boolean backward) {
        int length = part.length();
        if (to - from < length) {
            return -1;
        }
        // How many characters still match after a mismatch behind the one at an index.
        int[] kept = new int[length];
        for (int i = 1, matched = 0; i < length; i++) {
            matched = step(part, kept, matched, part.charAt(backward ? length - 1 - i : i), backward);
            kept[i] = matched;
        }
        for (int i = 0, matched = 0; i < to - from; i++) {
            matched = step(part, kept, matched, text.charAt(backward ? to - 1 - i : from + i), backward);
            if (matched == length) {
                return backward ? to - 1 - i : from + i + 1 - length;
            }
        }
        return -1;
    }

    /** How many characters of the part match once another one is read. */
    private static int step(String part, int[] kept, int matched, char read, boolean backward) {
        int now = matched;
        while (now > 0 && at(part, now, backward) != read) {
            now = kept[now - 1];
        }
        return at(part, now, backward) == read ? now + 1 : now;
    }

    private static char at(String part, int index, boolean backward) {
        return part.charAt(backward ? part.length() - 1 - index : index);
    }
}
