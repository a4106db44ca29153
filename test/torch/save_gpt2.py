"""Saves GPT-2 models of random weights as other tools do, and answers with their scores in float64.

What GPT-2 computes and how its files look is written here from their descriptions alone, so that it can be compared with.
In: a JSON list of cases on standard input. Out: for each, the scores of its tokens, flat.
"""

import json
import math
import os
import struct
import sys

import torch

CODES = {"F64": "d", "F32": "f", "F16": "e", "BF16": "H", "U8": "B"}


def rounded(tensor, dtype):
    """The tensor in float64, rounded to what the file's type can hold."""
    types = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
    return tensor.to(types[dtype]).to(torch.float64)


def tensor_bytes(tensor, dtype):
    numbers = tensor.flatten().tolist()
    if dtype == "BF16":  # the upper half of a float32
        numbers = [struct.unpack("<I", struct.pack("<f", number))[0] >> 16 for number in numbers]
    elif dtype == "U8":
        numbers = [int(number) for number in numbers]
    return struct.pack(f"<{len(numbers)}{CODES[dtype]}", *numbers)


def save_safetensors(path, tensors, metadata=None):
    """tensors: (name, tensor, dtype). The data lies in the order of the list, the header is padded with spaces."""
    header, data = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, tensor, dtype in tensors:
        part = tensor_bytes(tensor, dtype)
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def random_weights(config, generator, dtype, biases):
    def normal(*shape, deviation):
        return rounded(torch.randn(*shape, generator=generator, dtype=torch.float64) * deviation, dtype)

    width, weights = config["n_embd"], {}
    weights["wte.weight"] = normal(config["vocab_size"], width, deviation=0.8)
    weights["wpe.weight"] = normal(config["n_positions"], width, deviation=0.4)

    def norm(name):
        weights[f"{name}.weight"] = rounded(1 + normal(width, deviation=0.3), dtype)
        weights[f"{name}.bias"] = normal(width, deviation=0.3 if biases else 0)

    def conv1d(name, inputs, outputs):
        weights[f"{name}.weight"] = normal(inputs, outputs, deviation=1.2 / math.sqrt(inputs))
        weights[f"{name}.bias"] = normal(outputs, deviation=0.3 if biases else 0)

    for layer in range(config["n_layer"]):
        norm(f"h.{layer}.ln_1")
        conv1d(f"h.{layer}.attn.c_attn", width, 3 * width)
        conv1d(f"h.{layer}.attn.c_proj", width, width)
        norm(f"h.{layer}.ln_2")
        conv1d(f"h.{layer}.mlp.c_fc", width, 4 * width)
        conv1d(f"h.{layer}.mlp.c_proj", 4 * width, width)
    norm("ln_f")
    if not config["tie_word_embeddings"]:
        weights["lm_head.weight"] = normal(config["vocab_size"], width, deviation=1 / math.sqrt(width))
    return weights


def activate(x, name):
    if name == "gelu_new":
        return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    if name == "gelu":
        return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))
    return torch.relu(x)


def forward(config, weights, tokens):
    heads, width = config["n_head"], config["n_embd"]
    batch, time = tokens.shape

    def norm(name, x):
        return torch.nn.functional.layer_norm(x, (width,), weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-5)

    def conv1d(name, x):
        return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]

    x = weights["wte.weight"][tokens] + weights["wpe.weight"][:time]
    for layer in range(config["n_layer"]):
        inner = conv1d(f"h.{layer}.attn.c_attn", norm(f"h.{layer}.ln_1", x))
        query, key, value = (part.view(batch, time, heads, -1).transpose(1, 2) for part in inner.split(width, dim=2))
        scores = query @ key.transpose(2, 3) / math.sqrt(width // heads)
        scores = scores.masked_fill(torch.ones(time, time).triu(1).bool(), -math.inf)
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).reshape(batch, time, width)
        x = x + conv1d(f"h.{layer}.attn.c_proj", mixed)
        inner = activate(conv1d(f"h.{layer}.mlp.c_fc", norm(f"h.{layer}.ln_2", x)), config["activation_function"])
        x = x + conv1d(f"h.{layer}.mlp.c_proj", inner)
    return norm("ln_f", x) @ weights.get("lm_head.weight", weights["wte.weight"]).t()


def byte_level_tokenizer(size):
    """GPT-2's kind of tokenizer: every byte has a visible character, and pairs are merged into longer tokens."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    alphabet = [chr(byte) for byte in visible] + [chr(256 + index) for index in range(len(hidden))]
    vocab = {character: index for index, character in enumerate(alphabet)}
    merges = []
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    for first in letters:
        for second in letters:
            if len(vocab) < size - 1:
                vocab[first + second] = len(vocab)
                merges.append([first, second])
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    end = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0",
        "added_tokens": [{"id": size - 1, "content": "<|endoftext|>", **end}],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": byte_level,
        "decoder": byte_level,
        "model": {"type": "BPE", "unk_token": None, "vocab": {**vocab, "<|endoftext|>": size - 1}, "merges": merges},
    }


def save(case):
    config, dtype, directory = case["config"], case["dtype"], case["directory"]
    weights = random_weights(config, torch.Generator().manual_seed(case["seed"]), dtype, case["biases"])
    prefix = "transformer." if case["prefix"] else ""
    named = [(name if name.startswith("lm_head.") else prefix + name, tensor, dtype) for name, tensor in weights.items()]
    if case["buffers"]:  # the causal mask, as files of older versions have it
        places = config["n_positions"]
        for layer in range(config["n_layer"]):
            mask = torch.ones(places, places).tril().view(1, 1, places, places)
            named.append((f"{prefix}h.{layer}.attn.bias", mask, "U8" if layer else dtype))
            named.append((f"{prefix}h.{layer}.attn.masked_bias", torch.tensor(-1e4), dtype))
    os.makedirs(directory)
    parts = case["parts"]
    if parts == 1:
        save_safetensors(os.path.join(directory, "model.safetensors"), named, {"format": "pt"})
    else:
        weight_map = {}
        for part in range(parts):
            name = f"model-{part + 1:05}-of-{parts:05}.safetensors"
            held = named[part::parts]
            save_safetensors(os.path.join(directory, name), held, {"format": "pt"})
            weight_map.update({tensor: name for tensor, _, _ in held})
        index = {"metadata": {"total_size": 0}, "weight_map": weight_map}
        write_json(directory, "model.safetensors.index.json", index)
    write_json(directory, "config.json", config)
    write_json(directory, "tokenizer.json", byte_level_tokenizer(config["vocab_size"]))
    return forward(config, weights, torch.tensor(case["tokens"])).flatten().tolist()


def write_json(directory, name, value):
    with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)


torch.set_num_threads(1)
json.dump([save(case) for case in json.load(sys.stdin)], sys.stdout)
