#!/usr/bin/env python3
"""Makes tests/src/test/resources/gguf: tiny models in GGUF with the logits that transformers computes, in float32, from the weights as
they are after quantisation; blocks of every type with their values; tokenizers with the ids of the libraries that trained them.

    python3 -m venv venv && venv/bin/pip install gguf transformers torch safetensors sentencepiece
    venv/bin/python scripts/golden/gguf-fixtures.py tests/src/test/resources/gguf
"""
import io
import json
import os
import struct
import sys

import gguf
import numpy as np
import sentencepiece
import torch
import transformers
from gguf import GGMLQuantizationType as Q
from gguf import quants
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

OUT = sys.argv[1]
TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "  two spaces, a tab\tand\n\n lines \r\n of 12345 numbers",
    "I'm here; YOU'LL see it's 3.14159 or 2,000,000?",
    "naïve café — déjà vu: 東京, Ελλάδα, क्षि 🙂🙂",
    "for (int i = 0; i < 10; i++) { sum += a[i]; }",
    "", " ", "a", "\n\n\n", "x  y   z    ",
    "e\u0301 decomposed",
]
CORPUS = (TEXTS + ["the cat sat on the mat and the dog ran to the man who can see the sea"] * 30
          + ["it is what it is, and that is all that there is to it, or is it?", "return this.value + other.value;"] * 20)
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def split(expression):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(expression), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


RULES = {
    "gpt-2": pre_tokenizers.ByteLevel(add_prefix_space=False),
    "llama-bpe": split(LLAMA3),
    "qwen2": split(QWEN2),
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                       pre_tokenizers.ByteLevel(add_prefix_space=False)]),
}


def byte_level(rule, size):
    """A BPE trained on the corpus, with two special tokens behind its own."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=rule == "llama-bpe"))
    tokenizer.normalizer = normalizers.NFC() if rule == "qwen2" else None
    tokenizer.pre_tokenizer = RULES[rule]
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size - 2, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(["<|begin|>", "<|im_end|>"])
    return tokenizer


def add_byte_level(writer, rule, tokenizer, add_bos):
    content = json.loads(tokenizer.to_str())
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    tokens = sorted(vocabulary, key=vocabulary.get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(rule)
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if t.startswith("<|") else gguf.TokenType.NORMAL for t in tokens])
    writer.add_token_merges([" ".join(m) if isinstance(m, list) else m for m in content["model"]["merges"]])
    writer.add_bos_token_id(vocabulary["<|begin|>"])
    writer.add_eos_token_id(vocabulary["<|im_end|>"])
    writer.add_add_bos_token(add_bos)
    writer.add_chat_template("{% for m in messages %}{{ m['content'] }}<|im_end|>{% endfor %}")


def sentence_pieces(size):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(t for t in CORPUS if t.strip()), model_writer=model, model_type="bpe", vocab_size=size, byte_fallback=True,
        character_coverage=0.98, unk_id=0, bos_id=1, eos_id=2, pad_id=-1, normalization_rule_name="identity",
        remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True, minloglevel=2)
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def add_sentence_pieces(writer, pieces):
    count = pieces.get_piece_size()
    kinds = [gguf.TokenType.UNKNOWN if pieces.is_unknown(i) else gguf.TokenType.CONTROL if pieces.is_control(i)
             else gguf.TokenType.BYTE if pieces.is_byte(i) else gguf.TokenType.NORMAL for i in range(count)]
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([pieces.id_to_piece(i) for i in range(count)])
    writer.add_token_scores([pieces.get_score(i) for i in range(count)])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)


def permuted(weights, heads):
    """As llama.cpp's converter does it for its own rotary embedding."""
    return (weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape))


def model(name, arch, config, kind, tokenizer, extra=lambda writer, model: None, norms_random=True):
    """Writes NAME.gguf and NAME.safetensors with inputs and logits."""
    torch.manual_seed(len(name) * 7 + kind)
    config.torch_dtype = "float32"
    net = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    with torch.no_grad():
        for key, value in net.named_parameters():
            if value.dim() == 1:
                value.copy_(torch.randn_like(value) * 0.1 + (0 if key.endswith("bias") else 1))
            else:
                value.mul_(6)
    writer = gguf.GGUFWriter(f"{OUT}/{name}.gguf", arch)
    writer.add_name(name)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    parameters = config.rope_parameters
    writer.add_rope_freq_base(parameters["rope_theta"])
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_rope_dimension_count(head)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_file_type({Q.F32: 0, Q.F16: 1, Q.BF16: 32, Q.Q8_0: 7, Q.Q4_0: 2, Q.Q4_1: 3, Q.Q5_0: 8, Q.Q5_1: 9}[kind])
    names = gguf.get_tensor_name_map(getattr(gguf.MODEL_ARCH, arch.upper()), config.num_hidden_layers)
    with torch.no_grad():
        for key, value in list(net.state_dict().items()):
            if key == "lm_head.weight" and config.tie_word_embeddings:
                continue
            data = value.numpy()
            stored = Q.F32 if data.ndim == 1 else kind
            raw = quants.quantize(data, stored)
            back = quants.dequantize(raw, stored).reshape(data.shape)
            value.copy_(torch.from_numpy(back.copy()))
            if arch in ("llama", "smollm3") and ("q_proj" in key or "k_proj" in key):
                heads = config.num_attention_heads if "q_proj" in key else config.num_key_value_heads
                raw = permuted(raw, heads)
            writer.add_tensor(names.get_name(key, (".weight", ".bias")), np.ascontiguousarray(raw), raw_dtype=stored)
        if config.tie_word_embeddings:
            net.tie_weights()
    extra(writer, net)
    tokenizer(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    inputs = np.random.default_rng(5).integers(3, config.vocab_size, (2, 14)).astype(np.int32)
    with torch.no_grad():
        logits = net(torch.from_numpy(inputs).long()).logits.float().numpy()
    save_file({"inputs": inputs, "logits": np.ascontiguousarray(logits)}, f"{OUT}/{name}.safetensors")


def llama(**changes):
    return transformers.LlamaConfig(**{**dict(
        vocab_size=288, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=64, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "default"}), **changes})


def llama_models():
    words = {rule: byte_level(rule, 288) for rule in RULES}
    plain = lambda rule, bos: lambda writer: add_byte_level(writer, rule, words[rule], bos)
    model("llama-f32", "llama", llama(num_hidden_layers=1), Q.F32, plain("gpt-2", False))
    model("llama-f16", "llama", llama(), Q.F16, plain("llama-bpe", True))
    model("llama-bf16", "llama", llama(head_dim=16), Q.BF16, plain("smollm", False))
    pieces = sentence_pieces(352)
    model("llama-q8_0", "llama", llama(vocab_size=352, tie_word_embeddings=False), Q.Q8_0, lambda w: add_sentence_pieces(w, pieces))
    for kind in (Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1):
        model(f"llama-{kind.name.lower()}", "llama", llama(num_hidden_layers=1), kind, plain("gpt-2", False))
    with open(f"{OUT}/ids.json", "w") as file:
        json.dump({
            "llama-f32": {t: words["gpt-2"].encode(t).ids for t in TEXTS},
            "llama-f16": {t: words["llama-bpe"].encode(t).ids for t in TEXTS},
            "llama-bf16": {t: words["smollm"].encode(t).ids for t in TEXTS},
            "llama-q8_0": {t: pieces.encode(t) for t in TEXTS},
        }, file, ensure_ascii=True, indent=0)
    return words


def bare(writer):
    writer.add_tokenizer_model("none")


def families():
    """Without tokenizers: the shapes, the order of rows, biases, norms and rotary scaling of each family."""
    small = dict(vocab_size=48, hidden_size=32, intermediate_size=64, num_attention_heads=4, num_key_value_heads=2,
                 max_position_embeddings=64, rms_norm_eps=1e-6, tie_word_embeddings=False)
    plain = {"rope_theta": 50000.0, "rope_type": "default"}
    llama3 = {"rope_theta": 50000.0, "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
              "original_max_position_embeddings": 64}
    yarn = {"rope_theta": 50000.0, "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}
    linear = {"rope_theta": 50000.0, "rope_type": "linear", "factor": 3.0}

    def frequencies(writer, net):
        factors = (50000.0 ** -(np.arange(0, 8, 2) / 8)) / net.model.rotary_emb.inv_freq.numpy()
        writer.add_tensor("rope_freqs.weight", factors.astype(np.float32))

    def yarned(writer, net):
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(4.0)
        writer.add_rope_scaling_orig_ctx_len(16)

    def lined(writer, net):
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(3.0)

    for name, arch, config, extra in [
        ("qwen2", "qwen2", transformers.Qwen2Config(num_hidden_layers=2, rope_parameters=plain, **small), None),
        ("qwen3", "qwen3", transformers.Qwen3Config(num_hidden_layers=2, rope_parameters=plain, head_dim=16, **small), None),
        ("smollm3", "smollm3", transformers.SmolLM3Config(
            num_hidden_layers=4, rope_parameters=plain, pad_token_id=None, **{**small, "tie_word_embeddings": True}), None),
        ("llama-biases", "llama", transformers.LlamaConfig(
            num_hidden_layers=1, rope_parameters=plain, attention_bias=True, mlp_bias=True, **small), None),
        ("llama3-scaled", "llama", transformers.LlamaConfig(num_hidden_layers=1, rope_parameters=llama3, **small), frequencies),
        ("llama-yarn", "llama", transformers.LlamaConfig(num_hidden_layers=1, rope_parameters=yarn, **small), yarned),
        ("llama-linear", "llama", transformers.LlamaConfig(num_hidden_layers=1, rope_parameters=linear, **small), lined),
    ]:
        model(name, arch, config, Q.F16, bare, extra or (lambda writer, net: None))


def blocks():
    """Random blocks of every type, with what gguf says they mean."""
    random = np.random.default_rng(3)
    writer = gguf.GGUFWriter(f"{OUT}/blocks.gguf", "blocks")
    expected = {}
    for kind in (Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0, Q.Q2_K, Q.Q3_K, Q.Q4_K, Q.Q5_K, Q.Q6_K):
        size, bytes_ = gguf.GGML_QUANT_SIZES[kind]
        raw = random.integers(0, 256, (2, 2 * bytes_), dtype=np.uint8)
        # Random halves may be infinite; the scales are where the formats have them.
        places = {Q.Q2_K: [80, 82], Q.Q3_K: [108], Q.Q4_K: [0, 2], Q.Q5_K: [0, 2], Q.Q6_K: [208], Q.Q4_1: [0, 2], Q.Q5_1: [0, 2]}
        for row in raw:
            for block in range(2):
                for place in places.get(kind, [0]):
                    at = block * bytes_ + place
                    row[at:at + 2] = np.frombuffer(np.float16(random.normal()).tobytes(), np.uint8)
        writer.add_tensor(kind.name, raw, raw_dtype=kind)
        expected[kind.name] = quants.dequantize(raw, kind).astype(np.float32).reshape(2, 2 * size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(expected, f"{OUT}/blocks.safetensors")


def llama2c():
    """A model in the three versions of llama2.c's files, written as its export.py does, with tokenizer.bin and greedy tokens."""
    folder = f"{OUT}/../llama2c"
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(11)
    pieces = sentence_pieces(352)
    config = llama(vocab_size=352, hidden_size=24, intermediate_size=48, num_hidden_layers=1)
    net = transformers.LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for value in net.parameters():
            value.copy_(torch.randn_like(value) * 0.1 + 1) if value.dim() == 1 else value.mul_(6)
    state = {key: value.numpy() for key, value in net.state_dict().items()}
    layer = lambda name: state[f"model.layers.0.{name}.weight"]
    turned = {"q": permuted(layer("self_attn.q_proj"), 4), "k": permuted(layer("self_attn.k_proj"), 2)}
    norms = [layer("input_layernorm"), layer("post_attention_layernorm"), state["model.norm.weight"]]
    embedding = state["model.embed_tokens.weight"]
    attention = [turned["q"], turned["k"], layer("self_attn.v_proj"), layer("self_attn.o_proj")]
    forward = [layer("mlp.gate_proj"), layer("mlp.down_proj"), layer("mlp.up_proj")]
    head = config.hidden_size // 4
    angles = np.outer(np.arange(64), 10000.0 ** (-np.arange(0, head, 2) / head))
    numbers = [24, 48, 1, 4, 2, 352, 64]
    with open(f"{folder}/version0.bin", "wb") as file:
        file.write(struct.pack("<7i", *numbers))
        for part in [embedding, norms[0], *attention, norms[1], *forward, norms[2], np.cos(angles), np.sin(angles)]:
            file.write(part.astype("<f4").tobytes())
    with open(f"{folder}/version1.bin", "wb") as file:
        file.write(struct.pack("<Ii7iB", 0x616b3432, 1, *numbers, 1).ljust(256, b"\0"))
        for part in [*norms, embedding, *attention, *forward]:
            file.write(part.astype("<f4").tobytes())
    with open(f"{folder}/version2.bin", "wb") as file:
        file.write(struct.pack("<Ii7iBi", 0x616b3432, 2, *numbers, 1, 8).ljust(256, b"\0"))
        for part in norms:
            file.write(part.astype("<f4").tobytes())
        for part in [embedding, *attention, *forward]:
            groups = part.reshape(-1, 8)
            scales = np.abs(groups).max(axis=1, keepdims=True) / 127
            file.write(np.round(groups / scales).astype(np.int8).tobytes() + scales.astype("<f4").tobytes())
    with open(f"{folder}/tokenizer.bin", "wb") as file:
        spelled = []
        for i in range(352):
            piece = {1: "\n<s>\n", 2: "\n</s>\n"}.get(i, pieces.id_to_piece(i)).replace("\u2581", " ")
            spelled.append((pieces.get_score(i), piece.encode()))
        file.write(struct.pack("<I", max(len(b) for _, b in spelled)))
        for score, data in spelled:
            file.write(struct.pack("<fI", score, len(data)) + data)
    inputs = np.random.default_rng(5).integers(3, 352, (2, 14)).astype(np.int32)
    prompt = [1] + pieces.encode("the cat sat")
    with torch.no_grad():
        logits = net(torch.from_numpy(inputs).long()).logits.numpy()
        tokens = list(prompt)
        for _ in range(20):
            tokens.append(int(net(torch.tensor([tokens])).logits[0, -1].argmax()))
    save_file({"inputs": inputs, "logits": logits, "greedy": np.array(tokens, np.int32)}, f"{folder}/expected.safetensors")
    with open(f"{folder}/ids.json", "w") as file:
        json.dump({t: pieces.encode(t) for t in TEXTS}, file, ensure_ascii=True, indent=0)


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    llama2c()
    blocks()
    llama_models()
    families()
