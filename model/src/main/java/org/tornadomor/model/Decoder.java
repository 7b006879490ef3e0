package org.tornadomor.model;

import java.util.Arrays;
import org.tornadomor.UserError;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.Counters;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.SampleOp;
import org.tornadomor.engine.SampleOp.Sample;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * Decodes sequences that come and go, in ticks. Depth is a property of a row: a tick runs the shared block once on rows of any
 * sequence and any recursion, so that a token that stops early makes room for another in the next tick. A token is fed, enters
 * through the layers before the recursions, runs the block as often as its router wants, and leaves through the layers
 * behind it; its logits are there at the end of the tick in which it leaves.
 *
 * <p>Every token decides for itself, so neither the split into ticks nor the company of other sequences changes what comes out.
 * What order there has to be is kept here: the rows of a sequence run each depth in the order of their positions or together,
 * and a row whose logits are wanted waits until all earlier rows have left, whose keys in the last layer it may see. So the
 * logits of a sequence come in order.
 *
 * <p>For one thread at a time.
 */
public final class Decoder implements AutoCloseable {
    /** With a recursion behind it, under this name the engine counts the rows that run it and those that are spared it. */
    public static final String ROWS_AT_DEPTH = "decode rows, depth ";

    private static final int NONE = -1;

    private final Engine engine;
    private final ModelConfig config;
    private final DecoderSize size;
    private final Arena floats;
    private final Arena indices;
    private final KeyPages keys;
    private final KeyLayout layout;
    private final DecodePrograms programs;

    private final Line[] lines;
    private final int[] openLines;
    private int openCount;
    /** Deepest recursion of models without a block, in which all sequences go through the same layers. */
    private int plainDepth;

    // Rows under way, by slot; those of a sequence are linked in the order of their positions.
    private final int[] freeSlots;
    private int freeSlotCount;
    private final int[] nextSlot, token, position, depth, key;
    private final Stage[] stage;
    private final boolean[] wanted;
    private final int[] waiting;
    private int entering, inBlock, out;
    private final int[] outputSequence, outputPosition;
    private int outputs;
    private long ticks;
    /** By recursion: rows that ran it, and those that were spared it. */
    private final Counters.Counter[] rowsByDepth;

    private final Extent sampled;
    private final Tensor settings, uniform, history, historyLength, next;
    private final Binding sample;
    private final float[] settingValues = new float[SampleOp.SETTINGS];
    private final int[] historyCount = new int[1];
    private final Tensor[] sampleViews, uniformViews, settingViews;

    /** How far a row is. */
    private enum Stage {
        FED,
        IN_BLOCK,
        OUT
    }

    /** A sequence. */
    private static final class Line {
        private final int[] depths;
        private boolean open;
        private int length;
        private int firstSlot = NONE, lastSlot = NONE;
        private int deepest;
        private float threshold;

        Line(int context) {
            depths = new int[context];
        }
    }

    /** @throws UserError if the engine has too little memory */
    public Decoder(Engine engine, ParameterSet weights, DecoderSize size) {
        this.engine = engine;
        this.config = weights.config();
        this.size = size;
        floats = engine.arena("decode activations", ElementType.F32);
        indices = engine.arena("decode indices", ElementType.I32);
        keys = new KeyPages(engine, config, size, indices);
        layout = keys.layout();
        int rows = size.rows();
        DecodeState state = new DecodeState(
                engine,
                weights,
                floats,
                indices,
                Scratch.allocate(floats, config, rows),
                rows,
                floats.allocate("hidden", rows, config.hiddenSize()));
        programs = new DecodePrograms(state, size, keys);
        plainDepth = config.recursions();

        lines = new Line[size.sequences()];
        Arrays.setAll(lines, s -> new Line(size.context()));
        openLines = new int[size.sequences()];
        freeSlots = new int[rows];
        Arrays.setAll(freeSlots, i -> rows - 1 - i);
        freeSlotCount = rows;
        nextSlot = new int[rows];
        token = new int[rows];
        position = new int[rows];
        depth = new int[rows];
        key = new int[rows];
        stage = new Stage[rows];
        wanted = new boolean[rows];
        waiting = new int[config.recursions() + 1];
        rowsByDepth = new Counters.Counter[config.recursions() + 1];
        for (int r = 1; r < rowsByDepth.length; r++) {
            rowsByDepth[r] = engine.counters().counter(ROWS_AT_DEPTH + r, "rows");
        }

        int most = programs.leaving.extent.max();
        outputSequence = new int[most];
        outputPosition = new int[most];
        sampled = Extent.of("sampled", most);
        settings = floats.allocate("sample.settings", most, SampleOp.SETTINGS);
        uniform = floats.allocate("sample.uniform", most);
        history = indices.allocate("sample.history", most, size.context());
        historyLength = indices.allocate("sample.history_length", most);
        next = indices.allocate("sample.next", most);
        sample = sampler();
        sampleViews = DecodeRows.prefixes(next);
        uniformViews = DecodeRows.prefixes(uniform);
        settingViews = new Tensor[most];
        Arrays.setAll(settingViews, row -> settings.rows(row, 1));
        programs.fill();
    }

    private Binding sampler() {
        Wiring w = new Wiring("decode sample");
        w.add(new Sample(
                w.of(next, sampled),
                w.of(programs.logits, sampled),
                w.of(settings, sampled),
                w.of(uniform, sampled),
                w.of(history, sampled),
                w.of(historyLength, sampled)));
        return w.on(engine);
    }

    /** What there is memory for. */
    public DecoderSize size() {
        return size;
    }

    /**
     * Begins a sequence.
     *
     * @param threshold a token goes on to another recursion if its router gives it a larger probability (expert-choice)
     * @param maxDepth the most recursions of a token
     * @return its number, or -1 if there is no place for another
     */
    public int open(double threshold, int maxDepth) {
        for (int s = 0; s < lines.length; s++) {
            if (!lines[s].open) {
                insert(s);
                lines[s].open = true;
                lines[s].length = 0;
                setRouting(s, threshold, maxDepth);
                return s;
            }
        }
        return -1;
    }

    /**
     * Whether a sequence with this maximum depth can run beside those that are open: where recursions are no runs of one
     * block, all go through the same layers.
     */
    public boolean accepts(int maxDepth) {
        return layout.looped() || openCount == 0 || Math.clamp(maxDepth, 1, config.recursions()) == plainDepth;
    }

    /** Keeps the open sequences in the order of their numbers. */
    private void insert(int sequence) {
        int at = openCount++;
        for (; at > 0 && openLines[at - 1] > sequence; at--) {
            openLines[at] = openLines[at - 1];
        }
        openLines[at] = sequence;
    }

    /** Changes how tokens that are fed from now on are routed; see {@link #open}. */
    public void setRouting(int sequence, double threshold, int maxDepth) {
        int deepest = Math.clamp(maxDepth, 1, config.recursions());
        if (!layout.looped() && deepest != plainDepth) {
            if (openCount > 1) {
                throw new UserError(
                        "with mor.sharing sequence all sequences that run together have the same maximum depth,"
                                + " here " + plainDepth + ", not " + deepest);
            }
            plainDepth = deepest;
        }
        lines[sequence].deepest = deepest;
        lines[sequence].threshold = Thresholds.logit(threshold);
    }

    /** Ends a sequence, wherever its tokens are, and gives its memory back. */
    public void close(int sequence) {
        Line line = lines[sequence];
        if (!line.open) {
            throw new IllegalStateException("sequence " + sequence + " is not open");
        }
        for (int slot = line.firstSlot; slot != NONE; slot = nextSlot[slot]) {
            leaveStage(slot);
            freeSlots[freeSlotCount++] = slot;
        }
        line.firstSlot = NONE;
        line.lastSlot = NONE;
        keys.release(sequence);
        line.open = false;
        int at = 0;
        while (openLines[at] != sequence) {
            at++;
        }
        System.arraycopy(openLines, at + 1, openLines, at, --openCount - at);
    }

    /**
     * Gives a sequence that was just opened the keys of its first tokens, as far as they are known from others with the same
     * routing: these tokens need not be fed. The last one is never among them, since its logits are wanted.
     *
     * @param ids the tokens to come, {@code count} of them
     * @return how many need not be fed
     */
    public int adopt(int sequence, int[] ids, int count) {
        Line line = lines[sequence];
        line.length = keys.prefixes().adopt(sequence, ids, count, line.threshold, line.deepest, line.depths);
        return line.length;
    }

    /**
     * Keeps the keys of the first tokens of a sequence for others, as long as their pages are not needed.
     *
     * @param ids the sequence's tokens
     * @param count how many of them; all must have left
     */
    public void remember(int sequence, int[] ids, int count) {
        Line line = lines[sequence];
        keys.prefixes().remember(sequence, ids, count, line.threshold, line.deepest, line.depths);
    }

    /** Prefixes that are kept, each of a page of tokens. */
    public int prefixes() {
        return keys.prefixes().entries();
    }

    /** Forgets all prefixes. */
    public void forgetPrefixes() {
        while (keys.prefixes().forgetOne()) {
            continue;
        }
    }

    /** Tokens of a sequence so far, those under way too. */
    public int length(int sequence) {
        return lines[sequence].length;
    }

    /** Recursions of a token that has left. */
    public int depth(int sequence, int tokenPosition) {
        return lines[sequence].depths[tokenPosition];
    }

    /** Rows that can be fed before the next tick. */
    public int freeRows() {
        return freeSlotCount;
    }

    /** Rows that were fed and have not left. */
    public int rowsUnderWay() {
        return size.rows() - freeSlotCount;
    }

    /** Whether there are pages for so many more tokens of a sequence to enter. */
    public boolean hasRoom(int sequence, int more) {
        return keys.makeRoom(sequence, more);
    }

    /**
     * Adds tokens to a sequence; they enter with the next tick.
     *
     * @param ids the tokens, from {@code from} on
     * @param logits how many of the last of them have logits that are wanted
     * @return false, changing nothing, if there are not enough free rows or pages
     * @throws UserError if the sequence would be longer than the context, or a token is not in the vocabulary
     */
    public boolean feed(int sequence, int[] ids, int from, int count, int logits) {
        Line line = lines[sequence];
        if (line.length + count > size.context()) {
            throw new UserError("sequence of " + (line.length + count) + " tokens is longer than the context of "
                    + size.context() + "; use a shorter prompt or generate fewer tokens");
        }
        for (int i = from; i < from + count; i++) {
            if (ids[i] < 0 || ids[i] >= config.vocabSize()) {
                throw new UserError("token " + ids[i] + " is not in the vocabulary of " + config.vocabSize()
                        + "; use the tokenizer that the model was trained with");
            }
        }
        if (count > freeSlotCount || !hasRoom(sequence, count)) {
            return false;
        }
        keys.grow(sequence, 0, count);
        for (int plane = 1; plane <= keys.enteredPlanes(); plane++) {
            keys.grow(sequence, plane, count);
        }
        for (int i = 0; i < count; i++) {
            int slot = freeSlots[--freeSlotCount];
            token[slot] = ids[from + i];
            position[slot] = line.length++;
            wanted[slot] = i >= count - logits;
            stage[slot] = Stage.FED;
            depth[slot] = 0;
            key[slot] = position[slot];
            nextSlot[slot] = NONE;
            if (line.firstSlot == NONE) {
                line.firstSlot = slot;
            } else {
                nextSlot[line.lastSlot] = slot;
            }
            line.lastSlot = slot;
            entering++;
        }
        return true;
    }

    /**
     * Makes room for the keys of all rows that go on to another depth in the next tick.
     *
     * @return false if there are not enough pages: close a sequence and call again; what was found is kept
     */
    public boolean reserve() {
        if (layout.fullPlanes() || layout.planes() < config.recursions()) {
            return true;
        }
        for (int i = 0; i < openCount; i++) {
            int s = openLines[i];
            for (int slot = lines[s].firstSlot; slot != NONE; slot = nextSlot[slot]) {
                if (stage[slot] == Stage.IN_BLOCK && key[slot] == NONE) {
                    int plane = depth[slot] + 1;
                    if (!keys.grow(s, plane, 1)) {
                        return false;
                    }
                    key[slot] = keys.rows(s, plane) - 1;
                }
            }
        }
        return true;
    }

    /**
     * Runs a tick. {@link #reserve} must have found room.
     *
     * @return how many rows have logits now
     */
    public int tick(DepthPolicy policy) {
        outputs = 0;
        ticks++;
        keys.upload();
        if (entering > 0) {
            enter();
        }
        if (inBlock > 0) {
            runBlock(policy);
        }
        if (out > 0 && policy.leaves(inBlock)) {
            leave();
        }
        return outputs;
    }

    private void enter() {
        DecodeRows rows = programs.entering;
        rows.clear();
        for (int i = 0; i < openCount; i++) {
            int s = openLines[i];
            for (int slot = lines[s].firstSlot; slot != NONE; slot = nextSlot[slot]) {
                if (stage[slot] == Stage.FED) {
                    int p = position[slot];
                    rows.add(slot, keys.tableRow(s, 0), p, keys.place(s, 0, p), p + 1);
                    rows.id(token[slot]);
                    leaveStage(slot);
                    if (layout.looped()) {
                        stage[slot] = Stage.IN_BLOCK;
                        waiting[1]++;
                        inBlock++;
                    } else {
                        finish(slot, s, plainDepth);
                    }
                }
            }
        }
        programs.runEntering(plainDepth);
    }

    private void runBlock(DepthPolicy policy) {
        int only = policy.depth(waiting);
        RunningRows running = programs.running;
        running.clear();
        for (int r = 1; r <= config.recursions(); r++) {
            if ((only == 0 || only == r) && waiting[r] > 0) {
                collect(running, r);
            }
        }
        programs.runBlock();
        for (int i = 0; i < running.count(); i++) {
            int slot = running.rows.slot[i];
            int s = running.sequence[i];
            leaveStage(slot);
            depth[slot] = running.depth[i];
            if (running.goesOn[i]) {
                stage[slot] = Stage.IN_BLOCK;
                waiting[depth[slot] + 1]++;
                inBlock++;
                key[slot] = layout.fullPlanes() || layout.planes() < config.recursions() ? position[slot] : NONE;
            } else {
                finish(slot, s, depth[slot]);
            }
        }
    }

    /** Adds the rows that run recursion r to those that run. */
    private void collect(RunningRows running, int r) {
        int plane = layout.plane(r);
        for (int i = 0; i < openCount; i++) {
            int s = openLines[i];
            Line line = lines[s];
            for (int slot = line.firstSlot; slot != NONE; slot = nextSlot[slot]) {
                if (stage[slot] == Stage.IN_BLOCK && depth[slot] == r - 1) {
                    if (key[slot] == NONE) {
                        throw new IllegalStateException("no room was reserved for a row at depth " + r);
                    }
                    running.rows.add(
                            slot,
                            keys.tableRow(s, plane),
                            position[slot],
                            keys.place(s, plane, key[slot]),
                            key[slot] + 1);
                    running.describe(s, r, line.deepest, line.threshold);
                    for (int c = 0; r == 1 && c < running.copyPlace.length; c++) {
                        running.copyTo(c, keys.place(s, c + 2, key[slot]));
                    }
                }
            }
        }
    }

    private void finish(int slot, int s, int lastDepth) {
        lines[s].depths[position[slot]] = lastDepth;
        for (int r = 1; r < rowsByDepth.length; r++) {
            rowsByDepth[r].add(r <= lastDepth ? 1 : 0, 1);
        }
        stage[slot] = Stage.OUT;
        out++;
    }

    private void leaveStage(int slot) {
        switch (stage[slot]) {
            case FED -> entering--;
            case IN_BLOCK -> {
                waiting[depth[slot] + 1]--;
                inBlock--;
            }
            case OUT -> out--;
        }
    }

    /** Lets rows out: those that nobody wants at once, the others when all rows before them have left. */
    private void leave() {
        DecodeRows keyed = programs.keyed;
        DecodeRows leaving = programs.leaving;
        keyed.clear();
        leaving.clear();
        boolean keeps = programs.keeps(plainDepth);
        for (int i = 0; i < openCount; i++) {
            int s = openLines[i];
            Line line = lines[s];
            boolean blocked = false;
            int before = NONE;
            for (int slot = line.firstSlot; slot != NONE; slot = nextSlot[slot]) {
                boolean leaves =
                        stage[slot] == Stage.OUT && (!wanted[slot] || !blocked && leaving.count < leaving.extent.max());
                if (!leaves) {
                    blocked = true;
                    before = slot;
                    continue;
                }
                int p = position[slot];
                if (wanted[slot]) {
                    outputSequence[leaving.count] = s;
                    outputPosition[leaving.count] = p;
                    leaving.add(slot, keys.tableRow(s, 0), p, keys.place(s, 0, p), p + 1);
                } else if (keeps) {
                    keyed.add(slot, keys.tableRow(s, 0), p, keys.place(s, 0, p), p + 1);
                }
                out--;
                unlink(line, before, slot);
            }
        }
        programs.runKeyed();
        programs.runLeaving(plainDepth);
        outputs = leaving.count;
    }

    /** Takes a row out of its sequence; where it leads to stays readable until the slot is used again. */
    private void unlink(Line line, int before, int slot) {
        if (before == NONE) {
            line.firstSlot = nextSlot[slot];
        } else {
            nextSlot[before] = nextSlot[slot];
        }
        if (line.lastSlot == slot) {
            line.lastSlot = before;
        }
        freeSlots[freeSlotCount++] = slot;
    }

    /** Rows that the last tick left logits of. */
    public int outputs() {
        return outputs;
    }

    /** The sequence that a row of logits belongs to. */
    public int outputSequence(int row) {
        return outputSequence[row];
    }

    /** The position of the token whose successor a row of logits predicts. */
    public int outputPosition(int row) {
        return outputPosition[row];
    }

    /** The logits that the last tick left, [outputs, V]. */
    public void logits(float[] target) {
        engine.download(programs.logits.rows(0, outputs), target, 0);
    }

    /** One row of them, [V]. */
    public void logits(int row, float[] target) {
        engine.download(programs.logits.rows(row, 1), target, 0);
    }

    /** Sets how a row of the next {@link #sample} is drawn: see {@link SampleOp} for the meanings. */
    public void setSampling(int row, float temperature, int topK, float topP, float penalty) {
        settingValues[SampleOp.TEMPERATURE] = temperature;
        settingValues[SampleOp.TOP_K] = topK;
        settingValues[SampleOp.TOP_P] = topP;
        settingValues[SampleOp.PENALTY] = penalty;
        engine.upload(settingViews[row], settingValues, 0);
    }

    /** Sets the tokens that the repetition penalty of a row looks at: the last ones if there are more than the context. */
    public void setHistory(int row, int[] ids, int count) {
        int kept = Math.min(count, size.context());
        engine.upload(history.rows(row, 1).columns(0, Math.max(1, kept)), ids, count - kept);
        historyCount[0] = kept;
        engine.upload(historyLength.rows(row, 1), historyCount, 0);
    }

    /**
     * Draws the next token of each row of logits that the last tick left.
     *
     * @param draws [outputs] numbers in [0, 1)
     * @param target [outputs] filled with the tokens
     */
    public void sample(float[] draws, int[] target) {
        if (outputs == 0) {
            return;
        }
        sampled.set(outputs);
        engine.upload(uniformViews[outputs], draws, 0);
        sample.run();
        engine.download(sampleViews[outputs], target, 0);
    }

    /** Bytes of keys and values that are reserved. */
    public long cacheBytes() {
        return keys.bytes();
    }

    /** Pages in use, of the layers outside of the shared block. */
    public int usedOuterPages() {
        return keys.usedPages(0);
    }

    /** Pages in use, of the shared block at all depths. */
    public int usedBlockPages() {
        return keys.usedPages(1);
    }

    /** Ticks so far. */
    public long ticks() {
        return ticks;
    }

    /** Rows that ran a recursion so far, of those that have been through all of theirs. */
    public long rowsAtDepth(int recursion) {
        return rowsByDepth[recursion].rows();
    }

    @Override
    public void close() {
        keys.close();
        indices.close();
        floats.close();
    }
}
