"""What PyTorch's sides of the comparisons share: the files they read, and how they tell what they are."""

import math
import sys
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parent.parent / "common"))

from turns import repeated, resident, serve, tell  # noqa: F401, for the sides to take from here


def read(path, dtype):
    return torch.frombuffer(bytearray(path.read_bytes()), dtype=dtype)


def weights_of(folder, parameters):
    """The weights by name, from a file that has them one after another."""
    flat, position, weights = read(folder / "weights.float32", torch.float32), 0, {}
    for parameter in parameters:
        size = math.prod(parameter["shape"])
        weights[parameter["name"]] = flat[position : position + size].view(parameter["shape"])
        position += size
    return weights


def is_linear(name):
    """GPT-2 keeps the weights of its inner linear layers as (in, out), PyTorch as (out, in)."""
    return ".c_" in name and name.endswith(".weight")


def about():
    """What this side is, in words."""
    return f"PyTorch {torch.__version__} on {blas()}, Python {sys.version.split()[0]}"


def blas():
    """The files of the BLAS libraries that this process has loaded."""
    with open("/proc/self/maps") as maps:
        names = [line.split(maxsplit=5)[5].strip() for line in maps if "blas" in line.rsplit("/", 1)[-1]]
    return ", ".join(sorted({Path(name).resolve().as_posix() for name in names})) or "no BLAS library of its own"
