"""PyTorch's side of the comparison of export: from modules with their weights to a file.

Usage: export.py FOLDER, the folder being the one that bench/export/export.ts writes. A line `forward 1` writes the file once; the
answer has the milliseconds that it took. How commands are answered is in bench/common/turns.py.
"""

import json
import sys
import time
import warnings
from pathlib import Path

started = time.perf_counter()

import torch
from module_gpt import ModuleGPT
from side import about, resident, serve, tell, weights_of

folder = Path(sys.argv[1])
baseline = resident()
work = json.loads((folder / "workload.json").read_text())
weights = weights_of(folder, work["parameters"])


class Scores(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gpt = ModuleGPT(work["config"], weights)

    def forward(self, tokens):
        return self.gpt(tokens)[0]


model = Scores().eval()
tokens = torch.zeros(2, work["config"]["block"] // 2, dtype=torch.int32)


def forward(_):
    start = time.perf_counter()
    torch.onnx.export(
        model,
        (tokens,),
        str(folder / "torch.forward.onnx"),
        input_names=["tokens"],
        output_names=["logits"],
        dynamic_axes={"tokens": {0: "batch", 1: "time"}, "logits": {0: "batch", 1: "time"}},
        opset_version=17,
    )
    return {"times": [(time.perf_counter() - start) * 1000]}


warnings.simplefilter("ignore")
try:
    with torch.no_grad():
        forward(1)
except Exception as error:  # whatever this version of PyTorch lacks for it
    tell({"skipped": f"torch.onnx.export is not compared with, because it fails here: {error}".splitlines()[0]})
else:
    with torch.no_grad():
        serve(about(), started, baseline, {"forward": forward})
