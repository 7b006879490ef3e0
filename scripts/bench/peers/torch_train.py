"""Training steps of the same models in PyTorch, in turn with another process.

Reads a model as one line of JSON, builds it, prints "ready"; then for each line of input runs one step (forward, backward,
clipping, AdamW) and prints its seconds. A Llama with RMSNorm, rotary positions, grouped queries and SwiGLU in float32, or with
"bfloat16" under autocast, with "compiled" through torch.compile, on "device"; with "capacities", expert-choice Mixture-of-Recursions over a shared
block: the top k of each sequence are gathered, run through the block at their own positions, and added back weighted by their router's
sigmoid.
"""

import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class RmsNorm(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


class Rotary:
    def __init__(self, positions, dim, device, theta=10000.0):
        angles = torch.arange(positions).float()[:, None] / theta ** (torch.arange(0, dim, 2).float() / dim)
        angles = torch.cat([angles, angles], dim=-1)
        self.cos, self.sin = angles.cos().to(device), angles.sin().to(device)

    def __call__(self, x, position):
        cos, sin = self.cos[position].unsqueeze(1), self.sin[position].unsqueeze(1)
        half = x.shape[-1] // 2
        turned = torch.cat([-x[..., half:], x[..., :half]], dim=-1)
        return x * cos + turned * sin


class Layer(nn.Module):
    def __init__(self, m, rotary):
        super().__init__()
        d, self.heads, self.kv, self.dim = m["hidden"], m["heads"], m["kv_heads"], m["head_dim"]
        self.rotary = rotary
        self.norm1, self.norm2 = RmsNorm(d), RmsNorm(d)
        self.qkv = nn.Linear(d, (self.heads + 2 * self.kv) * self.dim, bias=False)
        self.out = nn.Linear(self.heads * self.dim, d, bias=False)
        self.up = nn.Linear(d, 2 * m["ffn"], bias=False)
        self.down = nn.Linear(m["ffn"], d, bias=False)

    def forward(self, x, position):
        b, t, _ = x.shape
        h = self.qkv(self.norm1(x)).view(b, t, self.heads + 2 * self.kv, self.dim).transpose(1, 2)
        q, k, v = h.split([self.heads, self.kv, self.kv], dim=1)
        q, k = self.rotary(q, position), self.rotary(k, position)
        k = k.repeat_interleave(self.heads // self.kv, dim=1)
        v = v.repeat_interleave(self.heads // self.kv, dim=1)
        scores = q @ k.transpose(-1, -2) * self.dim**-0.5
        scores = scores.masked_fill(torch.ones(t, t, dtype=torch.bool, device=x.device).triu(1), float("-inf"))
        attended = (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, -1)
        x = x + self.out(attended)
        gate, up = self.up(self.norm2(x)).chunk(2, dim=-1)
        return x + self.down(F.silu(gate) * up)


class Model(nn.Module):
    def __init__(self, m):
        super().__init__()
        rotary = Rotary(m["context"], m["head_dim"], m.get("device", "cpu"))
        self.embedding = nn.Embedding(m["vocab"], m["hidden"])
        self.capacities = m.get("capacities")
        ends = 1 if self.capacities else 0
        recursions = len(self.capacities) if self.capacities else 1
        shared = (m["layers"] - 2 * ends) // recursions
        self.first = nn.ModuleList(Layer(m, rotary) for _ in range(ends))
        self.block = nn.ModuleList(Layer(m, rotary) for _ in range(shared))
        self.last = nn.ModuleList(Layer(m, rotary) for _ in range(ends))
        self.routers = nn.ModuleList(nn.Linear(m["hidden"], 1, bias=False) for _ in range(recursions if ends else 0))
        self.norm = RmsNorm(m["hidden"])

    def forward(self, ids, targets):
        x = self.embedding(ids)
        position = torch.arange(ids.shape[1], device=ids.device).expand(ids.shape[0], -1)
        for layer in self.first:
            x = layer(x, position)
        extra = 0.0
        if self.capacities:
            x, extra = self.recurse(x, position)
        else:
            for layer in self.block:
                x = layer(x, position)
        for layer in self.last:
            x = layer(x, position)
        logits = F.linear(self.norm(x), self.embedding.weight)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten()) + extra

    def recurse(self, x, position):
        extra = 0.0
        active = position
        for router, k in zip(self.routers, self.capacities):
            index = active.unsqueeze(-1).expand(-1, -1, x.shape[-1])
            candidates = x.gather(1, index)
            logits = router(candidates).squeeze(-1)
            chosen = logits.topk(k, dim=1).indices.sort(dim=1).values
            selected = torch.zeros_like(logits).scatter(1, chosen, 1.0)
            extra = extra + 0.001 * F.binary_cross_entropy_with_logits(logits, selected)
            active = active.gather(1, chosen)
            rows = chosen.unsqueeze(-1).expand(-1, -1, x.shape[-1])
            h = candidates.gather(1, rows)
            for layer in self.block:
                h = layer(h, active)
            weight = 0.1 * torch.sigmoid(logits.gather(1, chosen)).unsqueeze(-1)
            x = x.scatter_add(1, active.unsqueeze(-1).expand(-1, -1, x.shape[-1]), h * weight)
        return x, extra


def main():
    m = json.loads(sys.stdin.readline())
    device = m.get("device", "cpu")
    torch.set_num_threads(m["threads"])
    torch.manual_seed(1)
    model = Model(m).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
    ids = torch.randint(m["vocab"], (m["batch"], m["tokens"]), device=device)
    targets = torch.randint(m["vocab"], (m["batch"], m["tokens"]), device=device)
    parameters = sum(p.numel() for p in model.parameters())
    run = torch.compile(model) if m.get("compiled", False) else model

    def loss():
        with torch.autocast(device, dtype=torch.bfloat16, enabled=m.get("bfloat16", False)):
            return run(ids, targets)

    if run is not model:
        # Compiled before anything is timed, both ways.
        loss().backward()
    print("ready", torch.__version__, parameters, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        optimizer.zero_grad()
        loss().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if device != "cpu":
            torch.cuda.synchronize()
        print(time.perf_counter() - start, flush=True)


main()
