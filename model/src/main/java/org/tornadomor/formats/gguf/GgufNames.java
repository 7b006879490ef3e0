package org.tornadomor.formats.gguf;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of tensors: llama.cpp's in GGUF files, and Hugging Face's, which this program uses. */
final class GgufNames {
    static final String EMBEDDING = "token_embd.weight";
    static final String HEAD = "output.weight";
    /** What each rotary frequency is divided by, for models whose scaling differs by frequency. */
    static final String ROTARY_FACTORS = "rope_freqs.weight";

    private static final Map<String, String> WHOLE = Map.of(
            EMBEDDING, "model.embed_tokens.weight", "output_norm.weight", "model.norm.weight", HEAD, "lm_head.weight");

    private static final Map<String, String> PARTS = new LinkedHashMap<>();

    static {
        PARTS.put("attn_norm", "input_layernorm");
        PARTS.put("attn_q", "self_attn.q_proj");
        PARTS.put("attn_k", "self_attn.k_proj");
        PARTS.put("attn_v", "self_attn.v_proj");
        PARTS.put("attn_output", "self_attn.o_proj");
        PARTS.put("attn_q_norm", "self_attn.q_norm");
        PARTS.put("attn_k_norm", "self_attn.k_norm");
        PARTS.put("ffn_norm", "post_attention_layernorm");
        PARTS.put("ffn_gate", "mlp.gate_proj");
        PARTS.put("ffn_up", "mlp.up_proj");
        PARTS.put("ffn_down", "mlp.down_proj");
    }

    private static final Pattern GGUF = Pattern.compile("blk\\.(\\d{1,6})\\.(\\w+)\\.(weight|bias)");
    private static final Pattern OURS = Pattern.compile("model\\.layers\\.(\\d{1,6})\\.([\\w.]+)\\.(weight|bias)");
    private static final Pattern TURNED = Pattern.compile("blk\\.\\d+\\.attn_([qk])\\.(weight|bias)");

    private GgufNames() {}

    /** Hugging Face's name of a tensor in a GGUF file; the same name if there is none. */
    static String ours(String gguf) {
        Matcher layer = GGUF.matcher(gguf);
        if (layer.matches() && PARTS.containsKey(layer.group(2))) {
            return "model.layers." + layer.group(1) + "." + PARTS.get(layer.group(2)) + "." + layer.group(3);
        }
        return WHOLE.getOrDefault(gguf, gguf);
    }

    /**
     * The name in a GGUF file of one of our tensors.
     *
     * @throws IllegalArgumentException if GGUF has none
     */
    static String gguf(String ours) {
        for (Map.Entry<String, String> whole : WHOLE.entrySet()) {
            if (whole.getValue().equals(ours)) {
                return whole.getKey();
            }
        }
        Matcher layer = OURS.matcher(ours);
        if (layer.matches()) {
            for (Map.Entry<String, String> part : PARTS.entrySet()) {
                if (part.getValue().equals(layer.group(2))) {
                    return "blk." + layer.group(1) + "." + part.getKey() + "." + layer.group(3);
                }
            }
        }
        throw new IllegalArgumentException("GGUF has no name for " + ours);
    }

    /** 'q' or 'k' if a tensor of a GGUF file is of queries or keys, else 0: their rows are in another order in some files. */
    static char turned(String gguf) {
        Matcher matcher = TURNED.matcher(gguf);
        return matcher.matches() ? matcher.group(1).charAt(0) : 0;
    }
}
