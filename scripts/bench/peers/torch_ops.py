"""Single operations in PyTorch on an accelerator, whenever asked: what cuBLAS or hipBLAS, and its attention, make of the same sizes.

    python torch_ops.py DEVICE

It writes "ready VERSION NAME" and answers "product N TYPE" (square) and "attention SEQUENCES HEADS KEY-HEADS TOKENS COLUMNS TYPE" (causal)
with the seconds of one, the mean of some in a row; TYPE is float32, tf32, float16 or bfloat16.
"""

import sys
import time

import torch
import torch.nn.functional as F

REPEATS = 5


def main():
    device = sys.argv[1]
    name = torch.cuda.get_device_name() if device != "cpu" else "cpu"
    print("ready", torch.__version__, name.replace(" ", "_"), flush=True)
    kept = {}
    for line in sys.stdin:
        words = line.split()
        kind = words[-1]
        torch.backends.cuda.matmul.allow_tf32 = kind == "tf32"
        dtype = {"float16": torch.float16, "bfloat16": torch.bfloat16}.get(kind, torch.float32)
        if line not in kept:
            kept.clear()
            if words[0] == "product":
                n = int(words[1])
                kept[line] = [torch.rand(n, n, device=device, dtype=dtype) for _ in range(2)]
            else:
                s, h, kv, t, d = map(int, words[1:6])
                kept[line] = [torch.rand(s, heads, t, d, device=device, dtype=dtype) for heads in (h, kv, kv)]
        if words[0] == "product":
            run = lambda: torch.mm(*kept[line])
        else:
            run = lambda: F.scaled_dot_product_attention(*kept[line], is_causal=True, enable_gqa=True)
        run()
        if device != "cpu":
            torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(REPEATS):
            run()
        if device != "cpu":
            torch.cuda.synchronize()
        print((time.perf_counter() - start) / REPEATS, flush=True)


main()
