package org.tornadomor.model;

import org.tornadomor.UserError;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Counters;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.SampleOp;
import org.tornadomor.model.OpenSequences.Line;
import org.tornadomor.model.RowsUnderWay.Stage;
import org.tornadomor.model.RowsUnderWay.Wanted;

/**
 * Decodes sequences that come and go, in ticks. Depth is a property of a row: a tick runs the shared block once on rows of any
 * sequence and any recursion, so that a token that stops early makes room for another in the next tick. A token is fed, enters
 * through the layers before the recursions, runs the block as often as its router wants, and leaves through the layers
 * behind it; its logits are there at the end of the tick in which it leaves.
 *
 * <p>Every token decides for itself, so neither the split into ticks nor the company of other sequences changes what comes out.
 * The order that is needed is kept here: the rows of a sequence run each depth in the order of their positions or together, and
 * a row whose logits are wanted waits until all earlier rows have left, whose keys in the last layer it may see. So the logits
 * of a sequence come in order.
 *
 * <p>For one thread at a time.
 */
public final class Decoder implements AutoCloseable {
    /**
     * With the number of a recursion appended: the name under which the engine counts rows that run the recursion and rows that
     * are spared it.
     */
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

    private final OpenSequences sequences;
    /** Deepest recursion of models without a block, in which all sequences go through the same layers. */
    private int plainDepth;

    private final RowsUnderWay rows;

    private final LeavingRows leaving;
    private long ticks;
    /** By recursion: rows that ran it, and those that were spared it. */
    private final Counters.Counter[] rowsByDepth;

    private final LogitSampler sampler;

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

        sequences = new OpenSequences(size.sequences(), size.context());
        rows = new RowsUnderWay(slots, size.sequences(), config.recursions());
        rowsByDepth = new Counters.Counter[config.recursions() + 1];
        for (int r = 1; r < rowsByDepth.length; r++) {
            rowsByDepth[r] = engine.counters().counter(ROWS_AT_DEPTH + r, "rows");
        }

        leaving = new LeavingRows(rows, sequences, programs, keys);
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
        int s = sequences.open();
        if (s >= 0) {
            setRouting(s, threshold, maxDepth);
            sequences.line(s).exit = ExitRule.NONE;
        }
        return s;
    }

    /**
     * Lets tokens of a sequence that was just opened leave before their last recursion. The keys and values of the recursion at
     * which a token leaves stand for those of the deeper ones.
     *
     * @param from the first position whose token may: those before are a prompt, which runs at full depth
     * @throws UserError if the model's tokens cannot leave by that rule
     */
    public void setExit(int sequence, ExitRule rule, int from) {
        rule.requireFits("exit " + rule.by().spelling(), config);
        sequences.line(sequence).exit = rule;
        sequences.line(sequence).exitsFrom = from;
    }

    /**
     * Whether a sequence with this maximum depth can run beside those that are open. Where the recursions do not all run one
     * block, all open sequences go through the same layers.
     */
    public boolean accepts(int maxDepth) {
        return layout.looped() || sequences.count() == 0 || Math.clamp(maxDepth, 1, config.recursions()) == plainDepth;
    }

    /** Changes how tokens that are fed from now on are routed; see {@link #open}. */
    public void setRouting(int sequence, double threshold, int maxDepth) {
        int deepest = Math.clamp(maxDepth, 1, config.recursions());
        if (!layout.looped() && deepest != plainDepth) {
            if (sequences.count() > 1) {
                throw new UserError(
                        "with mor.sharing sequence all sequences that run together have the same maximum depth,"
                                + " here " + plainDepth + ", not " + deepest);
            }
            plainDepth = deepest;
        }
        sequences.line(sequence).deepest = deepest;
        sequences.line(sequence).threshold = Thresholds.logit(threshold);
    }

    /** Ends a sequence, wherever its tokens are, and gives its memory back. */
    public void close(int sequence) {
        sequences.close(sequence);
        rows.removeAll(sequence);
        keys.release(sequence);
    }

    /**
     * Gives a sequence that was just opened the keys of its first tokens, as far as they are known from others with the same
     * routing: these tokens need not be fed. The last one is never among them, since its logits are wanted.
     *
     * @param ids the tokens to come, {@code count} of them
     * @return how many need not be fed
     */
    public int adopt(int sequence, int[] ids, int count) {
        Line line = sequences.line(sequence);
        // The last of the tokens that are given is never adopted.
        int some = Math.min(count, line.common(count) + 1);
        line.length = keys.prefixes().adopt(sequence, ids, some, line.threshold, line.deepest, line.depths);
        return line.length;
    }

    /**
     * Keeps the keys of the first tokens of a sequence for others, as long as their pages are not needed.
     *
     * @param ids the sequence's tokens
     * @param count how many of them; all must have left
     */
    public void remember(int sequence, int[] ids, int count) {
        Line line = sequences.line(sequence);
        keys.prefixes().remember(sequence, ids, line.common(count), line.threshold, line.deepest, line.depths);
    }

    /** Forgets all prefixes. */
    public void forgetPrefixes() {
        while (keys.prefixes().forgetOne()) {
            continue;
        }
    }

    /** Tokens of a sequence so far, those under way too. */
    public int length(int sequence) {
        return sequences.line(sequence).length;
    }

    /** Recursions of a token that has left. */
    public int depth(int sequence, int tokenPosition) {
        return sequences.line(sequence).depths[tokenPosition];
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
        return keys.makeRoom(sequence, more, sequences.line(sequence).deepest);
    }

    /**
     * Whether there are pages for so many tokens of a sequence that begins, besides what the others are about to need: those that stay open
     * grow with every tick.
     *
     * @param promised tokens of the others that are known and were not fed yet
     */
    public boolean hasRoomBeside(int sequence, int more, int promised) {
        return keys.makeRoomBeside(sequence, more, sequences.line(sequence).deepest, promised, sequences.count() - 1);
    }

    /**
     * Adds tokens to a sequence; they enter with the next tick.
     *
     * @param ids the tokens, from {@code from} on
     * @param logits how many of the last of them have logits that are wanted, to draw from
     * @return false, changing nothing, if there are not enough free rows or pages
     * @throws UserError if the sequence would be longer than the context, or a token is not in the vocabulary
     */
    public boolean feed(int sequence, int[] ids, int from, int count, int logits) {
        return feed(sequence, ids, from, count, logits, 0);
    }

    /**
     * As {@link #feed(int, int[], int, int, int)}, with further tokens whose logits are to be scored.
     *
     * @param scored how many tokens before those have logits that are wanted too, to be scored; their rows leave when there is
     *     room beside the rows to draw from
     */
    public boolean feed(int sequence, int[] ids, int from, int count, int logits, int scored) {
        Line line = sequences.line(sequence);
        if (line.length + count > size.context()) {
            throw new UserError("sequence of " + (line.length + count) + " tokens is longer than the context of "
                    + size.context() + "; use a shorter prompt or generate fewer tokens");
        }
        config.requireTokens(ids, from, count);
        if (count > rows.freeSlots() || !hasRoom(sequence, count)) {
            return false;
        }
        keys.grow(sequence, 0, count);
        for (int plane = 1; plane <= keys.enteredPlanes(line.deepest); plane++) {
            keys.grow(sequence, plane, count);
        }
        for (int i = 0; i < count; i++) {
            rows.add(sequence, ids[from + i], line.length++, Wanted.of(count - i, logits, scored));
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
        for (int i = 0; i < sequences.count(); i++) {
            int s = sequences.number(i);
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
        leaving.clear();
        ticks++;
        keys.upload();
        if (rows.at(Stage.FED) > 0) {
            enter();
        }
        if (rows.at(Stage.IN_BLOCK) > 0) {
            runBlock(policy);
        }
        if (rows.at(Stage.OUT) > 0 && policy.leaves(rows.at(Stage.IN_BLOCK))) {
            leaving.run(plainDepth);
        }
        return leaving.count();
    }

    /** Whether in every plane a row's key stands at the row's position: so with hybrid or shared keys, and without a router. */
    private boolean keysByPosition() {
        return layout.fullPlanes() || layout.planes() < config.recursions();
    }

    private void enter() {
        DecodeRows entering = programs.entering;
        entering.clear();
        for (int i = 0; i < sequences.count(); i++) {
            int s = sequences.number(i);
            for (int slot = rows.first(s); slot != NONE; slot = rows.next[slot]) {
                if (rows.is(slot, Stage.FED)) {
                    leaving.addOuter(entering, s, slot);
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
                if (layout.lastExited()) {
                    keys.standIn(s, running.depth[i], running.deepest[i], rows.position[slot]);
                }
                finish(slot, s, running.depth[i]);
            }
        }
        keys.runCopies();
    }

    /** Adds the rows that run recursion r to those that run. */
    private void collect(RunningRows running, int r) {
        int plane = layout.plane(r);
        for (int i = 0; i < sequences.count(); i++) {
            int s = sequences.number(i);
            Line line = sequences.line(s);
            for (int slot = rows.first(s); slot != NONE; slot = rows.next[slot]) {
                if (rows.is(slot, Stage.IN_BLOCK) && rows.depth[slot] == r - 1) {
                    int key = rows.key[slot];
                    if (key == NONE) {
                        throw new IllegalStateException("no room was reserved for a row at depth " + r);
                    }
                    running.rows.add(
                            slot, keys.tableRow(s, plane), rows.position[slot], keys.place(s, plane, key), key + 1);
                    running.describe(s, r, line.deepest, line.threshold, line.exitAt(rows.position[slot]));
                    for (int c = 0; r == 1 && c < running.copyPlace.length; c++) {
                        running.copyTo(c, keys.place(s, c + 2, key));
                    }
                }
            }
        }
    }

    private void finish(int slot, int s, int lastDepth) {
        sequences.line(s).depths[rows.position[slot]] = lastDepth;
        for (int r = 1; r < rowsByDepth.length; r++) {
            rowsByDepth[r].add(r <= lastDepth ? 1 : 0, 1);
        }
        rows.finish(slot, lastDepth);
    }

    /** Rows that the last tick left logits of; those to draw from come first. */
    public int outputs() {
        return leaving.count();
    }

    /** How many of the outputs are to draw from; the others are to be scored. */
    public int drawnOutputs() {
        return leaving.drawn();
    }

    /** The sequence that a row of logits belongs to. */
    public int outputSequence(int row) {
        return leaving.sequence(row);
    }

    /** The position of the token whose successor a row of logits predicts. */
    public int outputPosition(int row) {
        return leaving.position(row);
    }

    /** The logits that the last tick left, [outputs, V]. */
    public void logits(float[] target) {
        engine.download(programs.logits.rows(0, leaving.count()), target, 0);
    }

    /** One row of them, [V]. */
    public void logits(int row, float[] target) {
        engine.download(programs.logits.rows(row, 1), target, 0);
    }

    /** Puts other logits in the place of a row, [V], before {@link #sample}. */
    public void setLogits(int row, float[] changed) {
        engine.upload(programs.logits.rows(row, 1), changed, 0);
    }

    /** Sets how a row of the next {@link #sample} is drawn: see {@link SampleOp} for the meanings. */
    public void setSampling(int row, float temperature, int topK, float topP, float minP, float penalty) {
        sampler.set(row, temperature, topK, topP, minP, penalty);
    }

    /** Sets the tokens that the repetition penalty of a row looks at: the last ones if there are more than the context. */
    public void setHistory(int row, int[] ids, int count) {
        sampler.setHistory(row, ids, count);
    }

    /**
     * Draws the next token of each row of logits that the last tick left to draw from.
     *
     * @param draws [drawnOutputs] numbers in [0, 1)
     * @param target [drawnOutputs] filled with the tokens
     */
    public void sample(float[] draws, int[] target) {
        if (leaving.drawn() > 0) {
            sampler.draw(leaving.drawn(), draws, target);
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

    /** Rows that run a recursion next. */
    public int rowsWaiting(int recursion) {
        return rows.waiting[recursion];
    }

    @Override
    public void close() {
        keys.close();
        indices.close();
        floats.close();
    }
}
