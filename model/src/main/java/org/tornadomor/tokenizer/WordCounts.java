package org.tornadomor.tokenizer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How often each word of a text occurs: all that a byte-pair encoding learns from. Of more than {@link #MOST_WORDS} different
 * words the rarest are forgotten, so that any amount of text takes bounded memory.
 */
public final class WordCounts {
    /** Different words that are kept. */
    static final int MOST_WORDS = 2_000_000;

    /** Longer words count as several: merges that need the whole of such a word are of no use. */
    private static final int LONGEST = 256;

    private final int mostWords;
    private final Map<String, long[]> counts = new HashMap<>();
    private long floor;
    private long forgotten;

    /** No words yet. */
    public WordCounts() {
        this(MOST_WORDS);
    }

    WordCounts(int mostWords) {
        this.mostWords = mostWords;
    }

    /** Counts the words of some texts, on all processors; the outcome does not depend on how many there are. */
    public void add(List<String> texts) {
        Map<String, long[]> added =
                texts.parallelStream().collect(HashMap::new, WordCounts::countInto, WordCounts::mergeInto);
        mergeInto(counts, added);
        while (counts.size() > mostWords) {
            forgetRarest();
        }
    }

    private static void countInto(Map<String, long[]> counts, String text) {
        ByteLevel.words(text, word -> {
            for (int from = 0; from < word.length(); ) {
                int to = Math.min(from + LONGEST, word.length());
                if (to < word.length() && Character.isHighSurrogate(word.charAt(to - 1))) {
                    to--;
                }
                counts.computeIfAbsent(word.substring(from, to), key -> new long[1])[0]++;
                from = to;
            }
        });
    }

    private static void mergeInto(Map<String, long[]> into, Map<String, long[]> from) {
        from.forEach((word, count) -> {
            long[] known = into.putIfAbsent(word, count);
            if (known != null) {
                known[0] += count[0];
            }
        });
    }

    private void forgetRarest() {
        floor++;
        int before = counts.size();
        counts.values().removeIf(count -> count[0] <= floor);
        forgotten += before - counts.size();
    }

    /** How many different words there are. */
    public int size() {
        return counts.size();
    }

    /** How many rare words were left out to bound the memory. */
    public long forgotten() {
        return forgotten;
    }

    /** The words with their counts, in one array each. */
    Map<String, long[]> counts() {
        return counts;
    }
}
