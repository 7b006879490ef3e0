package org.tornadomor.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Copy;
import org.tornadomor.engine.DenseOp.Embed;
import org.tornadomor.engine.ElementType;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.Gather;
import org.tornadomor.engine.RowOp.MarkDepth;
import org.tornadomor.engine.Tensor;
import org.tornadomor.engine.Wiring;

/**
 * From tokens to the hidden states before the final norm: embedding, unique first layer, recursions 1 to N_r on their active
 * rows, unique last layer. The same code trains and scores whole sequences; {@link ForwardSpec} says which. New tokens against
 * caches are {@link Decoder}'s.
 *
 * <p>A recursion gathers its rows from the state [N, d], runs the shared block on them alone, and adds the gated result back.
 * A row that was not selected costs nothing. Without routing all layers run on all rows, one after the other.
 */
final class Forward implements AutoCloseable {
    final Engine engine;
    final ParameterSet weights;
    final ModelConfig config;
    final LayerMap map;
    final ForwardSpec spec;
    final Arena floats;
    final Arena indices;
    final Batch batch;
    final Scratch scratch;
    final LayerBank bank;
    final ForwardLayers layers;
    /** Null without routing. */
    final Routing routing;
    /** [N, d] the embedded tokens. */
    final Tensor embedded;
    /** [N, d] what recursion 1 starts from, and what recursions update; null without routing. */
    final Tensor first, state;
    /** [N, d] the result. */
    final Tensor hidden;

    /** Layers on all rows before and after the recursions; without routing, all layers stand in {@code before}. */
    final List<PlainLayer> before = new ArrayList<>();

    final List<PlainLayer> after = new ArrayList<>();
    final List<Recursion> recursions = new ArrayList<>();
    private final Binding embed;
    private final int[] count = new int[1];
    private final RowLayout rowLayout;
    private int sequencesNow;
    private int maxDepth;

    /**
     * @param rows memory for so many rows, at least {@code spec.maxRows()}
     * @param objective coefficients and where losses go
     * @param gradients where auxiliary routers leave theirs in training, else null
     * @param auxScratch for them, else null
     */
    Forward(
            Engine engine,
            ParameterSet weights,
            ForwardSpec spec,
            int rows,
            Objective objective,
            ParameterSet gradients,
            BackwardScratch auxScratch,
            Arena floats) {
        this.engine = engine;
        this.weights = weights;
        this.spec = spec;
        this.floats = floats;
        config = weights.config();
        map = new LayerMap(config);
        maxDepth = config.recursions();
        indices = engine.arena(name("indices"), ElementType.I32);
        bank = new LayerBank(engine, name("").strip(), weights.type());
        batch = Batch.allocate(config, spec, rows, floats, indices);
        rowLayout = new RowLayout(engine, batch, spec.sequences());
        scratch = Scratch.allocate(floats, config, rows);
        layers = new ForwardLayers(this);
        embedded = floats.allocate("embedded", rows, config.hiddenSize());
        embed = embedding();
        boolean routed = config.router() != RouterKind.NONE;
        first = layers.plain(before, 0, routed ? map.prefix() : map.numLayers(), embedded);
        if (routed) {
            state = floats.allocate("state", rows, config.hiddenSize());
            routing = config.router() == RouterKind.EXPERT_CHOICE
                    ? new ExpertRouting(this, objective, gradients, auxScratch)
                    : new TokenRouting(this);
            buildRecursions();
            hidden = layers.plain(after, map.numLayers() - map.suffix(), map.numLayers(), state);
        } else {
            state = null;
            routing = null;
            hidden = first;
        }
    }

    /** Uploads what does not change; called when everything around this pass is allocated too. */
    void fill() {
        batch.fill(engine, config);
        if (routing != null) {
            routing.fill();
        }
        setMaxDepth(config.recursions());
    }

    /** Names a program of this pass. */
    String name(String what) {
        return spec.purpose().name().toLowerCase(Locale.ROOT) + " " + what;
    }

    private Binding embedding() {
        Wiring w = new Wiring(name("embedding"));
        Extent all = batch.all().extent();
        w.add(new Embed(w.of(embedded, all), w.of(weights.embedding()), w.of(batch.ids(), all)));
        return w.on(engine);
    }

    private void buildRecursions() {
        int[] capacities = config.router() == RouterKind.EXPERT_CHOICE ? config.capacities(spec.context()) : null;
        ActiveRows candidates = batch.all();
        for (int r = 1; r <= config.recursions(); r++) {
            int max =
                    spec.anyCapacity() || capacities == null ? batch.all().max() : spec.sequences() * capacities[r - 1];
            ActiveRows rows = r == 1
                    ? batch.all()
                    : ActiveRows.allocate(indices, "depth " + r, max, spec.sequences(), batch.segments());
            Recursion recursion = new Recursion(r, candidates, rows);
            allocate(recursion);
            layers.block(recursion);
            routing.build(recursion);
            recursion.enter = enter(recursion);
            recursions.add(recursion);
            candidates = rows;
        }
    }

    private void allocate(Recursion r) {
        int max = r.rows.max();
        boolean keepsFirst = spec.training() && r.depth == 1;
        r.x = keepsFirst ? first : layers.blockInput(r);
        if (r.depth == 1) {
            r.visibleShared = batch.visible();
            return;
        }
        if (config.kv() != KvMode.RECURSION_WISE) {
            r.visibleShared = indices.allocate("depth " + r.depth + ".visible_shared", max);
        }
    }

    private Binding enter(Recursion r) {
        Wiring w = new Wiring(name("depth " + r.depth + ": enter"));
        Extent rows = r.rows.extent();
        if (r.depth > 1) {
            w.add(new Gather(w.of(r.x, rows), w.of(state), w.of(r.rows.index(), rows)));
        } else if (r.x != first) {
            w.add(new Copy(w.of(r.x, rows), w.of(first, rows)));
        }
        if (config.router() == RouterKind.EXPERT_CHOICE) {
            w.add(new MarkDepth(w.of(batch.depth()), w.of(r.rows.index(), rows), r.depth));
        }
        if (r.depth > 1 && r.visibleShared != null) {
            w.add(new Gather(w.of(r.visibleShared, rows), w.of(batch.visible()), w.of(r.rows.index(), rows)));
        }
        return w.on(engine);
    }

    /** Tokens run at most this many recursions from now on. */
    void setMaxDepth(int depth) {
        maxDepth = Math.clamp(depth, 1, config.recursions());
        if (routing instanceof TokenRouting token) {
            token.setDeepest(maxDepth);
        }
    }

    int maxDepth() {
        return maxDepth;
    }

    /**
     * The next runs work on so many sequences of the same length, each from its first token.
     *
     * @param inputs [sequences length] tokens
     * @param end the token that ends a document, within which attention stays, or {@link RowLayout#NO_END}
     */
    void layout(int sequences, int length, int[] inputs, int end) {
        rowLayout.set(sequences, length, inputs, end);
        sequencesNow = sequences;
    }

    /** Reads the last recursion of each of the first rows. */
    void depths(int[] target, int rows) {
        depths(target, batch.depth().rows(0, rows), rows);
    }

    /** As {@link #depths(int[], int)} with a view of those rows made before. */
    void depths(int[] target, Tensor view, int rows) {
        if (routing == null) {
            Arrays.fill(target, 0, rows, maxDepth);
        } else {
            engine.download(view, target, 0);
        }
    }

    /**
     * Runs on the rows of {@code batch}.
     *
     * @param causal decide by what each token knows itself; else by the top k of each sequence (expert-choice)
     */
    void run(boolean causal) {
        embed.run();
        runPlain(before);
        if (routing != null) {
            routing.begin();
            // By index, here and below: an iterator is an object, and the compiler does not always see that it can do
            // without.
            for (int i = 0; i < recursions.size(); i++) {
                runRecursion(recursions.get(i), causal);
            }
        }
        runPlain(after);
    }

    private void runPlain(List<PlainLayer> plainLayers) {
        for (int i = 0; i < plainLayers.size(); i++) {
            PlainLayer layer = plainLayers.get(i);
            if (layer.depth() <= maxDepth) {
                layer.forward().run();
            }
        }
    }

    private void runRecursion(Recursion r, boolean causal) {
        int active = 0;
        if (r.depth <= maxDepth && r.candidates.extent().count() > 0) {
            active = routing.decide(r, causal, sequencesNow);
            if (active < 0) {
                engine.download(r.rowsNow(), count, 0);
                active = count[0];
            }
        }
        if (r.depth > 1) {
            r.rows.extent().set(active);
        }
        if (active > 0) {
            r.enter.run();
            for (int i = 0; i < r.layers.size(); i++) {
                r.layers.get(i).run();
            }
            r.leave.run();
        }
    }

    @Override
    public void close() {
        indices.close();
    }
}
