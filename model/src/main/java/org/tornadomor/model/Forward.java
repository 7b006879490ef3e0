package org.tornadomor.model;

import java.util.ArrayList;
import java.util.List;
import org.tornadomor.engine.Arena;
import org.tornadomor.engine.Binding;
import org.tornadomor.engine.DenseOp.Copy;
import org.tornadomor.engine.DenseOp.Embed;
import org.tornadomor.engine.Engine;
import org.tornadomor.engine.Extent;
import org.tornadomor.engine.RowOp.Gather;
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
    final ForwardContext context;
    final ForwardLayers layers;
    final Routing routing;
    /** [N, d] the result. */
    final Tensor hidden;

    /** Layers on all rows before and after the recursions; without routing, all layers stand in {@code before}. */
    final List<PlainLayer> before;

    final List<PlainLayer> after;
    /** Empty without routing. */
    final List<Recursion> recursions;

    private final Engine engine;
    private final Binding embed;
    private final int[] count = new int[1];
    private final RowLayout rowLayout;
    private int sequencesNow;
    private int maxDepth;
    /** The length of sequences for which the rotary table was made, where that matters. */
    private int turnedFor;

    /**
     * @param rows memory for so many rows, at least {@code spec.maxRows()}
     * @param objective where losses go, and in training gradients
     */
    Forward(Engine engine, ParameterSet weights, ForwardSpec spec, int rows, Objective objective, Arena floats) {
        this.engine = engine;
        context = ForwardContext.allocate(engine, weights, spec, rows, floats);
        ModelConfig config = context.config();
        LayerMap map = context.map();
        maxDepth = config.recursions();
        rowLayout = new RowLayout(engine, context.batch(), spec.sequences());
        layers = new ForwardLayers(context);
        // [N, d] the embedded tokens.
        Tensor embedded = floats.allocate("embedded", rows, config.hiddenSize());
        embed = embedding(context, embedded);
        boolean routes = config.router().routes();
        before = layers.plain(0, routes ? map.prefix() : map.numLayers(), embedded);
        // [N, d] what recursion 1 starts from, and what recursions update.
        Tensor first = ForwardLayers.output(before, embedded);
        Tensor state = routes ? floats.allocate("state", rows, config.hiddenSize()) : first;
        RoutingContext routed = new RoutingContext(context, objective, first, state);
        routing = config.router().routing(routed);
        recursions = routes ? recursions(routed, layers, routing) : List.of();
        after = routes ? layers.plain(map.numLayers() - map.suffix(), map.numLayers(), state) : List.of();
        hidden = ForwardLayers.output(after, state);
    }

    /** Uploads what does not change; called when everything around this pass is allocated too. */
    void fill() {
        context.batch().fill(engine, context.config());
        routing.fill();
        setMaxDepth(context.config().recursions());
    }

    private static Binding embedding(ForwardContext context, Tensor embedded) {
        Wiring w = new Wiring(context.name("embedding"));
        Batch batch = context.batch();
        Extent all = batch.all().extent();
        w.add(new Embed(w.of(embedded, all), w.of(context.weights().embedding()), w.of(batch.ids(), all)));
        return w.on(context.engine());
    }

    private static List<Recursion> recursions(RoutingContext routed, ForwardLayers layers, Routing routing) {
        ForwardContext context = routed.pass();
        Batch batch = context.batch();
        List<Recursion> recursions = new ArrayList<>();
        ActiveRows candidates = batch.all();
        for (int r = 1; r <= context.config().recursions(); r++) {
            ActiveRows rows = r == 1
                    ? batch.all()
                    : ActiveRows.allocate(
                            context.indices(),
                            "depth " + r,
                            routing.mostRows(r),
                            context.spec().sequences(),
                            batch.segments());
            Recursion recursion = new Recursion(r, candidates, rows);
            allocate(recursion, routed, layers);
            layers.block(recursion);
            routing.build(recursion);
            recursion.enter = enter(recursion, routed, routing);
            recursions.add(recursion);
            candidates = rows;
        }
        return recursions;
    }

    private static void allocate(Recursion r, RoutingContext routed, ForwardLayers layers) {
        ForwardContext context = routed.pass();
        boolean keepsFirst = context.spec().training() && r.depth == 1;
        r.x = keepsFirst ? routed.first() : layers.blockInput(r);
        if (r.depth == 1) {
            r.visibleShared = context.batch().visible();
            return;
        }
        if (context.config().kv() != KvMode.RECURSION_WISE) {
            r.visibleShared = context.indices().allocate("depth " + r.depth + ".visible_shared", r.rows.max());
        }
    }

    private static Binding enter(Recursion r, RoutingContext routed, Routing routing) {
        ForwardContext context = routed.pass();
        Wiring w = new Wiring(context.name("depth " + r.depth + ": enter"));
        Extent rows = r.rows.extent();
        if (r.depth > 1) {
            w.add(new Gather(w.of(r.x, rows), w.of(routed.state()), w.of(r.rows.index(), rows)));
        } else if (r.x != routed.first()) {
            w.add(new Copy(w.of(r.x, rows), w.of(routed.first(), rows)));
        }
        routing.wireEnter(w, r);
        if (r.depth > 1 && r.visibleShared != null) {
            Tensor visible = context.batch().visible();
            w.add(new Gather(w.of(r.visibleShared, rows), w.of(visible), w.of(r.rows.index(), rows)));
        }
        return w.on(context.engine());
    }

    /** Tokens run at most this many recursions from now on. */
    void setMaxDepth(int depth) {
        maxDepth = Math.clamp(depth, 1, context.config().recursions());
        routing.setMaxDepth(maxDepth);
    }

    /**
     * The next runs work on so many sequences of the same length, each from its first token.
     *
     * @param inputs [sequences length] tokens
     * @param end the token that ends a document, within which attention stays, or {@link RowLayout#NO_END}
     */
    void layout(int sequences, int length, int[] inputs, int end) {
        turnFor(length);
        rowLayout.set(sequences, length, inputs, end);
        sequencesNow = sequences;
    }

    /** Makes the rotary table anew where its scaling depends on how long sequences are. */
    private void turnFor(int length) {
        ModelConfig config = context.config();
        int turned = Math.max(length, config.maxPositions());
        if (config.architecture().scaling().dependsOnLength() && turned != turnedFor) {
            turnedFor = turned;
            Tensor table = context.batch().table();
            engine.upload(table, RotaryTable.of(config, table.rows(), turned), 0);
        }
    }

    /** Reads the last recursion of each of the first rows. */
    void depths(int[] target, int rows) {
        routing.depths(target, context.batch().depth().rows(0, rows), rows);
    }

    /**
     * Runs on the rows of the batch.
     *
     * @param causal decide by what each token knows itself; otherwise as in training, where a router may look ahead
     */
    void run(boolean causal) {
        embed.run();
        runPlain(before);
        routing.begin();
        // By index, here and below: an iterator would be an object, and the compiler does not always optimise it away.
        for (int i = 0; i < recursions.size(); i++) {
            runRecursion(recursions.get(i), causal);
        }
        runPlain(after);
    }

    private void runPlain(List<PlainLayer> plainLayers) {
        for (int i = 0; i < plainLayers.size(); i++) {
            PlainLayer layer = plainLayers.get(i);
            if (layer.depth() <= maxDepth) {
                if (layer.enter() != null) {
                    layer.enter().run();
                }
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
            routing.leave(r);
        }
    }

    @Override
    public void close() {
        context.indices().close();
    }
}
