package org.tornadomor;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Finds what somebody who mistyped a name may have meant. */
public final class Nearest {
    private Nearest() {}

    /** The {@code count} names that take the fewest edits to come from {@code name}, nearest first. */
    public static List<String> of(String name, Collection<String> names, int count) {
        return names.stream()
                .sorted(Comparator.comparingInt((String other) -> distance(name, other))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(count)
                .toList();
    }

    /** As {@link #of}, without names that nobody can have meant: those of which more than half has to change. */
    public static List<String> close(String name, Collection<String> names, int count) {
        return of(name, names, count).stream()
                .filter(other -> 2 * distance(name, other) <= Math.max(name.length(), other.length()))
                .toList();
    }

    /** Levenshtein distance: the fewest insertions, deletions and replacements, letter case aside. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                boolean same = Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
                int replaced = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
