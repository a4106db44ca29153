"""A GPT with a cache as people write it: modules after nanoGPT's, and keys and values that grow by `torch.cat`."""

import math

import torch
from side import is_linear
from torch import nn
from torch.nn import functional as F


class LayerNorm(nn.Module):
    def __init__(self, width, bias):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


class CausalSelfAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, bias = config["embedding"], config["bias"]
        self.heads = config["heads"]
        self.c_attn = nn.Linear(width, 3 * width, bias=bias)
        self.c_proj = nn.Linear(width, width, bias=bias)
        # Newer versions of PyTorch have a fused kernel.
        self.fused = hasattr(F, "scaled_dot_product_attention")
        block = config["block"]
        self.register_buffer("visible", torch.tril(torch.ones(block, block)).view(1, 1, block, block), persistent=False)

    def forward(self, x, past):
        batch, steps, width = x.shape
        q, k, v = self.c_attn(x).split(width, dim=2)
        k = k.view(batch, steps, self.heads, width // self.heads).transpose(1, 2)
        q = q.view(batch, steps, self.heads, width // self.heads).transpose(1, 2)
        v = v.view(batch, steps, self.heads, width // self.heads).transpose(1, 2)
        if past is not None:
            k = torch.cat((past[0], k), dim=2)
            v = torch.cat((past[1], v), dim=2)
        seen = k.size(2)
        visible = self.visible[:, :, seen - steps : seen, :seen]
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=None if steps == 1 else visible.bool())
        else:
            scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            if steps > 1:
                scores = scores.masked_fill(visible == 0, float("-inf"))
            y = F.softmax(scores, dim=-1) @ v
        y = y.transpose(1, 2).contiguous().view(batch, steps, width)
        return self.c_proj(y), (k, v)


class MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, bias = config["embedding"], config["bias"]
        self.c_fc = nn.Linear(width, 4 * width, bias=bias)
        self.activation = {"gelu": nn.GELU, "relu": nn.ReLU}[config["activation"]]()
        self.c_proj = nn.Linear(4 * width, width, bias=bias)

    def forward(self, x):
        return self.c_proj(self.activation(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.ln_1 = LayerNorm(config["embedding"], config["bias"])
        self.attn = CausalSelfAttention(config)
        self.ln_2 = LayerNorm(config["embedding"], config["bias"])
        self.mlp = MLP(config)

    def forward(self, x, past):
        y, present = self.attn(self.ln_1(x), past)
        x = x + y
        return x + self.mlp(self.ln_2(x)), present


class ModuleGPT(nn.Module):
    def __init__(self, config, weights):
        super().__init__()
        width, vocabulary = config["embedding"], config["vocabulary"]
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(vocabulary, width),
                "wpe": nn.Embedding(config["block"], width),
                "h": nn.ModuleList([Block(config) for _ in range(config["layers"])]),
                "ln_f": LayerNorm(width, config["bias"]),
            }
        )
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        if config["tied"]:
            self.lm_head.weight = self.transformer.wte.weight
        named = {name: weight.t() if is_linear(name) else weight for name, weight in weights.items()}
        named.setdefault("lm_head.weight", named["transformer.wte.weight"])
        self.load_state_dict(named)

    def forward(self, tokens, past=None):
        """The scores (batch, steps, vocabulary), and each layer's keys and values so far."""
        start = 0 if past is None else past[0][0].size(2)
        places = torch.arange(start, start + tokens.size(1), device=tokens.device)
        x = self.transformer.wte(tokens) + self.transformer.wpe(places)
        presents = []
        for layer, block in enumerate(self.transformer.h):
            x, present = block(x, None if past is None else past[layer])
            presents.append(present)
        return self.lm_head(self.transformer.ln_f(x)), presents
