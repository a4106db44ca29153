"""Reads cases as JSON from standard input and writes what PyTorch makes of them to standard output."""

import base64
import json
import math
import sys

import numpy
import torch
from torch.nn import functional as F

from gpt import GPT, turned

torch.set_num_threads(1)  # products of this size are slowed down by sharing them out


def read(tensor):
    data = numpy.frombuffer(base64.b64decode(tensor["data"]), tensor["type"])
    return torch.from_numpy(data.reshape(tensor["shape"]).copy())


def write(tensor):
    array = numpy.ascontiguousarray(tensor.detach().double().numpy())
    return {"type": "float64", "shape": array.shape, "data": base64.b64encode(array.tobytes()).decode()}


def model_of(case, dtype):
    model = GPT(case["config"]).to(dtype)
    names = {name for name, _ in model.named_parameters()}
    if names != set(case["weights"]):
        raise ValueError(f"the weights {sorted(case['weights'])} are not those of the model, {sorted(names)}")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(turned(name, read(case["weights"][name])))
    return model


def gradients(case):
    model = model_of(case, torch.float64)
    loss = model.loss(read(case["tokens"]).long(), read(case["targets"]).long())
    loss.backward()
    by_name = {name: write(turned(name, parameter.grad)) for name, parameter in model.named_parameters()}
    return {"loss": loss.item(), "gradients": by_name}


optimizers = {
    "adamw": lambda groups, options: torch.optim.AdamW(
        groups, betas=(options["beta1"], options["beta2"]), eps=options["epsilon"]
    ),
    "sgd": lambda groups, options: torch.optim.SGD(
        groups, lr=0.0, momentum=options["momentum"], nesterov=options["nesterov"]
    ),
}


def train(case):
    model = model_of(case, getattr(torch, case["type"]))
    options = case["optimizer"]
    parameters = list(model.parameters())
    decayed = [p for p in parameters if options["decayed"] == "all" or p.dim() >= 2]
    others = [p for p in parameters if all(p is not other for other in decayed)]
    groups = [
        {"params": decayed, "weight_decay": options["weightDecay"]},
        {"params": others, "weight_decay": 0.0},
    ]
    optimizer = optimizers[options["name"]]([group for group in groups if group["params"]], options)
    losses, norms = [], []
    steps = zip(read(case["tokens"]).long(), read(case["targets"]).long(), case["learningRates"])
    for tokens, targets, learning_rate in steps:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate
        optimizer.zero_grad()
        loss = model.loss(tokens, targets)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, options["clip"] or math.inf).item())
        optimizer.step()
        losses.append(loss.item())
    weights = {name: write(turned(name, parameter)) for name, parameter in model.named_parameters()}
    return {"losses": losses, "norms": norms, "weights": weights}


def cross_entropy(case):
    logits = read(case["logits"]).double().requires_grad_()
    loss = F.cross_entropy(logits.flatten(0, -2), read(case["targets"]).long().flatten())
    loss.backward()
    return {"loss": loss.item(), "gradient": write(logits.grad)}


kinds = {"gradients": gradients, "train": train, "crossEntropy": cross_entropy}
questions = json.load(sys.stdin)
json.dump({kind: [kinds[kind](case) for case in cases] for kind, cases in questions.items()}, sys.stdout)
