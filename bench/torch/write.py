"""PyTorch's sides of the comparisons of decoding and prefill: an eager GPT with a cache that writes and reads text on command.

Usage: write.py FOLDER THREADS FORM, the folder being the one that bench/decode/workload.ts writes, the form `module` (as people
write it) or `tuned` (by hand). How commands are answered is in bench/common/turns.py.
"""

import json
import sys
import time
from pathlib import Path

started = time.perf_counter()

import torch
from module_gpt import ModuleGPT
from side import about, repeated, resident, serve, weights_of
from tuned_gpt import TunedGPT


class ModuleWriting:
    """Tokens are (1, steps); the likeliest is taken and fed again."""

    def __init__(self, work, weights):
        self.model = ModuleGPT(work["config"], weights).eval()
        self.prompt, self.count = torch.tensor([work["prompt"]]), work["count"]
        self.block = torch.tensor([work["block"]])

    def decode(self):
        scores, past = self.model(self.prompt)
        token = scores[:, -1].argmax(-1, keepdim=True)
        tokens = [token.item()]
        start = time.perf_counter()
        while len(tokens) < self.count:
            scores, past = self.model(token, past)
            token = scores[:, -1].argmax(-1, keepdim=True)
            tokens.append(token.item())
        return (time.perf_counter() - start) * 1000 / (self.count - 1), tokens

    def prefill(self):
        start = time.perf_counter()
        scores, _ = self.model(self.block)
        token = scores[:, -1].argmax().item()
        return (time.perf_counter() - start) * 1000, [token]


class TunedWriting:
    def __init__(self, work, weights):
        self.model = TunedGPT(work["config"], weights)
        self.prompt, self.count = torch.tensor(work["prompt"]), work["count"]
        self.block = torch.tensor(work["block"])

    def decode(self):
        token = int(self.model.prefill(self.prompt).argmax())
        tokens = [token]
        start = time.perf_counter()
        for place in range(len(self.prompt), len(self.prompt) + self.count - 1):
            token = int(self.model.decode(token, place).argmax())
            tokens.append(token)
        return (time.perf_counter() - start) * 1000 / (self.count - 1), tokens

    def prefill(self):
        start = time.perf_counter()
        token = int(self.model.prefill(self.block).argmax())
        return (time.perf_counter() - start) * 1000, [token]


folder, threads, form = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
torch.set_flush_denormal(True)
torch.set_num_threads(threads)
baseline = resident()
work = json.loads((folder / "workload.json").read_text())
with torch.inference_mode():
    writing = {"module": ModuleWriting, "tuned": TunedWriting}[form](work, weights_of(folder, work["parameters"]))
    serve(about(), started, baseline, {"decode": repeated(writing.decode), "prefill": repeated(writing.prefill)})
