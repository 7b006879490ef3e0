"""Makes the cases whose folders are named below beside this file: tiny models with random weights, and their logits.

pip install torch transformers safetensors; python make_cases.py. The cases here were made with transformers 5.18 and PyTorch 2.13.
"""
import json
import pathlib
import shutil

import torch
import transformers
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
SIZES = dict(vocab_size=48, hidden_size=32, intermediate_size=24, num_attention_heads=4, num_key_value_heads=2,
             rms_norm_eps=1e-5, attention_dropout=0.0, pad_token_id=None, bos_token_id=1, eos_token_id=2)
LENGTH = 40


def llama(**more):
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**SIZES, **more))


def qwen2(**more):
    return transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**SIZES, **more))


def qwen3(**more):
    return transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**SIZES, **more))


def smollm3(**more):
    return transformers.SmolLM3ForCausalLM(transformers.SmolLM3Config(**SIZES, **more))


def case(name, seed, make, dtype=torch.float32, edit=None, shards="1GB", **config):
    torch.manual_seed(seed)
    model = make(attn_implementation="eager", **config).eval()
    with torch.no_grad():
        for key, p in model.named_parameters():
            center = 1.0 if key.endswith("norm.weight") else 0.0
            p.copy_((center + 0.25 * torch.randn_like(p)).to(dtype).float())
    ids = torch.randint(0, SIZES["vocab_size"], (2, LENGTH))
    with torch.no_grad():
        logits = model(ids).logits
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(dtype).save_pretrained(folder, max_shard_size=shards)
    (folder / "generation_config.json").unlink(missing_ok=True)
    save_file({"inputs": ids.int(), "logits": logits.float().contiguous()}, folder / "expected.safetensors")
    if edit:
        path = folder / "config.json"
        values = json.loads(path.read_text())
        edit(values)
        path.write_text(json.dumps(values, indent=2) + "\n")


def old_spelling(values):
    """As files of older versions have it."""
    rope = values.pop("rope_parameters")
    values["rope_theta"] = rope.pop("rope_theta")
    rope["type"] = rope.pop("rope_type")
    values["rope_scaling"] = rope
    for key in ("layer_types", "dtype"):
        values.pop(key, None)


case("llama-dynamic", 1, llama, num_hidden_layers=2, max_position_embeddings=32, tie_word_embeddings=True,
     rope_parameters={"rope_type": "dynamic", "factor": 4.0, "rope_theta": 10000.0})
case("llama-yarn", 2, llama, num_hidden_layers=2, max_position_embeddings=64, head_dim=16,
     rope_parameters={"rope_type": "yarn", "factor": 4.0, "rope_theta": 10000.0, "original_max_position_embeddings": 16})
case("llama-own-heads-float16", 3, llama, dtype=torch.float16, num_hidden_layers=2, max_position_embeddings=64, head_dim=12,
     mlp_bias=True, tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 5000.0})
case("qwen2-late-windows", 4, qwen2, num_hidden_layers=3, max_position_embeddings=64, use_sliding_window=True,
     sliding_window=10, max_window_layers=1, tie_word_embeddings=True)
case("qwen2-yarn-old-spelling", 5, qwen2, edit=old_spelling, num_hidden_layers=2, max_position_embeddings=32,
     rope_parameters={"rope_type": "yarn", "factor": 2.0, "rope_theta": 100000.0, "original_max_position_embeddings": 32,
                      "beta_fast": 16.0, "mscale": 1.0, "mscale_all_dim": 0.5})
case("qwen3-bfloat16-shards", 6, qwen3, dtype=torch.bfloat16, shards="20KB", num_hidden_layers=2, head_dim=8,
     max_position_embeddings=64, attention_bias=True, use_sliding_window=True, sliding_window=7, max_window_layers=1)
case("smollm3", 7, smollm3, num_hidden_layers=4, max_position_embeddings=64)
case("smollm3-windows-biases", 8, smollm3, num_hidden_layers=3, max_position_embeddings=64, no_rope_layer_interval=2,
     attention_bias=True, mlp_bias=True, use_sliding_window=True, sliding_window=9, tie_word_embeddings=False)
