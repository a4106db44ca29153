"""Runs GPT-2 as its paper and weights have it, from a folder's config.json and model.safetensors alone, in float64.

Written against the published names and layouts: the inner weights are (in, out), as in x @ weight + bias. Reads a list of
{"folder", "tokens"} as JSON from standard input and writes the logits of each, {"shape", "data"}, to standard output.
"""

import json
import math
import struct
import sys

import numpy
import torch
from torch.nn import functional as F

torch.set_num_threads(1)  # products of this size are slowed down by sharing them out


def safetensors(path):
    """The format by hand: the header's length in 8 bytes, the header as JSON, the tensors' bytes."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    if header.pop("__metadata__", {}).get("format") != "pt":
        raise ValueError("transformers refuses a file whose metadata does not say that its format is pt")
    tensors, covered = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        if begin != covered or entry["dtype"] != "F32":
            raise ValueError(f"{name} leaves a gap or is no F32: {entry}")
        covered = end
        array = numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.astype("float64"))
    if covered != len(data):
        raise ValueError("bytes are left over at the end")
    return tensors


def gelu_new(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


activations = {"gelu": F.gelu, "gelu_new": gelu_new, "relu": F.relu}


class Weights:
    """Hands out every tensor once, and knows what was not asked for."""

    def __init__(self, tensors):
        self.tensors, self.left = tensors, set(tensors)

    def __call__(self, name, *shape):
        tensor = self.tensors[name]
        if tuple(tensor.shape) != shape:
            raise ValueError(f"{name} is {tuple(tensor.shape)}, and GPT-2 has {shape}")
        self.left.discard(name)
        return tensor


def logits(folder, tokens):
    with open(f"{folder}/config.json") as file:
        config = json.load(file)
    if config["model_type"] != "gpt2" or not config["scale_attn_weights"]:
        raise ValueError("this is no GPT-2")
    width, heads, layers = config["n_embd"], config["n_head"], config["n_layer"]
    inner = config["n_inner"] or 4 * width
    vocabulary, positions, epsilon = config["vocab_size"], config["n_positions"], config["layer_norm_epsilon"]
    weights = Weights(safetensors(f"{folder}/model.safetensors"))
    activation = activations[config["activation_function"]]

    def norm(name, x):
        return F.layer_norm(x, (width,), weights(f"{name}.weight", width), weights(f"{name}.bias", width), epsilon)

    def linear(name, x, size):
        return x @ weights(f"{name}.weight", x.shape[-1], size) + weights(f"{name}.bias", size)

    def attention(name, x):
        batch, time, _ = x.shape
        parts = linear(f"{name}.c_attn", x, 3 * width).split(width, dim=2)
        query, key, value = (part.view(batch, time, heads, width // heads).transpose(1, 2) for part in parts)
        scores = query @ key.transpose(2, 3) / math.sqrt(width // heads)
        past = torch.tril(torch.ones(time, time, dtype=torch.bool))
        mixed = scores.masked_fill(~past, -math.inf).softmax(dim=-1) @ value
        return linear(f"{name}.c_proj", mixed.transpose(1, 2).reshape(batch, time, width), width)

    tokens = torch.tensor(tokens)
    embedding = weights("transformer.wte.weight", vocabulary, width)
    x = embedding[tokens] + weights("transformer.wpe.weight", positions, width)[: tokens.shape[1]]
    for layer in range(layers):
        block = f"transformer.h.{layer}"
        x = x + attention(f"{block}.attn", norm(f"{block}.ln_1", x))
        hidden = activation(linear(f"{block}.mlp.c_fc", norm(f"{block}.ln_2", x), inner))
        x = x + linear(f"{block}.mlp.c_proj", hidden, width)
    x = norm("transformer.ln_f", x)
    output = embedding if config["tie_word_embeddings"] else weights("lm_head.weight", vocabulary, width)
    if weights.left:
        raise ValueError(f"GPT-2 has no {sorted(weights.left)}")
    return x @ output.t()


answers = [logits(question["folder"], question["tokens"]) for question in json.load(sys.stdin)]
json.dump([{"shape": list(answer.shape), "data": answer.flatten().tolist()} for answer in answers], sys.stdout)
