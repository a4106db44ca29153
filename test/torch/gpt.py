"""A GPT in PyTorch, written for comparison: the parts are PyTorch's own modules, the names are those of GPT-2."""

import math

import torch
from torch import nn
from torch.nn import functional as F


class LayerNorm(nn.Module):
    """PyTorch's layer normalization, whose bias can be left out."""

    def __init__(self, width, bias):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, bias = config["embedding"], config["bias"]
        self.heads = config["heads"]
        self.c_attn = nn.Linear(width, 3 * width, bias=bias)
        self.c_proj = nn.Linear(width, width, bias=bias)

    def forward(self, x):
        batch, time, width = x.shape
        split = lambda part: part.view(batch, time, self.heads, width // self.heads).transpose(1, 2)
        query, key, value = map(split, self.c_attn(x).chunk(3, dim=-1))
        scores = query @ key.transpose(-2, -1) / math.sqrt(key.shape[-1])
        future = torch.ones(time, time, dtype=torch.bool).triu(1)
        mixed = scores.masked_fill(future, -math.inf).softmax(dim=-1) @ value
        return self.c_proj(mixed.transpose(1, 2).reshape(batch, time, width))


class MultilayerPerceptron(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, bias = config["embedding"], config["bias"]
        self.activation = {"gelu": F.gelu, "relu": F.relu}[config["activation"]]
        self.c_fc = nn.Linear(width, 4 * width, bias=bias)
        self.c_proj = nn.Linear(4 * width, width, bias=bias)

    def forward(self, x):
        return self.c_proj(self.activation(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, bias = config["embedding"], config["bias"]
        self.ln_1, self.attn = LayerNorm(width, bias), Attention(config)
        self.ln_2, self.mlp = LayerNorm(width, bias), MultilayerPerceptron(config)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, config):
        super().__init__()
        vocabulary, width = config["vocabulary"], config["embedding"]
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(vocabulary, width),
                "wpe": nn.Embedding(config["block"], width),
                "h": nn.ModuleList(Block(config) for _ in range(config["layers"])),
                "ln_f": LayerNorm(width, config["bias"]),
            }
        )
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        if config["tied"]:
            self.lm_head.weight = self.transformer["wte"].weight

    def forward(self, tokens):
        parts = self.transformer
        x = parts["wte"](tokens) + parts["wpe"](torch.arange(tokens.shape[1]))
        for block in parts["h"]:
            x = block(x)
        return self.lm_head(parts["ln_f"](x))

    def loss(self, tokens, targets):
        return F.cross_entropy(self(tokens).flatten(0, 1), targets.flatten())


def turned(name, tensor):
    """GPT-2 keeps the weights of its inner linear layers as (in, out), PyTorch as (out, in)."""
    inner = name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight"))
    return tensor.t() if inner else tensor
