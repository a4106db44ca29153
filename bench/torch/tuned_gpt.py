"""A GPT with a cache, tuned by hand for one token at a time on a CPU."""

import math

import torch
from side import is_linear
from torch.nn import functional as F


class TunedGPT:
    """One token is a vector and its products are products of a matrix and a vector, which cost the least here. The cache has room
    for the whole block from the start. Linear weights are stored as PyTorch likes them, (out, in)."""

    def __init__(self, config, weights):
        self.heads, self.layers, self.block = config["heads"], config["layers"], config["block"]
        self.width = config["embedding"]
        self.gelu = {"gelu": F.gelu, "relu": F.relu}[config["activation"]]
        p = {name: weight.t().contiguous() if is_linear(name) else weight.clone() for name, weight in weights.items()}
        self.tokens, self.places = p["transformer.wte.weight"], p["transformer.wpe.weight"]
        self.output = p.get("lm_head.weight", self.tokens)
        self.last = self.pair(p, "transformer.ln_f")
        names = ("ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj")
        self.blocks = [[self.pair(p, f"transformer.h.{layer}.{name}") for name in names] for layer in range(self.layers)]
        size = (self.layers, self.heads, self.block, self.width // self.heads)
        self.keys, self.values = torch.zeros(size), torch.zeros(size)
        self.scale = 1.0 / math.sqrt(size[-1])
        self.future = torch.full((self.block, self.block), -math.inf).triu(1)

    @staticmethod
    def pair(parameters, name):
        return parameters[name + ".weight"], parameters.get(name + ".bias")

    def norm(self, x, pair):
        return F.layer_norm(x, (self.width,), *pair, 1e-5)

    def prefill(self, tokens):
        """The scores after a prompt, which fills the cache."""
        steps = len(tokens)
        x = self.tokens[tokens] + self.places[:steps]
        future = self.future[:steps, :steps]
        for layer, (ln_1, c_attn, attn_proj, ln_2, c_fc, mlp_proj) in enumerate(self.blocks):
            joined = F.linear(self.norm(x, ln_1), *c_attn)
            query, key, value = joined.view(steps, 3, self.heads, -1).permute(1, 2, 0, 3).unbind(0)
            self.keys[layer, :, :steps], self.values[layer, :, :steps] = key, value
            scores = torch.baddbmm(future, query, key.transpose(1, 2), alpha=self.scale)
            mixed = torch.bmm(scores.softmax(-1), value).transpose(0, 1).reshape(steps, self.width)
            x = x + F.linear(mixed, *attn_proj)
            x = x + F.linear(self.gelu(F.linear(self.norm(x, ln_2), *c_fc)), *mlp_proj)
        return torch.mv(self.output, self.norm(x[-1], self.last))

    def decode(self, token, place):
        """The scores after one more token, at its place."""
        x = self.tokens[token] + self.places[place]
        for layer, (ln_1, c_attn, attn_proj, ln_2, c_fc, mlp_proj) in enumerate(self.blocks):
            query, key, value = product(c_attn, self.norm(x, ln_1)).view(3, self.heads, -1).unbind(0)
            self.keys[layer, :, place], self.values[layer, :, place] = key, value
            scores = torch.bmm(self.keys[layer, :, : place + 1], (query * self.scale).unsqueeze(2))
            weights = scores.squeeze(2).softmax(-1).unsqueeze(1)
            mixed = torch.bmm(weights, self.values[layer, :, : place + 1]).view(self.width)
            x = x + product(attn_proj, mixed)
            x = x + product(mlp_proj, self.gelu(product(c_fc, self.norm(x, ln_2))))
        return torch.mv(self.output, self.norm(x, self.last))


def product(pair, x):
    weight, bias = pair
    return torch.mv(weight, x) if bias is None else torch.addmv(bias, weight, x)
