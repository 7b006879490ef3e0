"""What scripts/cluster/measure found: a cell of a finished run as JSON, and the page of all cells."""

import json
import statistics
import sys
from pathlib import Path


def lines(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def cell(model, workers, sync, run, result):
    """Speeds are those of the second half: in the first one the JVMs compile."""
    run = Path(run)
    told = json.loads(Path(result).read_text(encoding="utf-8"))
    steps = [line for line in lines(run / "metrics.jsonl") if "loss" in line]
    exchanges = lines(run / "exchanges.jsonl")
    found = {
        "model": model, "workers": int(workers), "sync": sync, "send": "float32", "parameters": parameters(run),
        "steps": told["step"], "tokens": told["tokens"], "loss": told["val_loss"], "causal_loss": told["val_loss_causal"],
    }
    # From the end of an exchange on, since a round belongs to the half in which it ends.
    middle = steps[len(steps) // 2 - 1]["step"]
    first = max([line["step"] for line in exchanges if line["step"] <= middle], default=0 if exchanges else middle)
    half = [line for line in steps if line["step"] > first]
    seconds = sum(line["step_seconds"] for line in half)
    found["tokens_per_second"] = told["tokens"] / len(steps) * len(half) / seconds
    if exchanges:
        rounds = []
        before = first
        for line in exchanges:
            if line["step"] > first:
                taken = sum(step["step_seconds"] for step in half if before < step["step"] <= line["step"])
                rounds.append((taken, max(line["work_seconds"])))
                before = line["step"]
        found.update({
            "exchanges": len(exchanges), "bytes": sum(line["bytes"] for line in exchanges),
            "in_exchange": 1 - sum(worked for _, worked in rounds) / seconds,
            "median_round_seconds": statistics.median(taken for taken, _ in rounds),
            "median_work_seconds": statistics.median(worked for _, worked in rounds),
        })
    return found


def parameters(run):
    """Of the newest checkpoint: the numbers of its tensors' values."""
    total = 0
    newest = (run / "checkpoints" / "latest").read_text(encoding="utf-8").strip()
    for file in sorted((run / "checkpoints" / newest).glob("model*.safetensors")):
        with open(file, "rb") as data:
            head = json.loads(data.read(int.from_bytes(data.read(8), "little")))
        for name, tensor in head.items():
            if name != "__metadata__":
                count = 1
                for size in tensor["shape"]:
                    count *= size
                total += count
    return total


def page(command, machine, checked, files):
    """Markdown on standard output."""
    cells = [json.loads(Path(file).read_text(encoding="utf-8")) for file in files]
    print("# Clusters\n")
    print(f"{machine} Made by\n\n    {command}\n")
    print("Every process is on this one machine and has one core: what is measured is what an exchange costs besides a network,"
          " and what it costs in loss. All runs of a model have the same tokens a step and the same steps. `none`: one process without"
          " Spark. Losses are nats a token of held-out text, routed as in training and as in generation (causal); tokens/s and what"
          " follows are those of the second half; `in exchange` is the share of the time in which not even the slowest worker computed.\n")
    print("| model | parameters | workers | exchange | tokens | loss | loss, causal | tokens/s | in exchange | s an exchange | bytes |")
    print("|---|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|")
    for it in cells:
        shared = "exchanges" in it
        beside = it["median_round_seconds"] - it["median_work_seconds"] if shared else 0
        print(f"| {it['model']} | {it['parameters']:,} | {it['workers']} | {it['sync']} | {it['tokens']:,} | {it['loss']:.4f}"
              f" | {it['causal_loss']:.4f} | {it['tokens_per_second']:,.0f}"
              + (f" | {100 * it['in_exchange']:.1f} % | {beside:.3f} | {it['bytes']:,} |" if shared else " | | | |"))
    if checked:
        print("\n## The simulation beside these points\n")
        print("`scripts/cluster/simulate --measured docs/results/cluster.json` predicts each point from the others:\n")
        for line in Path(checked).read_text(encoding="utf-8").splitlines():
            print("    " + line)


def main(words):
    if words[0] == "cell":
        print(json.dumps(cell(*words[1:])))
    elif words[0] == "page":
        page(words[1], words[2], words[3], words[4:])
    elif words[0] == "json":
        cells = [json.loads(Path(file).read_text(encoding="utf-8")) for file in words[3:]]
        rows = ",\n".join("  " + json.dumps(it) for it in cells)
        print(f'{{"command": {json.dumps(words[1])}, "machine": {json.dumps(words[2])}, "cells": [\n{rows}\n]}}')


if __name__ == "__main__":
    main(sys.argv[1:])
