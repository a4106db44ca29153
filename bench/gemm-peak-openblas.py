"""The most operations a second that PyTorch's matrix products reach. Usage: gemm-peak-openblas.py WORK, the threads, shapes and
milliseconds as JSON; the answer is a line of JSON. The products go there and back, as in bench/gemm-peak.ts."""

import json
import math
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "torch"))

import torch
from side import blas

work = json.loads(sys.argv[1])
torch.set_num_threads(work["threads"])


def matrix(inputs, outputs):
    return (torch.rand(inputs, outputs) - 0.5) * math.sqrt(12 / inputs)


def gflops(rows, inner, outer):
    x, there, back = matrix(rows, inner), matrix(inner, outer), matrix(outer, inner)
    middle, result = torch.empty(rows, outer), torch.empty(rows, inner)
    operations = 4 * rows * inner * outer
    pairs = math.ceil(2e9 / operations)
    shortest, started, runs = math.inf, time.perf_counter(), 0
    while runs < 4 or (time.perf_counter() - started) * 1000 < work["milliseconds"]:
        start = time.perf_counter()
        for _ in range(pairs):
            torch.mm(x, there, out=middle)
            torch.mm(middle, back, out=result)
        if runs > 0:
            shortest = min(shortest, time.perf_counter() - start)
        runs += 1
    return operations * pairs / shortest / 1e9


with torch.inference_mode():
    rates = [gflops(**shape) for shape in work["shapes"]]
print(json.dumps({"about": f"PyTorch {torch.__version__} on {blas()}", "gflops": rates}))
