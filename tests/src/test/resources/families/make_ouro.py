"""Makes the case ouro beside this file: a tiny OuroForCausalLM with random weights, and what it computes, in NumPy with float64.

python make_ouro.py. Written from the descriptions in arXiv 2510.25741 and the configuration of the published checkpoints: layers
that run several times with norms before and behind attention and feed-forward, the final norm behind each time, and a gate. Whole
sequences are at full depth. With a threshold, tokens behind a prompt leave where the probability of having left reaches it; at a later
time others read what such a token left last.
"""
import json
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent / "ouro"
V, D, F, LAYERS, TIMES, HEADS, KV, SIZE, EPS, THETA = 48, 32, 24, 2, 4, 4, 2, 8, 1e-5, 10000.0
LENGTH, PROMPT, SEED = 40, 8, 12


def save(path, tensors):
    """The safetensors format: the length of a JSON header, the header, the bytes."""
    types = {np.dtype(np.float32): "F32", np.dtype(np.int32): "I32"}
    header, at = {}, 0
    for name, x in tensors.items():
        header[name] = {"dtype": types[x.dtype], "shape": list(x.shape), "data_offsets": [at, at + x.nbytes]}
        at += x.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(x.tobytes() for x in tensors.values()))


def weights(rng):
    w = {}

    def matrix(name, *shape):
        w[name] = (0.25 * rng.standard_normal(shape)).astype(np.float32)

    def norm(name):
        w[name] = (1 + 0.25 * rng.standard_normal(D)).astype(np.float32)

    matrix("model.embed_tokens.weight", V, D)
    for i in range(LAYERS):
        p = f"model.layers.{i}."
        for name in ("input_layernorm", "input_layernorm_2", "post_attention_layernorm", "post_attention_layernorm_2"):
            norm(p + name + ".weight")
        matrix(p + "self_attn.q_proj.weight", HEADS * SIZE, D)
        matrix(p + "self_attn.k_proj.weight", KV * SIZE, D)
        matrix(p + "self_attn.v_proj.weight", KV * SIZE, D)
        matrix(p + "self_attn.o_proj.weight", D, HEADS * SIZE)
        matrix(p + "mlp.gate_proj.weight", F, D)
        matrix(p + "mlp.up_proj.weight", F, D)
        matrix(p + "mlp.down_proj.weight", D, F)
    norm("model.norm.weight")
    matrix("model.early_exit_gate.weight", 1, D)
    w["model.early_exit_gate.bias"] = np.array([-0.8], np.float32)
    matrix("lm_head.weight", V, D)
    return w


def rms(x, w):
    return x / np.sqrt((x * x).mean() + EPS) * w


def turn(x, position):
    heads = x.reshape(-1, SIZE)
    angle = position * THETA ** (-np.arange(0, SIZE, 2) / SIZE)
    a, b = heads[:, : SIZE // 2], heads[:, SIZE // 2 :]
    return np.hstack([a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)])


def run(w, ids, threshold=None):
    """Logits [T, V], the times that each token ran, and how close the closest decision was."""
    keys = np.zeros((TIMES, LAYERS, len(ids), KV, SIZE))
    values = np.zeros_like(keys)
    logits, ran, margin = [], [], np.inf
    for p, token in enumerate(ids):
        h = w["model.embed_tokens.weight"][token]
        stayed = 1.0
        for t in range(TIMES):
            for i in range(LAYERS):
                n = f"model.layers.{i}."
                x = rms(h, w[n + "input_layernorm.weight"])
                q = turn(w[n + "self_attn.q_proj.weight"] @ x, p)
                keys[t, i, p] = turn(w[n + "self_attn.k_proj.weight"] @ x, p)
                values[t, i, p] = (w[n + "self_attn.v_proj.weight"] @ x).reshape(KV, SIZE)
                seen = []
                for head in range(HEADS):
                    group = head // (HEADS // KV)
                    score = keys[t, i, : p + 1, group] @ q[head] / np.sqrt(SIZE)
                    share = np.exp(score - score.max())
                    seen.append(share @ values[t, i, : p + 1, group] / share.sum())
                h = h + rms(w[n + "self_attn.o_proj.weight"] @ np.concatenate(seen), w[n + "input_layernorm_2.weight"])
                x = rms(h, w[n + "post_attention_layernorm.weight"])
                gate = w[n + "mlp.gate_proj.weight"] @ x
                inner = gate / (1 + np.exp(-gate)) * (w[n + "mlp.up_proj.weight"] @ x)
                h = h + rms(w[n + "mlp.down_proj.weight"] @ inner, w[n + "post_attention_layernorm_2.weight"])
            h = rms(h, w["model.norm.weight"])
            logit = w["model.early_exit_gate.weight"][0] @ h + w["model.early_exit_gate.bias"][0]
            stayed *= 1 - 1 / (1 + np.exp(-logit))
            if threshold is not None and p >= PROMPT and t < TIMES - 1:
                margin = min(margin, abs(1 - stayed - threshold))
                if 1 - stayed >= threshold:
                    break
        keys[t + 1 :, :, p] = keys[t, :, p]
        values[t + 1 :, :, p] = values[t, :, p]
        ran.append(t + 1)
        logits.append(w["lm_head.weight"] @ h)
    return np.array(logits), np.array(ran, np.int32), margin


rng = np.random.default_rng(SEED)
stored = weights(rng)
inputs = rng.integers(0, V, (2, LENGTH)).astype(np.int32)
exact = {name: x.astype(np.float64) for name, x in stored.items()}
expected = {"inputs": inputs, "prompt": np.array([PROMPT], np.int32)}
expected["logits"] = np.array([run(exact, row)[0] for row in inputs]).astype(np.float32)
for threshold in (0.3, 0.6):
    runs = [run(exact, row, threshold) for row in inputs]
    print(threshold, [r[1].tolist() for r in runs], "margin", min(r[2] for r in runs))
    assert min(r[2] for r in runs) > 5e-4, "a decision is too close: take another seed"
    expected[f"logits_{threshold}"] = np.array([r[0] for r in runs]).astype(np.float32)
    expected[f"depths_{threshold}"] = np.array([r[1] for r in runs])
HERE.mkdir(exist_ok=True)
save(HERE / "model.safetensors", stored)
save(HERE / "expected.safetensors", expected)
(HERE / "config.json").write_text(json.dumps({
    "architectures": ["OuroForCausalLM"],
    "attention_dropout": 0.0,
    "auto_map": {
        "AutoConfig": "configuration_ouro.OuroConfig",
        "AutoModel": "modeling_ouro.OuroModel",
        "AutoModelForCausalLM": "modeling_ouro.OuroForCausalLM",
    },
    "bos_token_id": 1,
    "early_exit_threshold": 1.0,
    "eos_token_id": 2,
    "head_dim": SIZE,
    "hidden_act": "silu",
    "hidden_size": D,
    "initializer_range": 0.02,
    "intermediate_size": F,
    "layer_types": ["full_attention"] * LAYERS,
    "max_position_embeddings": 64,
    "max_window_layers": 28,
    "model_type": "ouro",
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
    "num_key_value_heads": KV,
    "rms_norm_eps": EPS,
    "rope_scaling": None,
    "rope_theta": THETA,
    "sliding_window": None,
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
    "total_ut_steps": TIMES,
    "transformers_version": "4.55.0",
    "use_cache": True,
    "use_sliding_window": False,
    "vocab_size": V,
}, indent=2) + "\n")
