"""Greedy decoding with transformers and a static cache: loads a checkpoint folder and decodes whenever asked.

    python transformers_generate.py FOLDER THREADS SEQUENCES CONTEXT [DEVICE]

It writes "ready SECONDS VERSION" when the model is loaded, and answers each line "PROMPT NEW" (tokens of each sequence) with
"FIRST REST PROCESSOR LAST": seconds until every sequence has its first token, seconds of the other tokens, seconds of processor time of
both, and the last token of the first sequence.
"""

import sys
import time

start = time.perf_counter()
import torch
import transformers


def prompts(sequences, count):
    return torch.tensor([[97 + (s * 31 + i * 7) % 26 for i in range(count)] for s in range(sequences)])


def main():
    folder, threads, sequences, context = sys.argv[1], *map(int, sys.argv[2:5])
    device = sys.argv[5] if len(sys.argv) > 5 else "cpu"
    torch.set_num_threads(threads)
    transformers.utils.logging.set_verbosity_error()
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model.to(device).eval()
    settings = transformers.GenerationConfig(
        do_sample=False, cache_implementation="static", pad_token_id=0, eos_token_id=None, max_length=context
    )
    print("ready", time.perf_counter() - start, f"transformers-{transformers.__version__}", flush=True)
    for line in sys.stdin:
        count, more = map(int, line.split())
        ids = prompts(sequences, count).to(device)
        mask = torch.ones_like(ids)
        seconds = []
        processor = time.process_time()
        with torch.inference_mode():
            # What the first token takes is measured apart: generate() gives all tokens at once.
            for tokens in (1, more):
                begin = time.perf_counter()
                out = model.generate(
                    ids, attention_mask=mask, generation_config=settings, max_new_tokens=tokens, min_new_tokens=tokens
                )
                if device != "cpu":
                    torch.cuda.synchronize()
                seconds.append(time.perf_counter() - begin)
        used = time.process_time() - processor
        print(seconds[0], seconds[1] - seconds[0], used, int(out[0, -1]), flush=True)


main()
