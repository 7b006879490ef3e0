#!/usr/bin/env python3
"""Makes tests/src/test/resources/official: tiny random checkpoints as the official code of Mixture-of-Recursions saves them (names of
tensors, settings, pytorch_model.bin or safetensors), with the logits and depths that a second implementation in NumPy computes, in
double precision, as that code evaluates: expert-choice takes the top k of a whole row, token-choice the depth with the largest score.

    python3 -m venv venv && venv/bin/pip install numpy torch safetensors
    venv/bin/python scripts/golden/official-fixtures.py tests/src/test/resources/official
"""
import json
import math
import os
import sys
from collections import OrderedDict

import numpy as np
import torch
from safetensors.torch import save_file

D, HEADS, KV, FFN, VOCAB, ROWS, LENGTH, THETA, EPS = 16, 2, 1, 24, 32, 2, 21, 10000.0, 1e-5
HEAD = D // HEADS
LAYER = {"self_attn.q_proj": (D, D), "self_attn.k_proj": (KV * HEAD, D), "self_attn.v_proj": (KV * HEAD, D),
         "self_attn.o_proj": (D, D), "mlp.gate_proj": (FFN, D), "mlp.up_proj": (FFN, D), "mlp.down_proj": (D, FFN),
         "input_layernorm": (D,), "post_attention_layernorm": (D,)}


def rms(x, weight):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + EPS) * weight


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def turn(x, positions):
    angles = positions[:, None] / THETA ** (np.arange(HEAD // 2) * 2 / HEAD)
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    a, b = x[..., :HEAD // 2], x[..., HEAD // 2:]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)


class Model:
    """One row of tokens at a time; a layer is a dictionary of its tensors."""

    def __init__(self, case, layers, routers, bias, rest):
        self.case, self.layers, self.routers, self.bias, self.rest = case, layers, routers, bias, rest

    def keys(self, layer, x, positions):
        y = rms(x, layer["input_layernorm"])
        k = (y @ layer["self_attn.k_proj"].T).reshape(-1, KV, HEAD)
        return turn(k, positions), (y @ layer["self_attn.v_proj"].T).reshape(-1, KV, HEAD)

    def layer(self, layer, x, positions, given=None, visible=None):
        """given: keys and values of other hidden states, at positions visible."""
        y = rms(x, layer["input_layernorm"])
        q = turn((y @ layer["self_attn.q_proj"].T).reshape(-1, HEADS, HEAD), positions)
        k, v = self.keys(layer, x, positions) if given is None else given
        at = positions if visible is None else visible
        scores = np.einsum("thd,shd->hts", q, np.repeat(k, HEADS // KV, 1)) / math.sqrt(HEAD)
        scores = np.where(at[None, None, :] <= positions[None, :, None], scores, -np.inf)
        p = np.exp(scores - scores.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        x = x + np.einsum("hts,shd->thd", p, np.repeat(v, HEADS // KV, 1)).reshape(-1, D) @ layer["self_attn.o_proj"].T
        y = rms(x, layer["post_attention_layernorm"])
        gate = y @ layer["mlp.gate_proj"].T
        return x + (gate * sigmoid(gate) * (y @ layer["mlp.up_proj"].T)) @ layer["mlp.down_proj"].T

    def route(self, router, x):
        return x @ router[0].T if len(router) == 1 else gelu(x @ router[0].T) @ router[1].T

    def shared(self, r, j, layer, x, positions, kept):
        """A layer of recursion r over the whole row, with the keys of the first recursion where those are shared."""
        if r == 0:
            kept[j] = self.keys(layer, x, positions)
            return self.layer(layer, x, positions)
        return self.layer(layer, x, positions, kept[j], positions)

    def row(self, ids):
        case = self.case
        x = self.rest["model.embed_tokens.weight"][ids]
        everywhere = np.arange(len(ids))
        middle = case["sharing"].startswith("middle")
        block = self.layers[1:-1] if middle else self.layers
        n = case["n"]
        b = len(block) // n
        depth = np.full(len(ids), n)
        if middle:
            x = self.layer(self.layers[0], x, everywhere)
        kept = {}
        if case["router"] == "none":
            for i, layer in enumerate(block):
                r, j = (i // b, i % b) if case["sharing"].endswith("cycle") else (i % n, i // n)
                x = self.shared(r, j, layer, x, everywhere, kept) if case.get("kv") else self.layer(layer, x, everywhere)
        elif case["router"] == "expert":
            x, depth = self.expert(x, block, n, b, kept)
        else:
            x, depth = self.token(x, block, n, b, kept)
        if middle:
            x = self.layer(self.layers[-1], x, everywhere)
        return rms(x, self.rest["model.norm.weight"]) @ self.rest["model.embed_tokens.weight"].T, depth

    def expert(self, x, block, n, b, kept):
        case, length = self.case, len(x)
        everywhere = np.arange(length)
        alive = everywhere
        depth = np.zeros(length, int)
        for r in range(n):
            z = self.route(self.routers[r], x[alive])[:, 0]
            score = case["alpha"] * (sigmoid(z) if case["func"] == "sigmoid" else np.tanh(z))
            k = max(1, int(case["capacity"][r] * length))
            chosen = np.sort(np.argsort(-score, kind="stable")[:k])
            gate = score[chosen]
            alive = alive[chosen]
            depth[alive] = r + 1
            layers = block[r * b:(r + 1) * b]
            if case.get("kv") == "shared":
                y = x
                for j, layer in enumerate(layers):
                    y = self.shared(r, j, layer, y, everywhere, kept)
                y = y[alive]
            else:
                y = x[alive]
                for layer in layers:
                    y = self.layer(layer, y, alive)
            x = x.copy()
            x[alive] += y * gate[:, None] if case.get("gating", "weighted") == "weighted" else y
        return x, depth

    def token(self, x, block, n, b, kept):
        case = self.case
        z = self.route(self.routers[0], x)
        if case["func"] == "softmax":
            e = np.exp(z - z.max(-1, keepdims=True))
            score = e / e.sum(-1, keepdims=True) * case["alpha"]
        else:
            score = sigmoid(z) * case["alpha"]
        last = (score + (0 if self.bias is None else self.bias)).argmax(-1)
        gate = score[np.arange(len(x)), last]
        final, state = x.copy(), x.copy()
        everywhere = np.arange(len(x))
        for r in range(n):
            alive = np.where(last >= r)[0]
            if len(alive) == 0:
                break
            layers = block[r * b:(r + 1) * b]
            if case.get("kv") == "shared":
                y = state
                for j, layer in enumerate(layers):
                    y = self.shared(r, j, layer, y, everywhere, kept)
                y = y[alive]
            else:
                y = state[alive]
                for layer in layers:
                    y = self.layer(layer, y, alive)
            done = last[alive] == r
            ended = y[done] * gate[alive[done], None] if case.get("gating", "weighted") == "weighted" else y[done]
            final[alive[done]] += ended
            state = state.copy()
            state[alive[~done]] = y[~done]
        return final, last + 1


CASES = {
    "recursive-cycle": dict(sharing="cycle", router="none", n=3, layers=6),
    "recursive-sequence": dict(sharing="sequence", router="none", n=2, layers=4, once=True),
    "recursive-middle-sequence": dict(sharing="middle_sequence", router="none", n=2, layers=6, file="bin"),
    "recursive-shared-keys": dict(sharing="middle_cycle", router="none", n=2, layers=6, kv="shared", file="bin"),
    "expert-linear": dict(sharing="middle_cycle", router="expert", arch="linear", func="sigmoid", alpha=0.1, n=3, layers=8,
                          file="bin", dtype="bfloat16"),
    "expert-mlp-tanh": dict(sharing="cycle", router="expert", arch="mlp", func="tanh", alpha=0.5, n=2, layers=4,
                            sampling="aux_router", given="1.0,0.4"),
    "expert-wide-additive": dict(sharing="middle_cycle", router="expert", arch="wide_mlp", func="sigmoid", alpha=0.1, n=2,
                                 layers=4, gating="additive", file="bin"),
    "expert-shared-keys": dict(sharing="middle_cycle", router="expert", arch="linear", func="sigmoid", alpha=0.1, n=3, layers=8,
                               kv="shared", place="hydra"),
    "token-softmax": dict(sharing="middle_cycle", router="token", arch="linear", func="softmax", alpha=1.0, n=3, layers=8,
                          file="bin"),
    "token-sigmoid-loss-free": dict(sharing="middle_cycle", router="token", arch="mlp", func="sigmoid", alpha=0.5, n=3, layers=5,
                                    balancing="loss_free", file="bin", place="named"),
    "token-additive-shared-keys": dict(sharing="middle_cycle", router="token", arch="linear", func="softmax", alpha=1.0, n=2,
                                       layers=6, gating="additive", kv="shared"),
}


def settings(case):
    routed = case["router"] != "none"
    given = case.get("given")
    return f"""name: tiny
precision: bf16
max_length: 64
model: smollm
model_name_or_path: HuggingFaceTB/SmolLM-360M
model_config: null
learning_rate: 3e-3
recursive:
  enable: true
  base_depth: null
  num_recursion: {case["n"]}
  sharing: {case["sharing"]}
  ln_share: true
  initialization: random
kv_sharing:
  enable: {"true" if case.get("kv") else "false"}
  base_depth: null
  num_recursion: null
  sharing: null
  update_cache: false
relaxation:
  enable: false
  method: lora
  lora:
    r: 16
mor:
  enable: {"true" if routed else "false"}
  type: {case["router"] if routed else "expert"}
  capacity: {f"'{given}'" if given else "null"}
  rand_router: false
  router_type: {case.get("arch", "linear")}
  z_loss: {"true" if case["router"] == "token" else "false"}
  z_coeff: 1e-5
  temp: 1.0
  expert:
    cap_warmup_step: 0
    router_func: {case["func"] if case["router"] == "expert" else "sigmoid"}
    alpha: {case["alpha"] if case["router"] == "expert" else 0.1}
    sampling: {case.get("sampling", "aux_loss")}
    include_first: true
    coeff: 0.001
    gating: {case.get("gating", "weighted")}
  token:
    bal_warmup_step: 0
    router_func: {case["func"] if case["router"] == "token" else "softmax"}
    alpha: {case["alpha"] if case["router"] == "token" else 1.0}
    balancing: {case.get("balancing", "loss")}
    coeff: 0.1
    u: 0.001
    gating: {case.get("gating", "weighted")}
"""


def build(name, case, random):
    """The checkpoint's tensors by official names, those that are shared the same object, and the model in NumPy."""
    dtype = getattr(torch, case.get("dtype", "float32"))

    def tensor(shape, scale=0.0, around=0.0):
        scale = scale or 1.3 / math.sqrt(shape[-1])
        return torch.tensor(random.normal(around, scale, shape), dtype=torch.float32).to(dtype)

    n, count, routed = case["n"], case["layers"], case["router"]
    middle = case["sharing"].startswith("middle")
    b = (count - 2 * middle) // n
    state, sets, layers = OrderedDict(), {}, []
    state["model.embed_tokens.weight"] = tensor((VOCAB, D), 1.0)
    routers = []
    for l in range(count):
        i = l - middle
        own = middle and l in (0, count - 1)
        r, j = (i // b, i % b) if case["sharing"].endswith("cycle") else (i % n, i // n)
        prefix = f"model.layers.{l}."
        if not own and routed == "expert":
            prefix = f"model.layers.{middle + r}.block.{j}."
        elif not own and routed == "token":
            prefix = f"model.layers.1.block_list.{r}.{j}."
        elif l == count - 1 and routed != "none":
            prefix = f"model.layers.{n + 1 if routed == 'expert' else 2}."
        key = l if own else ("shared", j)
        first = key not in sets
        if first:
            sets[key] = {part: tensor(shape) if len(shape) == 2 else tensor(shape, 0.1, 1.0) for part, shape in LAYER.items()}
        layers.append({part: value.double().numpy() for part, value in sets[key].items()})
        for part, value in sets[key].items():
            if first or not case.get("once"):
                state[f"{prefix}{part}.weight"] = value
        if routed == "expert" and not own and j == b - 1:
            for module in ["mor_router"] + (["mlp_router"] if case.get("sampling") == "aux_router" else []):
                router = make_router(case["arch"], 1, tensor)
                for suffix, value in zip([""] if len(router) == 1 else [".0", ".2"], router):
                    state[f"model.layers.{middle + r}.{module}.router{suffix}.weight"] = value
                if module == "mor_router":
                    routers.append([value.double().numpy() for value in router])
    bias = None
    if routed == "token":
        router = make_router(case["arch"], n, tensor)
        routers.append([value.double().numpy() for value in router])
        for suffix, value in zip([""] if len(router) == 1 else [".0", ".2"], router):
            state[f"model.layers.1.mor_router.router{suffix}.weight"] = value
        if case.get("balancing") == "loss_free":
            state["model.layers.1.router_bias"] = torch.tensor([0.05, -0.02, 0.08][:n])
            bias = state["model.layers.1.router_bias"].double().numpy()
    state["model.norm.weight"] = tensor((D,), 0.1, 1.0)
    rest = {key: state[key].double().numpy() for key in ["model.embed_tokens.weight", "model.norm.weight"]}
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    case["capacity"] = [float(c) for c in case["given"].split(",")] if case.get("given") else [(n - r) / n for r in range(n)]
    return state, Model(case, layers, routers, bias, rest)


def make_router(arch, out, tensor):
    # The official code makes wide_mlp as wide as mlp.
    return [tensor((out, D))] if arch == "linear" else [tensor((2 * D, D)), tensor((out, 2 * D))]


def config(case):
    routed = case["router"] != "none"
    return {"architectures": ["MoRLlamaForCausalLM" if routed else "LlamaForCausalLM"], "attention_bias": False,
            "attention_dropout": 0.0, "bos_token_id": 0, "eos_token_id": 0, "head_dim": HEAD, "hidden_act": "silu",
            "hidden_size": D, "initializer_range": 0.02, "intermediate_size": FFN,
            **({"kv_sharing": {"enable": True, "base_depth": (case["layers"] - 2) // case["n"], "num_recursion": case["n"],
                               "sharing": case["sharing"], "update_cache": False}} if case.get("kv") else {}),
            "max_position_embeddings": 64, "mlp_bias": False, "model_type": "llama", "num_attention_heads": HEADS,
            "num_hidden_layers": case["layers"], "num_key_value_heads": KV, "pretraining_tp": 1, "rms_norm_eps": EPS,
            "rope_scaling": None, "rope_theta": THETA, "tie_word_embeddings": True, "torch_dtype": "bfloat16",
            "transformers_version": "4.52.4", "use_cache": True, "vocab_size": VOCAB}


def write(out, name, case, seed):
    random = np.random.default_rng(seed)
    state, model = build(name, case, random)
    ids = random.integers(0, VOCAB, (ROWS, LENGTH))
    rows = [model.row(row) for row in ids]
    print(name, np.bincount(np.concatenate([depth for _, depth in rows])), sep="\t")
    folder = os.path.join(out, name)
    places = {"hydra": ".hydra/config.yaml", "named": f"{name}.yaml"}
    place = os.path.join(folder, places.get(case.get("place"), "config.yaml"))
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "w") as file:
        file.write(settings(case))
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config(case), file, indent=2)
    if case.get("file") == "bin":
        torch.save(state, os.path.join(folder, "pytorch_model.bin"))
    else:
        save_file({key: value.clone() for key, value in state.items()}, os.path.join(folder, "model.safetensors"),
                  metadata={"format": "pt"})
    save_file({"inputs": torch.tensor(ids, dtype=torch.int32),
               "logits": torch.tensor(np.stack([logits for logits, _ in rows]), dtype=torch.float32),
               "depth": torch.tensor(np.stack([depth for _, depth in rows]), dtype=torch.int32)},
              os.path.join(folder, "expected.safetensors"))


if __name__ == "__main__":
    for number, (label, described) in enumerate(CASES.items()):
        write(sys.argv[1], label, described, number + 1)
