package org.tornadomor.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.LongConsumer;
import org.tornadomor.UserError;

/**
 * Learns a byte-level byte-pair encoding (Sennrich, Haddow and Birch 2016; over bytes as in GPT-2): from the 256 bytes on, the
 * most frequent pair of neighbours within words becomes one token, again and again. Of equally frequent pairs the one with
 * the lower ids goes first, so the outcome follows from the text alone.
 *
 * <p>Counts of pairs are kept up to date where a merge changes a word, and a heap finds the next pair, so the time grows
 * with the words that change and not with the text times the merges.
 */
public final class BpeTrainer {
    /** The smallest vocabulary: the bytes, and the token that ends a text. */
    public static final int SMALLEST = ByteLevel.SYMBOLS + 1;

    private final int vocabSize;
    private final long minCount;

    private final List<int[]> words = new ArrayList<>();
    private long[] counts;
    private final Map<Long, Pair> pairs = new HashMap<>();
    private final PriorityQueue<Candidate> heap = new PriorityQueue<>();
    private final List<String> tokens = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final List<int[]> merges = new ArrayList<>();

    /** A pair of neighbours: how often it occurs, and the words in which it may. */
    private static final class Pair {
        private long count;
        private int[] words = new int[2];
        private int size;

        void occursIn(int word) {
            if (size > 0 && words[size - 1] == word) {
                return;
            }
            if (size == words.length) {
                words = Arrays.copyOf(words, 2 * size);
            }
            words[size++] = word;
        }
    }

    /** A pair with the count that it had when it went into the heap. */
    private record Candidate(long count, long pair) implements Comparable<Candidate> {
        @Override
        public int compareTo(Candidate other) {
            return count != other.count ? Long.compare(other.count, count) : Long.compare(pair, other.pair);
        }
    }

    private BpeTrainer(int vocabSize, long minCount) {
        this.vocabSize = vocabSize;
        this.minCount = minCount;
    }

    /**
     * Learns merges.
     *
     * @param vocabSize tokens wanted, with the bytes and the end of text; there are fewer if the text has no more to merge
     * @param minCount how often a pair has to occur to become a token
     * @param progress hears the number of tokens so far
     * @throws UserError if the numbers make no sense
     */
    public static BpeVocabulary train(WordCounts counts, int vocabSize, long minCount, LongConsumer progress) {
        if (vocabSize < SMALLEST) {
            throw new UserError("a vocabulary of " + vocabSize
                    + " has no room for the bytes and the end of text: ask for " + SMALLEST + " or more");
        }
        if (minCount < 1) {
            throw new UserError("a pair cannot have to occur " + minCount + " times: ask for 1 or more");
        }
        BpeTrainer trainer = new BpeTrainer(vocabSize, minCount);
        trainer.prepare(counts.counts());
        trainer.merge(progress);
        return new BpeVocabulary(trainer.tokens, trainer.merges);
    }

    private void prepare(Map<String, long[]> texts) {
        for (int id = 0; id < ByteLevel.SYMBOLS; id++) {
            addToken(ByteLevel.symbol(id));
        }
        counts = new long[texts.size()];
        Map<Long, Pair> grown = new HashMap<>();
        texts.forEach((word, count) -> {
            int index = words.size();
            counts[index] = count[0];
            int[] symbols = ByteLevel.ids(word);
            words.add(symbols);
            for (int i = 0; i + 1 < symbols.length; i++) {
                grow(symbols[i], symbols[i + 1], index, grown);
            }
        });
        pairs.forEach((key, pair) -> heap.add(new Candidate(pair.count, key)));
    }

    private int addToken(String token) {
        tokens.add(token);
        ids.put(token, tokens.size() - 1);
        return tokens.size() - 1;
    }

    private void merge(LongConsumer progress) {
        Map<Long, Pair> grown = new HashMap<>();
        Set<Long> known = new HashSet<>();
        // The last id is that of the end of text.
        while (tokens.size() < vocabSize - 1 && !heap.isEmpty()) {
            Candidate candidate = heap.poll();
            Pair pair = pairs.get(candidate.pair);
            if (pair == null || pair.count < minCount) {
                continue;
            }
            if (pair.count != candidate.count) {
                heap.add(new Candidate(pair.count, candidate.pair));
                continue;
            }
            int left = (int) (candidate.pair >>> Integer.SIZE);
            int right = (int) candidate.pair;
            String text = tokens.get(left) + tokens.get(right);
            // Two ways of merging can spell the same token.
            int merged = ids.containsKey(text) ? ids.get(text) : addToken(text);
            // And so a pair can come back that was merged before.
            if (known.add(candidate.pair)) {
                merges.add(new int[] {left, right});
            }
            for (int i = 0; i < pair.size; i++) {
                replace(pair.words[i], left, right, merged, grown);
            }
            pairs.remove(candidate.pair);
            grown.remove(candidate.pair);
            grown.forEach((key, other) -> heap.add(new Candidate(other.count, key)));
            grown.clear();
            progress.accept(tokens.size());
        }
    }

    /** Merges a pair in one word, from left to right. The word may not have it any more. */
    private void replace(int word, int left, int right, int merged, Map<Long, Pair> grown) {
        int[] symbols = words.get(word);
        long amount = counts[word];
        int size = 0;
        int i = 0;
        while (i < symbols.length) {
            if (symbols[i] != left || i + 1 == symbols.length || symbols[i + 1] != right) {
                symbols[size++] = symbols[i++];
                continue;
            }
            if (size > 0) {
                pairs.get(key(symbols[size - 1], left)).count -= amount;
                grow(symbols[size - 1], merged, word, grown);
            }
            if (i + 2 < symbols.length) {
                pairs.get(key(right, symbols[i + 2])).count -= amount;
                grow(merged, symbols[i + 2], word, grown);
            }
            symbols[size++] = merged;
            i += 2;
        }
        if (size < symbols.length) {
            words.set(word, Arrays.copyOf(symbols, size));
        }
    }

    private void grow(int left, int right, int word, Map<Long, Pair> grown) {
        Pair pair = pairs.computeIfAbsent(key(left, right), key -> new Pair());
        pair.count += counts[word];
        pair.occursIn(word);
        grown.put(key(left, right), pair);
    }

    private static long key(int left, int right) {
        return (long) left << Integer.SIZE | right;
    }
}
