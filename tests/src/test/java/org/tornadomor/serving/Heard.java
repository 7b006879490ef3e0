package org.tornadomor.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** What a request heard. */
final class Heard implements RequestListener {
    final List<Integer> ids = new ArrayList<>();
    final List<Integer> depths = new ArrayList<>();
    final int stopAfter;
    final List<TokenScore> scores = new ArrayList<>();
    final CountDownLatch over = new CountDownLatch(1);
    List<TokenScore> promptScores;
    int[] promptDepths;
    int cached;
    volatile End end;

    Heard(int stopAfter) {
        this.stopAfter = stopAfter;
    }

    @Override
    public void prompt(int[] depthsOfPrompt, int cachedTokens) {
        assertEquals(null, promptDepths, "a prompt is told of once");
        promptDepths = depthsOfPrompt;
        cached = cachedTokens;
    }

    @Override
    public void promptScores(List<TokenScore> given) {
        assertEquals(null, promptScores, "a prompt is scored once");
        assertEquals(promptDepths.length, given.size());
        promptScores = given;
    }

    @Override
    public void score(TokenScore score) {
        assertEquals(ids.size(), scores.size(), "a score comes before its token");
        scores.add(score);
    }

    @Override
    public boolean token(int id, int depth) {
        assertEquals(null, end, "nothing comes after the end");
        ids.add(id);
        depths.add(depth);
        return ids.size() < stopAfter;
    }

    @Override
    public void ended(End reason) {
        assertEquals(null, end, "a request ends once");
        end = reason;
        over.countDown();
    }

    /** Fails unless this request got what it got elsewhere, or the beginning of that if somebody cancelled it. */
    void assertSame(Heard elsewhere, String what) {
        if (end == End.CANCELLED) {
            assertEquals(elsewhere.ids.subList(0, ids.size()), ids, what);
        } else {
            assertEquals(elsewhere.ids, ids, what);
            assertEquals(elsewhere.depths, depths, what);
            assertEquals(elsewhere.end, end, what);
            assertArrayEquals(elsewhere.promptDepths, promptDepths, what);
            assertEquals(elsewhere.promptScores == null, promptScores == null, what);
        }
        for (int i = 0; promptScores != null && i < promptScores.size(); i++) {
            assertClose(elsewhere.promptScores.get(i), promptScores.get(i), what);
        }
        for (int i = 0; i < scores.size(); i++) {
            assertClose(elsewhere.scores.get(i), scores.get(i), what);
        }
    }

    private static void assertClose(TokenScore expected, TokenScore got, String what) {
        if (expected == null) {
            assertEquals(null, got, what);
            return;
        }
        assertEquals(expected.logProbability(), got.logProbability(), 1e-4, what);
        assertArrayEquals(expected.topLogProbabilities(), got.topLogProbabilities(), 1e-4, what);
    }
}
