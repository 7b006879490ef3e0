package org.tornadomor.model;

/** A linear map of a layer that low-rank factors can be added to. */
public enum LoraTarget implements Spelled {
    Q("self_attn.q_proj", LoraSite.ATTENTION),
    K("self_attn.k_proj", LoraSite.ATTENTION),
    V("self_attn.v_proj", LoraSite.ATTENTION),
    O("self_attn.o_proj", LoraSite.OUTPUT),
    GATE("mlp.gate_proj", LoraSite.FEED_FORWARD),
    UP("mlp.up_proj", LoraSite.FEED_FORWARD),
    DOWN("mlp.down_proj", LoraSite.DOWN);

    private final String module;
    private final LoraSite site;

    LoraTarget(String module, LoraSite site) {
        this.module = module;
        this.site = site;
    }

    /** The map's name within a layer, as in {@code model.layers.0.self_attn.q_proj.weight}. */
    public String module() {
        return module;
    }

    /** What it reads. */
    public LoraSite site() {
        return site;
    }

    /** Elements of a row of its result. */
    public int outputs(ModelConfig config) {
        return outputs(Widths.of(config));
    }

    /** Elements of a row of what it reads. */
    public int inputs(ModelConfig config) {
        return site.inputs(Widths.of(config));
    }

    /** The largest rank that its matrix can have. */
    public int fullRank(ModelConfig config) {
        return Math.min(inputs(config), outputs(config));
    }

    int outputs(Widths widths) {
        return switch (this) {
            case Q -> widths.query();
            case K, V -> widths.keys();
            case GATE, UP -> widths.feedForward();
            case O, DOWN -> widths.hidden();
        };
    }

    int fullRank(Widths widths) {
        return Math.min(site.inputs(widths), outputs(widths));
    }

    /**
     * The sizes of rows within a layer.
     *
     * @param hidden d
     * @param feedForward f
     * @param query all query heads
     * @param keys all key heads
     */
    record Widths(int hidden, int feedForward, int query, int keys) {
        static Widths of(ModelConfig config) {
            return new Widths(config.hiddenSize(), config.intermediateSize(), config.queryWidth(), config.kvWidth());
        }
    }
}
