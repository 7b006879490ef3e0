package org.tornadomor.model;

/**
 * The names of a model's tensors: Llama's, with {@code u} a weight set in the order of first use, and those of the
 * routers. All count from 0. Projections are stored [out, in].
 */
public final class ParameterNames {
    /** [vocab, d]; the head as well where embeddings are tied. */
    public static final String EMBEDDING = "model.embed_tokens.weight";

    /** [d]. */
    public static final String FINAL_NORM = "model.norm.weight";

    /** [vocab, d], where embeddings are not tied. */
    public static final String HEAD = "lm_head.weight";

    /** The prefix of the token-choice router. */
    public static final String TOKEN_ROUTER = "model.router";

    /**
     * [N_r], token-choice with loss-free balancing: added to the logits only for the arg-max, never trained by gradient.
     */
    public static final String ROUTER_BIAS = "model.router.bias";

    /** The prefix of the gate at which tokens leave: [1, d]. */
    public static final String EXIT_GATE = "model.early_exit_gate";

    /** [1], the gate's bias. */
    public static final String EXIT_GATE_BIAS = "model.early_exit_gate.bias";

    /** What the names of all low-rank factors begin with. */
    public static final String LORA = "model.lora.";

    private static final String WEIGHT = ".weight";
    private static final String BIAS = ".bias";

    static final String AUX_ROUTERS = "model.aux_routers.";

    private static final String UP = ".up.weight";

    private ParameterNames() {}

    /** The prefix of the expert-choice router of recursion {@code r} + 1. */
    public static String expertRouter(int r) {
        return "model.routers." + r;
    }

    /** The prefix of the auxiliary router of recursion {@code r} + 1. */
    public static String auxRouter(int r) {
        return AUX_ROUTERS + r;
    }

    /** The only matrix of a linear router with that prefix: [outputs, d]. */
    public static String routerWeight(String router) {
        return router + ".weight";
    }

    /** The first matrix of an MLP router with that prefix: [width, d]. */
    public static String routerUp(String router) {
        return router + ".up.weight";
    }

    /** The second matrix of an MLP router with that prefix: [outputs, width]. */
    public static String routerDown(String router) {
        return router + ".down.weight";
    }

    /** [d], before attention. */
    public static String inputNorm(int u) {
        return layer(u, "input_layernorm");
    }

    /** [heads x head size, d]. */
    public static String query(int u) {
        return layer(u, "self_attn.q_proj");
    }

    /** [key and value heads x head size, d]. */
    public static String key(int u) {
        return layer(u, "self_attn.k_proj");
    }

    /** [key and value heads x head size, d]. */
    public static String value(int u) {
        return layer(u, "self_attn.v_proj");
    }

    /** [d, heads x head size]. */
    public static String attentionOutput(int u) {
        return layer(u, "self_attn.o_proj");
    }

    /** [d], before the feed-forward. */
    public static String postAttentionNorm(int u) {
        return layer(u, "post_attention_layernorm");
    }

    /** [d], of sandwich norms: behind attention, before its result joins the residual path. */
    public static String attentionOutputNorm(int u) {
        return layer(u, "input_layernorm_2");
    }

    /** [d], of sandwich norms: behind the feed-forward, before its result joins the residual path. */
    public static String feedForwardOutputNorm(int u) {
        return layer(u, "post_attention_layernorm_2");
    }

    /** [ffn, d], the half of SwiGLU that goes through SiLU. */
    public static String gate(int u) {
        return layer(u, "mlp.gate_proj");
    }

    /** [ffn, d]. */
    public static String up(int u) {
        return layer(u, "mlp.up_proj");
    }

    /** [d, ffn]. */
    public static String down(int u) {
        return layer(u, "mlp.down_proj");
    }

    /** [rank, inputs]: A of the low-rank factors of a map of the unrolled layer {@code l}. */
    public static String loraDown(int l, LoraTarget target) {
        return LORA + l + "." + target.module() + ".down.weight";
    }

    /** [rank, outputs]: B of the same, transposed. */
    public static String loraUp(int l, LoraTarget target) {
        return LORA + l + "." + target.module() + UP;
    }

    /**
     * A vector that the unrolled layer {@code l} has for itself, beside its low-rank factors.
     *
     * @param ofFirst the name that the first weight set would give it
     */
    public static String own(int l, String ofFirst) {
        return LORA + l + "." + ofFirst.substring(layer(0).length());
    }

    /** Whether a tensor is the factor that begins at zero, so that factors change nothing before they are trained. */
    public static boolean isLoraUp(String name) {
        return name.startsWith(LORA) && name.endsWith(UP);
    }

    /** [head size], the norm of each head of queries. */
    public static String queryNorm(int u) {
        return layer(u, "self_attn.q_norm");
    }

    /** [head size], the norm of each head of keys. */
    public static String keyNorm(int u) {
        return layer(u, "self_attn.k_norm");
    }

    /** [out], the bias of the projection whose matrix has that name. */
    public static String bias(String matrix) {
        return matrix.substring(0, matrix.length() - WEIGHT.length()) + BIAS;
    }

    /** Whether a tensor of that name is the bias of a projection. */
    public static boolean isBias(String name) {
        return name.endsWith(BIAS) && !name.equals(ROUTER_BIAS);
    }

    /** What the names of the tensors of a layer begin with. */
    public static String layer(int u) {
        return "model.layers." + u + ".";
    }

    private static String layer(int u, String part) {
        return layer(u) + part + WEIGHT;
    }
}
