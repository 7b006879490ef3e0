package org.tornadomor.model;

import java.util.Arrays;
import org.tornadomor.UserError;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Counters;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.SampleOp;
import org.tornadomor.model.RowsUnderWay.Stage;

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

    private static final int NONE = RowsUnderWay.NONE;

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

    private final RowsUnderWay rows;

    private final int[] outputSequence, outputPosition;
    private int outputs;
    private long ticks;
    /** By recursion: rows that ran it, and those that were spared it. */
    private final Counters.Counter[] rowsByDepth;

    private final LogitSampler sampler;

    /** A sequence. */
    private static final class Line {
        private final int[] depths;
        private boolean open;
        private int length;
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
        int slots = size.rows();
        DecodeState state = new DecodeState(
                engine,
                weights,
                floats,
                indices,
                Scratch.allocate(floats, config, slots),
                slots,
                floats.allocate("hidden", slots, config.hiddenSize()));
        programs = new DecodePrograms(state, size, keys);
        plainDepth = config.recursions();

        lines = new Line[size.sequences()];
        Arrays.setAll(lines, s -> new Line(size.context()));
        openLines = new int[size.sequences()];
        rows = new RowsUnderWay(slots, size.sequences(), config.recursions());
        rowsByDepth = new Counters.Counter[config.recursions() + 1];
        for (int r = 1; r < rowsByDepth.length; r++) {
            rowsByDepth[r] = engine.counters().counter(ROWS_AT_DEPTH + r, "rows");
        }

        int most = programs.leaving.extent.max();
        outputSequence = new int[most];
        outputPosition = new int[most];
        sampler = new LogitSampler(engine, programs.logits, size.context(), floats, indices);
        programs.fill();
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
        rows.removeAll(sequence);
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
        return rows.freeSlots();
    }

    /** Rows that were fed and have not left. */
    public int rowsUnderWay() {
        return rows.underWay();
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
        config.requireTokens(ids, from, count);
        if (count > rows.freeSlots() || !hasRoom(sequence, count)) {
            return false;
        }
        keys.grow(sequence, 0, count);
        for (int plane = 1; plane <= keys.enteredPlanes(); plane++) {
            keys.grow(sequence, plane, count);
        }
        for (int i = 0; i < count; i++) {
            rows.add(sequence, ids[from + i], line.length++, i >= count - logits);
        }
        return true;
    }

    /**
     * Makes room for the keys of all rows that go on to another depth in the next tick.
     *
     * @return false if there are not enough pages: close a sequence and call again; what was found is kept
     */
    public boolean reserve() {
        if (keysByPosition()) {
            return true;
        }
        for (int i = 0; i < openCount; i++) {
            int s = openLines[i];
            for (int slot = rows.first(s); slot != NONE; slot = rows.next[slot]) {
                if (rows.is(slot, Stage.IN_BLOCK) && rows.key[slot] == NONE) {
                    int plane = rows.depth[slot] + 1;
                    if (!keys.grow(s, plane, 1)) {
                        return false;
                    }
                    rows.key[slot] = keys.rows(s, plane) - 1;
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
        if (rows.at(Stage.FED) > 0) {
            enter();
        }
        if (rows.at(Stage.IN_BLOCK) > 0) {
            runBlock(policy);
        }
        if (rows.at(Stage.OUT) > 0 && policy.leaves(rows.at(Stage.IN_BLOCK))) {
            leave();
        }
        return outputs;
    }

    /** Whether the key of a row is its position in every plane: of hybrid and of shared keys. */
    private boolean keysByPosition() {
        return layout.fullPlanes() || layout.planes() < config.recursions();
    }

    private void enter() {
        DecodeRows entering = programs.entering;
        entering.clear();
        for (int i = 0; i < openCount; i++) {
            int s = openLines[i];
            for (int slot = rows.first(s); slot != NONE; slot = rows.next[slot]) {
                if (rows.is(slot, Stage.FED)) {
                    addOuter(entering, s, slot);
                    entering.id(rows.token[slot]);
                    if (layout.looped()) {
                        rows.goOn(slot, 0);
                    } else {
                        finish(slot, s, plainDepth);
                    }
                }
            }
        }
        programs.runEntering(plainDepth);
    }

    /** Adds a row to those that run layers outside of the block, where every token has a key at its position. */
    private void addOuter(DecodeRows to, int s, int slot) {
        int p = rows.position[slot];
        to.add(slot, keys.tableRow(s, 0), p, keys.place(s, 0, p), p + 1);
    }

    private void runBlock(DepthPolicy policy) {
        int only = policy.depth(rows.waiting);
        RunningRows running = programs.running;
        running.clear();
        for (int r = 1; r <= config.recursions(); r++) {
            if ((only == 0 || only == r) && rows.waiting[r] > 0) {
                collect(running, r);
            }
        }
        programs.runBlock();
        for (int i = 0; i < running.count(); i++) {
            int slot = running.rows.slot[i];
            int s = running.sequence[i];
            if (running.goesOn[i]) {
                rows.goOn(slot, running.depth[i]);
                rows.key[slot] = keysByPosition() ? rows.position[slot] : NONE;
            } else {
                finish(slot, s, running.depth[i]);
            }
        }
    }

    /** Adds the rows that run recursion r to those that run. */
    private void collect(RunningRows running, int r) {
        int plane = layout.plane(r);
        for (int i = 0; i < openCount; i++) {
            int s = openLines[i];
            Line line = lines[s];
            for (int slot = rows.first(s); slot != NONE; slot = rows.next[slot]) {
                if (rows.is(slot, Stage.IN_BLOCK) && rows.depth[slot] == r - 1) {
                    int key = rows.key[slot];
                    if (key == NONE) {
                        throw new IllegalStateException("no room was reserved for a row at depth " + r);
                    }
                    running.rows.add(
                            slot, keys.tableRow(s, plane), rows.position[slot], keys.place(s, plane, key), key + 1);
                    running.describe(s, r, line.deepest, line.threshold);
                    for (int c = 0; r == 1 && c < running.copyPlace.length; c++) {
                        running.copyTo(c, keys.place(s, c + 2, key));
                    }
                }
            }
        }
    }

    private void finish(int slot, int s, int lastDepth) {
        lines[s].depths[rows.position[slot]] = lastDepth;
        for (int r = 1; r < rowsByDepth.length; r++) {
            rowsByDepth[r].add(r <= lastDepth ? 1 : 0, 1);
        }
        rows.finish(slot, lastDepth);
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
            boolean blocked = false;
            int before = NONE;
            for (int slot = rows.first(s); slot != NONE; slot = rows.next[slot]) {
                boolean leaves = rows.is(slot, Stage.OUT)
                        && (!rows.wanted[slot] || !blocked && leaving.count < leaving.extent.max());
                if (!leaves) {
                    blocked = true;
                    before = slot;
                    continue;
                }
                if (rows.wanted[slot]) {
                    outputSequence[leaving.count] = s;
                    outputPosition[leaving.count] = rows.position[slot];
                    addOuter(leaving, s, slot);
                } else if (keeps) {
                    addOuter(keyed, s, slot);
                }
                rows.remove(s, before, slot);
            }
        }
        programs.runKeyed();
        programs.runLeaving(plainDepth);
        outputs = leaving.count;
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
        sampler.set(row, temperature, topK, topP, penalty);
    }

    /** Sets the tokens that the repetition penalty of a row looks at: the last ones if there are more than the context. */
    public void setHistory(int row, int[] ids, int count) {
        sampler.setHistory(row, ids, count);
    }

    /**
     * Draws the next token of each row of logits that the last tick left.
     *
     * @param draws [outputs] numbers in [0, 1)
     * @param target [outputs] filled with the tokens
     */
    public void sample(float[] draws, int[] target) {
        if (outputs > 0) {
            sampler.draw(outputs, draws, target);
        }
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
