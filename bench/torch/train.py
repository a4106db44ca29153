"""PyTorch's side of the comparison: an eager GPT, written for speed as nanoGPT's is, that trains on command.

Usage: train.py FOLDER, the folder being the one that bench/train/workload.ts writes. A line `run N` in makes N steps; the answer has
milliseconds a step for each group of steps, and each step's loss.
"""

import json
import math
import sys
import time
from pathlib import Path

started = time.perf_counter()

import torch
from side import about, is_linear, read, resident, serve, weights_of
from torch.nn import functional as F


class GPT:
    """The same model on the same weights. Linear weights are stored as PyTorch likes them, (out, in)."""

    def __init__(self, config, weights):
        self.heads = config["heads"]
        self.layers = config["layers"]
        self.parameters = {
            name: (weight.t().contiguous() if is_linear(name) else weight.clone()).requires_grad_()
            for name, weight in weights.items()
        }
        block = config["block"]
        self.future = torch.ones(block, block).triu(1).bool().view(1, 1, block, block)

    def loss(self, tokens, targets):
        p = self.parameters
        time_steps = tokens.shape[1]
        table = p["transformer.wte.weight"]
        x = F.embedding(tokens, table) + p["transformer.wpe.weight"][:time_steps]
        for layer in range(self.layers):
            part = f"transformer.h.{layer}."
            x = x + self.attention(self.norm(x, part + "ln_1"), part + "attn.")
            hidden = F.gelu(F.linear(self.norm(x, part + "ln_2"), p[part + "mlp.c_fc.weight"], p.get(part + "mlp.c_fc.bias")))
            x = x + F.linear(hidden, p[part + "mlp.c_proj.weight"], p.get(part + "mlp.c_proj.bias"))
        logits = F.linear(self.norm(x, "transformer.ln_f"), p.get("lm_head.weight", table))
        return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))

    def norm(self, x, name):
        weight = self.parameters[name + ".weight"]
        return F.layer_norm(x, weight.shape, weight, self.parameters.get(name + ".bias"), 1e-5)

    def attention(self, x, part):
        p = self.parameters
        batch, steps, width = x.shape
        joined = F.linear(x, p[part + "c_attn.weight"], p.get(part + "c_attn.bias"))
        q, k, v = (t.view(batch, steps, self.heads, -1).transpose(1, 2) for t in joined.split(width, dim=2))
        scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        weights = F.softmax(scores.masked_fill(self.future[:, :, :steps, :steps], float("-inf")), dim=-1)
        mixed = (weights @ v).transpose(1, 2).reshape(batch, steps, width)
        return F.linear(mixed, p[part + "c_proj.weight"], p.get(part + "c_proj.bias"))


class Training:
    def __init__(self, folder):
        work = json.loads((folder / "workload.json").read_text())
        torch.set_num_threads(work["threads"])
        self.model = GPT(work["config"], weights_of(folder, work["parameters"]))
        self.parameters = list(self.model.parameters.values())
        self.steps_per_group = work["stepsPerRun"]
        shape = (work["drawnBatches"], work["batch"], work["config"]["block"])
        self.tokens = read(folder / "tokens.int32", torch.int32).view(shape).long()
        self.targets = read(folder / "targets.int32", torch.int32).view(shape).long()
        self.step = 0
        options = work["optimizer"]
        self.clip = options["clip"]
        groups = [
            {"params": [p for p in self.parameters if p.dim() >= 2], "weight_decay": options["weightDecay"]},
            {"params": [p for p in self.parameters if p.dim() < 2], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(
            groups, lr=work["learningRate"], betas=(options["beta1"], options["beta2"]), eps=options["epsilon"], foreach=True
        )

    def one_step(self):
        index = self.step % len(self.tokens)
        loss = self.model.loss(self.tokens[index], self.targets[index])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, self.clip)
        self.optimizer.step()
        self.step += 1
        return loss.item()

    def run(self, steps):
        times, losses = [], []
        for made in range(0, steps, self.steps_per_group):
            count = min(self.steps_per_group, steps - made)
            start = time.perf_counter()
            losses += [self.one_step() for _ in range(count)]
            times.append((time.perf_counter() - start) * 1000 / count)
        return {"times": times, "losses": losses}


torch.set_flush_denormal(True)
baseline = resident()
training = Training(Path(sys.argv[1]))
serve(about(), started, baseline, {"run": lambda steps: training.run(int(steps))})
