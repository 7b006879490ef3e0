package org.tornadomor.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BaselinesTest {
    private static TokenSequence tokens(int... ids) {
        TokenBuffer tokens = new TokenBuffer(1 << 20);
        for (int id : ids) {
            tokens.add(id);
        }
        return tokens;
    }

    @Test
    void countsByHand() {
        // Training 0 1 0 0 over {0, 1, 2}: singles 3 1 0; pairs 01 10 00; followed 0 twice, 1 once.
        Baselines baselines = Baselines.measure(tokens(0, 1, 0, 0), tokens(0, 1, 2), 3);
        double unigram = -(Math.log(4 / 7.0) + Math.log(2 / 7.0) + Math.log(1 / 7.0)) / 3;
        double bigram = -(Math.log(2 / 5.0) + Math.log(1 / 4.0)) / 2;
        assertEquals(unigram, baselines.unigram(), 1e-12);
        assertEquals(bigram, baselines.bigram(), 1e-12);
    }

    @Test
    void nothingLearntIsAnEvenGuess() {
        Baselines baselines = Baselines.measure(tokens(), tokens(1, 2, 3), 257);
        assertEquals(Math.log(257), baselines.unigram(), 1e-12);
        assertEquals(Math.log(257), baselines.bigram(), 1e-12);
        assertThrows(IllegalArgumentException.class, () -> Baselines.measure(tokens(1), tokens(1), 3));
    }

    @Test
    void pairsOfALargeVocabularyAreCountedToo() {
        int vocabSize = 50_000;
        PairCounts counts = new PairCounts(vocabSize);
        Map<Long, Long> expected = new HashMap<>();
        Random random = new Random(3);
        for (int i = 0; i < 150_000; i++) {
            int first = random.nextInt(300) * 150;
            int second = random.nextInt(300) * 160;
            counts.add(first, second);
            expected.merge((long) first * vocabSize + second, 1L, Long::sum);
        }
        expected.forEach(
                (key, count) -> assertEquals(count, counts.get((int) (key / vocabSize), (int) (key % vocabSize))));
        assertEquals(0, counts.get(1, 1));
    }
}
