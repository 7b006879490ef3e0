"""Runs lm-evaluation-harness on local files and compares it with results of `tornado-mor evaluate`; scripts/evaluate/compare calls it."""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import datasets

model, tasks, sets, shots, limit, asked, ours_json, ours_samples = sys.argv[1:]
root = Path(sets)
fetch = datasets.load_dataset


def local(path=None, name=None, **options):
    """The files of a set below the folder, as DIR/set/part/split.jsonl or .parquet."""
    base = path.rsplit("/", 1)[-1]
    for folder in [root / base / (name or "."), root / base / (name or ".") / "data", root / base, root / base / "data"]:
        files = {}
        for split in ["train", "validation", "test", "dev"]:
            found = sorted(folder.glob(f"{split}.jsonl")) or sorted(folder.glob(f"{split}*.parquet"))
            if found:
                files[split] = [str(file) for file in found]
        if files:
            kind = "json" if next(iter(files.values()))[0].endswith("l") else "parquet"
            loaded = fetch(kind, data_files=files)
            # Where there are no examples the harness still wants the split that it would take them from.
            for split in ["train", "validation", "test", "dev"]:
                if split not in loaded:
                    loaded[split] = next(iter(loaded.values()))
            return loaded
    raise SystemExit(f"compare: no files of {path} below {root}")


datasets.load_dataset = local

from lm_eval import evaluator  # noqa: E402  (it takes load_dataset as it is then)

# It would ask the system about itself for a long time.
evaluator.add_env_info = lambda storage: None

if asked == "hf":
    kind, arguments = "hf", f"pretrained={model},dtype=float32"
else:
    config = json.loads((Path(model) / "config.json").read_text())
    kind = "local-completions"
    arguments = (
        f"model={Path(model).name},base_url={asked},tokenizer_backend=huggingface,tokenizer={model},"
        f"max_length={config['max_position_embeddings']},num_concurrent=1,tokenized_requests=True"
    )
results = evaluator.simple_evaluate(
    model=kind,
    model_args=arguments,
    tasks=["lambada_openai" if task == "lambada" else task for task in tasks.split(",")],
    num_fewshot=int(shots),
    limit=int(limit) or None,
    device="cpu",
    batch_size=1,
    log_samples=True,
    bootstrap_iters=0,
)

ours = json.loads(Path(ours_json).read_text())["results"]
samples = {}
with open(ours_samples, encoding="utf-8") as lines:
    for line in lines:
        sample = json.loads(line)
        samples[sample["task"], sample["doc_id"]] = sample

different = 0
print(f"{'task':32} {'metric':16} {'harness':>12} {'ours':>12}")
for task, scores in results["results"].items():
    for metric, value in scores.items():
        if metric in ours.get(task, {}) and isinstance(value, float) and "stderr" not in metric:
            mine = ours[task][metric]
            different += abs(value - mine) > 1e-3 * max(1, abs(value))
            print(f"{task:32} {metric:16} {value:12.4f} {mine:12.4f}")
for task, logged in results["samples"].items():
    largest, requests = 0.0, 0
    for sample in logged:
        mine = samples[task, sample["doc_id"]]
        texts = [list(arguments) for arguments in sample["arguments"]]
        if texts != mine["requests"]:
            requests += 1
        for response, likelihood in zip(sample["resps"], mine.get("loglikelihoods", [])):
            largest = max(largest, abs(float(response[0][0]) - likelihood))
    different += requests + (largest > 1e-2)
    print(f"{task}: {len(logged)} documents, {requests} with other requests, log-likelihoods differ by at most {largest:.2e}")
sys.exit(1 if different else 0)
