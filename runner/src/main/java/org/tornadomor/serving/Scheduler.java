package org.tornadomor.serving;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.tornadomor.Counts;
import org.tornadomor.UserError;
import org.tornadomor.engine.Engine;
import org.tornadomor.model.Decoder;
import org.tornadomor.model.DecoderSize;
import org.tornadomor.model.DepthPolicy;
import org.tornadomor.model.ExitRule;
import org.tornadomor.model.ModelConfig;
import org.tornadomor.model.ParameterSet;
import org.tornadomor.serving.RequestListener.End;

/**
 * Decodes requests that arrive at any time. In each tick every running request feeds the token it drew last, prompts are read in
 * pieces beside that, and rows of all depths run together. First come, first served: a request begins when there is a place
 * and there are pages for its prompt. When pages run out, the youngest request is set back: its pages go to the older ones, and
 * it is computed again later, tokens that it drew included. So the oldest always gets on, and nobody waits for ever.
 *
 * <p>What comes of a request does not depend on the others. For one thread at a time.
 */
public final class Scheduler implements AutoCloseable {
    private final Decoder decoder;
    private final ModelConfig config;
    private final DepthPolicy policy;
    private final int prefillRows;
    private final boolean reusesPrefixes;
    private final Deque<Running> waiting = new ArrayDeque<>();
    /** In the order in which they came. */
    private final List<Running> running = new ArrayList<>();

    private final Running[] bySequence;
    private final float[] draws;
    private final int[] drawn;
    private float[] hostLogits;
    /** Whether pages were refused and none came back since: trying again costs copies and kept prefixes. */
    private boolean full;

    private final AtomicLong arrivals = new AtomicLong();
    private long promptTokens, lookedUpTokens, cachedTokens, newTokens, preemptions, ticks, rows, ended;

    /**
     * @param size what there is memory for
     * @param prefillRows tokens of prompts that are read in a tick: small keeps the others' steps short
     * @param reusesPrefixes keep the keys of what was read and written, for prompts that begin alike
     * @throws UserError if the engine has too little memory
     */
    public Scheduler(
            Engine engine,
            ParameterSet weights,
            DecoderSize size,
            int prefillRows,
            boolean reusesPrefixes,
            DepthPolicy policy) {
        decoder = new Decoder(engine, weights, size);
        config = weights.config();
        this.policy = policy;
        this.prefillRows = Math.max(1, prefillRows);
        this.reusesPrefixes = reusesPrefixes;
        bySequence = new Running[size.sequences()];
        draws = new float[size.logitRows()];
        drawn = new int[size.logitRows()];
    }

    /**
     * Continues its prompt when its turn comes.
     *
     * @throws UserError if the model or its memory cannot
     */
    public Ticket submit(Request request, RequestListener listener) {
        Running added = prepare(request, listener);
        enqueue(added);
        return added;
    }

    /** Looks at a request, on any thread. */
    Running prepare(Request request, RequestListener listener) {
        int context = decoder.size().context();
        if (request.prompt().length > context) {
            throw new UserError("a prompt of " + Counts.of(request.prompt().length, "token")
                    + " is longer than the context of " + context + "; shorten it");
        }
        if (request.maxDepth() > config.recursions()) {
            throw new UserError("a maximum depth of " + request.maxDepth() + " is more than the model's "
                    + Counts.of(config.recursions(), "recursion") + "; ask for at most that");
        }
        ExitRule exit = exit(request);
        exit.requireFits("exit " + exit.by().spelling(), config);
        config.requireTokens(request.prompt(), 0, request.prompt().length);
        for (int id : request.extras().logitBias().keySet()) {
            config.requireTokens(new int[] {id}, 0, 1);
        }
        return new Running(arrivals.getAndIncrement(), request, listener, context);
    }

    /** Lets a request that was prepared wait for its turn. */
    void enqueue(Running added) {
        if (added.hasWork()) {
            waiting.addLast(added);
        } else {
            end(added, End.LENGTH);
        }
    }

    /** Ends a request, wherever it is; its pages are free at once. */
    public void cancel(Ticket ticket) {
        Running request = (Running) ticket;
        if (!request.ended) {
            waiting.remove(request);
            end(request, End.CANCELLED);
        }
    }

    /** Requests that can be decoded at a time. */
    public int places() {
        return bySequence.length;
    }

    /** Whether there is anything left to do. */
    public boolean busy() {
        return !running.isEmpty() || !waiting.isEmpty();
    }

    /** Requests that have not begun, or were set back. */
    public int waiting() {
        return waiting.size();
    }

    /** Requests that are being decoded. */
    public int running() {
        return running.size();
    }

    /** What happened so far. */
    public Statistics statistics() {
        return new Statistics(promptTokens, lookedUpTokens, cachedTokens, newTokens, preemptions, ticks, rows, ended);
    }

    /** How things stand. */
    LoopState state() {
        long[] rowsAtDepth = new long[config.recursions()];
        int[] rowsWaiting = new int[rowsAtDepth.length];
        for (int r = 1; r <= rowsAtDepth.length; r++) {
            rowsAtDepth[r - 1] = decoder.rowsAtDepth(r);
            rowsWaiting[r - 1] = decoder.rowsWaiting(r);
        }
        return new LoopState(
                running.size(),
                waiting.size(),
                places(),
                decoder.usedOuterPages(),
                decoder.size().outerPages(),
                decoder.usedBlockPages(),
                decoder.size().blockPages(),
                rowsAtDepth,
                rowsWaiting,
                statistics(),
                true,
                Optional.empty());
    }

    /** For figures about pages and rows. */
    public Decoder decoder() {
        return decoder;
    }

    /**
     * Runs one tick, if there is anything to run.
     *
     * @return whether there was
     */
    public boolean step() {
        admit();
        if (running.isEmpty()) {
            return false;
        }
        if (policy.feeds(decoder.rowsUnderWay())) {
            feedDrawn();
            feedPrompts();
        }
        while (!decoder.reserve()) {
            setBackYoungest();
        }
        rows += decoder.rowsUnderWay();
        ticks++;
        int outputs = decoder.tick(policy);
        if (outputs > 0) {
            draw(decoder.drawnOutputs());
            score(decoder.drawnOutputs(), outputs);
        }
        return true;
    }

    /** Runs until nothing is left. */
    public void drain() {
        while (step()) {
            continue;
        }
    }

    /**
     * Begins requests in the order in which they came, as long as there are places, and pages for their prompts beside what those that run
     * are about to need.
     */
    private void admit() {
        if (full) {
            return;
        }
        int promised = 0;
        for (int i = 0; i < running.size(); i++) {
            promised += running.get(i).known - running.get(i).fed;
        }
        while (!waiting.isEmpty() && running.size() < bySequence.length) {
            Running first = waiting.peekFirst();
            if (!decoder.accepts(depth(first.request))) {
                return;
            }
            int sequence = decoder.open(first.request.threshold(), depth(first.request));
            decoder.setExit(sequence, exit(first.request), first.request.prompt().length);
            int known = reuses(first) ? decoder.adopt(sequence, first.ids, first.known) : 0;
            if (!running.isEmpty() && !decoder.hasRoomBeside(sequence, first.known - known, promised)) {
                decoder.close(sequence);
                full = true;
                return;
            }
            waiting.removeFirst();
            first.sequence = sequence;
            first.fed = known;
            if (!first.promptRead) {
                first.cached = Math.min(known, first.request.prompt().length);
            }
            bySequence[sequence] = first;
            int at = running.size();
            while (at > 0 && running.get(at - 1).number > first.number) {
                at--;
            }
            running.add(at, first);
            promised += first.known - first.fed;
            first.begin();
        }
    }

    /** Where tokens of a prompt are scored, all have to be computed. */
    private boolean reuses(Running request) {
        return reusesPrefixes && request.promptScores == null;
    }

    private ExitRule exit(Request request) {
        return request.exit() == null ? ExitRule.of(config) : request.exit();
    }

    private int depth(Request request) {
        return request.maxDepth() == 0 ? config.recursions() : request.maxDepth();
    }

    /** Feeds the token that each request drew last; who is older gets pages first. */
    private void feedDrawn() {
        for (int i = 0; i < running.size(); i++) {
            Running request = running.get(i);
            if (request.decoding()) {
                feed(request, 1);
            }
        }
    }

    /**
     * Feeds pieces of prompts, the oldest first, as many rows as a tick may have of them; of prompts whose tokens are scored, as
     * many as can leave in a tick, so that they do not pile up.
     */
    private void feedPrompts() {
        int budget = prefillRows;
        int scored = scoreRows();
        for (int i = 0; i < running.size() && budget > 0; i++) {
            Running request = running.get(i);
            int left = request.known - request.fed;
            if (left > 0 && !request.decoding()) {
                int rows = Math.min(Math.min(left, budget), decoder.freeRows());
                rows = request.scoring() ? Math.min(rows, scored) : rows;
                if (rows > 0) {
                    int fed = feed(request, rows);
                    budget -= fed;
                    scored -= request.scoring() ? fed : 0;
                }
            }
        }
    }

    /**
     * How many rows to score may be fed now: at each depth, as many as there are places for logits besides those for rows to
     * draw from.
     */
    private int scoreRows() {
        int drawing = 0;
        int underWay = 0;
        for (int i = 0; i < running.size(); i++) {
            drawing += running.get(i).scoring() ? 0 : 1;
            underWay += running.get(i).scoresUnderWay();
        }
        int each = Math.clamp(decoder.size().logitRows() - drawing, 1, prefillRows);
        return Math.min(each, each * config.recursions() - underWay);
    }

    /**
     * Feeds the next tokens of a request. If pages are missing, younger requests are set back, and at last this one.
     *
     * @return how many were fed
     */
    private int feed(Running request, int rows) {
        boolean last = request.fed + rows == request.known;
        int logits = last && request.hasWork() ? 1 : 0;
        int scored = request.scored(rows, logits);
        while (!decoder.feed(request.sequence, request.ids, request.fed, rows, logits, scored)) {
            if (decoder.freeRows() < rows) {
                return 0;
            }
            Running youngest = running.getLast();
            if (youngest == request && running.size() == 1) {
                throw new IllegalStateException("a sequence alone does not fit: " + decoder.size());
            }
            setBackYoungest();
            if (youngest == request) {
                return 0;
            }
        }
        request.fed += rows;
        return rows;
    }

    private void setBackYoungest() {
        full = false;
        Running youngest = running.removeLast();
        bySequence[youngest.sequence] = null;
        decoder.close(youngest.sequence);
        youngest.fed = 0;
        waiting.addFirst(youngest);
        preemptions++;
    }

    private void draw(int outputs) {
        for (int row = 0; row < outputs; row++) {
            Running request = bySequence[decoder.outputSequence(row)];
            Request.Sampling how = request.request.sampling();
            float penalty = request.edits == null ? (float) how.repetitionPenalty() : 1;
            decoder.setSampling(
                    row, (float) how.temperature(), how.topK(), (float) how.topP(), (float) how.minP(), penalty);
            if (penalty != 1) {
                decoder.setHistory(row, request.ids, request.known);
            }
            if (request.edits != null) {
                decoder.logits(row, host());
                request.edits.apply(host());
                decoder.setLogits(row, host());
            }
            draws[row] = request.draw();
        }
        decoder.sample(draws, drawn);
        for (int row = 0; row < outputs; row++) {
            Running request = bySequence[decoder.outputSequence(row)];
            // A listener may have cancelled another request.
            if (request != null) {
                take(request, drawn[row], row);
            }
        }
    }

    /** A row of logits on the host. Plain requests do not need it, so it is made at the first use. */
    private float[] host() {
        if (hostLogits == null) {
            hostLogits = new float[config.vocabSize()];
        }
        return hostLogits;
    }

    /** Scores tokens of prompts, each from the row before it. */
    private void score(int from, int to) {
        for (int row = from; row < to; row++) {
            Running request = bySequence[decoder.outputSequence(row)];
            if (request != null) {
                decoder.logits(row, host());
                int next = request.ids[decoder.outputPosition(row) + 1];
                request.promptScores.add(
                        TokenScores.of(host(), next, request.request.extras().topScores()));
            }
        }
    }

    private void take(Running request, int id, int row) {
        int position = decoder.outputPosition(row);
        int depth = decoder.depth(request.sequence, position);
        if (!request.promptRead) {
            remember(request, position + 1);
            readPrompt(request);
            // A listener may cancel its own request.
            if (request.ended) {
                return;
            }
        }
        if (!request.wantsMore()) {
            end(request, End.LENGTH);
            return;
        }
        Extras extras = request.request.extras();
        if (!extras.ignoreEnd() && request.isEnd(id)) {
            remember(request, position + 1);
            end(request, End.END_TOKEN);
            return;
        }
        if (extras.topScores() >= 0) {
            decoder.logits(row, host());
            request.listener.score(TokenScores.of(host(), id, extras.topScores()));
            if (request.ended) {
                return;
            }
        }
        if (request.edits != null) {
            request.edits.drew(id);
        }
        request.ids[request.known++] = id;
        newTokens++;
        boolean goesOn = request.listener.token(id, depth);
        if (request.ended) {
            return;
        }
        if (!goesOn) {
            remember(request, position + 1);
            end(request, End.STOPPED);
        } else if (!request.wantsMore()) {
            remember(request, position + 1);
            end(request, request.limitedByContext ? End.CONTEXT : End.LENGTH);
        }
    }

    private void readPrompt(Running request) {
        int[] depths = new int[request.request.prompt().length];
        for (int i = 0; i < depths.length; i++) {
            depths[i] = decoder.depth(request.sequence, i);
        }
        request.promptRead = true;
        promptTokens += depths.length;
        lookedUpTokens += reuses(request) ? depths.length : 0;
        cachedTokens += request.cached;
        request.listener.prompt(depths, request.cached);
        if (request.promptScores != null && !request.ended) {
            request.listener.promptScores(Collections.unmodifiableList(request.promptScores));
        }
    }

    private void remember(Running request, int tokens) {
        if (reusesPrefixes) {
            decoder.remember(request.sequence, request.ids, tokens);
        }
    }

    private void end(Running request, End reason) {
        if (request.sequence >= 0 && bySequence[request.sequence] == request) {
            running.remove(request);
            bySequence[request.sequence] = null;
            decoder.close(request.sequence);
        }
        request.ended = true;
        full = false;
        ended++;
        request.listener.ended(reason);
    }

    @Override
    public void close() {
        decoder.close();
    }
}
