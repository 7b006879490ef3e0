package org.tornadomor.tasks;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.Decoder;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;

/**
 * Scores as generation computes: each token decides for itself, so requests that begin alike can share keys. Of requests with
 * the same context the first runs alone and leaves its keys; the others begin after these.
 */
final class CausalScorer implements RequestScorer {
    /** Tokens that are read in a tick. */
    private static final int TICK_TOKENS = 512;
    /** Bytes of keys and values, unless one request needs more. */
    private static final long KEY_BYTES = 512L << 20;

    private static final int MOST_SEQUENCES = 64;
    /** Floats of the logits of a tick. */
    private static final int LOGIT_FLOATS = 8 << 20;

    /** So many logits are looked at by one thread. */
    private static final int PARALLEL_FLOATS = 1 << 18;

    private final Decoder decoder;
    private final int vocabulary;
    private final double threshold;
    private final int maxDepth;
    private final int tickTokens;
    private final float[] logits;
    private final Running[] running;
    private final List<Running> order = new ArrayList<>();
    private long computed;

    /** A job that is under way. */
    private static final class Running {
        final ScoringJob job;
        final Group group;
        int sequence;
        int fed;
        int left;

        Running(ScoringJob job, Group group) {
            this.job = job;
            this.group = group;
            left = job.length() - job.firstWanted();
        }
    }

    /** Jobs with one context. */
    private static final class Group {
        final Deque<ScoringJob> waiting = new ArrayDeque<>();
        int longest;

        void add(ScoringJob job) {
            waiting.add(job);
            longest = Math.max(longest, job.length());
        }
    }

    /**
     * Reserves memory.
     *
     * @param longest tokens that a request may have
     * @param total tokens of all requests, or fewer: more memory than they need would be wasted
     * @param sequences that run side by side; 0 for as many as fit
     */
    CausalScorer(
            Engine engine,
            ParameterSet weights,
            int longest,
            long total,
            int sequences,
            double threshold,
            int maxDepth) {
        ModelConfig config = weights.config();
        this.threshold = threshold;
        this.maxDepth = maxDepth;
        vocabulary = config.vocabSize();
        long each = DecoderSize.full(config, 1, longest, 1).keyBytes(config);
        int fitting = Math.clamp(KEY_BYTES / each, 1, MOST_SEQUENCES);
        int places = sequences > 0 ? sequences : Math.clamp(total / Math.max(1, longest / 2), 1, fitting);
        tickTokens = Math.clamp(total, 1, TICK_TOKENS);
        int rows = places + tickTokens * config.recursions();
        int logitRows = Math.clamp(LOGIT_FLOATS / vocabulary, Math.min(places, tickTokens), tickTokens);
        decoder = new Decoder(
                engine, weights, DecoderSize.full(config, places, longest, rows).withLogitRows(logitRows));
        logits = new float[decoder.size().logitRows() * vocabulary];
        running = new Running[places];
    }

    @Override
    public void run(List<ScoringJob> jobs, Answer[] answers, LongConsumer progress) {
        Deque<Group> groups = groups(jobs);
        Deque<Running> ready = new ArrayDeque<>();
        while (!groups.isEmpty() || !ready.isEmpty() || !order.isEmpty()) {
            admit(groups, ready);
            feed();
            if (!decoder.reserve()) {
                throw new IllegalStateException("sequences do not fit: " + decoder.size());
            }
            decoder.tick(DepthPolicy.DEPTH_WISE);
            takeLogits();
            finish(ready, answers, progress);
        }
    }

    /** The longest first, so that what is left at the end is short. */
    private static Deque<Group> groups(List<ScoringJob> jobs) {
        Map<TokenKey, Group> byContext = new LinkedHashMap<>();
        for (ScoringJob job : jobs) {
            byContext.computeIfAbsent(job.context(), context -> new Group()).add(job);
        }
        List<Group> sorted = new ArrayList<>(byContext.values());
        sorted.sort(Comparator.comparingInt((Group group) -> -group.longest));
        return new ArrayDeque<>(sorted);
    }

    private void admit(Deque<Group> groups, Deque<Running> ready) {
        while (order.size() < running.length && !(groups.isEmpty() && ready.isEmpty())) {
            Running next = ready.pollFirst();
            if (next == null) {
                Group group = groups.removeFirst();
                next = new Running(group.waiting.removeFirst(), group);
                if (next.job.firstWanted() < DecoderSize.PAGE_ROWS) {
                    // The context is too short to leave keys for the others, so they need not wait.
                    follow(group, ready);
                }
            }
            next.sequence = decoder.open(threshold, maxDepth);
            // Tokens from which something is predicted have to run, so their keys are not taken over.
            next.fed = decoder.adopt(next.sequence, next.job.ids(), next.job.firstWanted() + 1);
            running[next.sequence] = next;
            order.add(next);
        }
    }

    private static void follow(Group group, Deque<Running> ready) {
        while (!group.waiting.isEmpty()) {
            ready.addLast(new Running(group.waiting.removeFirst(), group));
        }
    }

    private void feed() {
        int budget = tickTokens;
        for (Running next : order) {
            int count = Math.min(Math.min(next.job.length() - next.fed, budget), decoder.freeRows());
            if (count > 0) {
                int end = next.fed + count;
                int wanted = Math.max(0, end - Math.max(next.fed, next.job.firstWanted()));
                if (decoder.feed(next.sequence, next.job.ids(), next.fed, count, wanted)) {
                    next.fed = end;
                    budget -= count;
                    computed += count;
                }
            }
        }
    }

    private void takeLogits() {
        int outputs = decoder.outputs();
        if (outputs == 0) {
            return;
        }
        decoder.logits(logits);
        IntStream sequences = IntStream.range(0, running.length);
        boolean worthThreads = (long) outputs * vocabulary > PARALLEL_FLOATS;
        // One task for each sequence: a job takes its rows in order, one by one.
        (worthThreads ? sequences.parallel() : sequences).forEach(sequence -> {
            for (int row = 0; row < outputs; row++) {
                if (decoder.outputSequence(row) == sequence) {
                    running[sequence].job.take(decoder.outputPosition(row), logits, row * vocabulary, vocabulary);
                    running[sequence].left--;
                }
            }
        });
    }

    private void finish(Deque<Running> ready, Answer[] answers, LongConsumer progress) {
        for (int i = 0; i < order.size(); i++) {
            Running done = order.get(i);
            if (done.left == 0) {
                int[] depths = new int[done.job.length()];
                for (int p = 0; p < depths.length; p++) {
                    depths[p] = decoder.depth(done.sequence, p);
                }
                done.job.answer(depths, 0, answers);
                decoder.remember(done.sequence, done.job.ids(), done.job.firstWanted());
                decoder.close(done.sequence);
                running[done.sequence] = null;
                order.remove(i--);
                follow(done.group, ready);
                progress.accept(done.job.tokens());
            }
        }
    }

    @Override
    public long computed() {
        return computed;
    }

    @Override
    public void close() {
        decoder.close();
    }
}
