"""llama.cpp's own side of the comparison of generating: its C functions, called with nothing in between, from the libraries that the
npm package @node-llama-cpp/linux-x64 has in it.

Usage: direct.py FOLDER THREADS LIBRARIES, the folder being the one that bench/decode/workload.ts writes, the libraries that of
libllama. What it answers is in bench/common/turns.py.
"""

import json
import sys
import time
from ctypes import CDLL, CFUNCTYPE, POINTER, RTLD_GLOBAL, Structure, c_bool, c_char_p, c_float, c_int, c_int32, c_uint32, c_void_p
from pathlib import Path

started = time.perf_counter()

sys.path.append(str(Path(__file__).parent.parent / "common"))

from turns import repeated, resident, serve


class Options(Structure):
    """Options of a model or a context as they come from llama.cpp, handed back as they are but for the first of a context's: how
    many tokens it has room for. What is beyond the end of theirs is never looked at."""

    _fields_ = [("n_ctx", c_uint32), ("others", c_uint32 * 127)]


class Batch(Structure):
    _fields_ = [("n_tokens", c_int32), ("others", c_void_p * 6)]


def library(folder, name):
    """A library by the beginning of its name: before `.so` may stand its version."""
    found = sorted(path for path in folder.iterdir() if path.name.startswith(name + ".") and ".so" in path.suffixes)
    if not found:
        raise SystemExit(f"there is no {name} in {folder}")
    return CDLL(str(found[0]), RTLD_GLOBAL)


quiet = CFUNCTYPE(None, c_int, c_char_p, c_void_p)(lambda level, text, data: None)


def load_llama(folder):
    """libllama with what is used of it declared, its backends for this machine's CPU loaded."""
    ggml, llama = library(folder, "libggml"), library(folder, "libllama")
    functions = {
        "llama_model_default_params": (Options, []),
        "llama_context_default_params": (Options, []),
        "llama_model_load_from_file": (c_void_p, [c_char_p, Options]),
        "llama_init_from_model": (c_void_p, [c_void_p, Options]),
        "llama_set_n_threads": (None, [c_void_p, c_int32, c_int32]),
        "llama_get_memory": (c_void_p, [c_void_p]),
        "llama_memory_clear": (None, [c_void_p, c_bool]),
        "llama_batch_get_one": (Batch, [POINTER(c_int32), c_int32]),
        "llama_decode": (c_int32, [c_void_p, Batch]),
        "llama_get_logits_ith": (POINTER(c_float), [c_void_p, c_int32]),
    }
    for name, (result, arguments) in functions.items():
        function = getattr(llama, name)
        function.restype, function.argtypes = result, arguments
    ggml.ggml_backend_load_all_from_path.argtypes = [c_char_p]
    ggml.ggml_log_set(quiet, None)
    llama.llama_log_set(quiet, None)
    ggml.ggml_backend_load_all_from_path(str(folder).encode())
    llama.llama_backend_init()
    return llama


class Generating:
    def __init__(self, folder, threads, llama):
        work = json.loads((folder / "workload.json").read_text())
        self.prompt, self.block, self.count = work["prompt"], work["block"], work["count"]
        self.vocabulary = work["config"]["vocabulary"]
        self.llama = llama
        options = self.llama.llama_model_default_params()
        model = self.llama.llama_model_load_from_file(str(folder / "model.gguf").encode(), options)
        options = self.llama.llama_context_default_params()
        options.n_ctx = len(self.block) + 1
        self.context = self.llama.llama_init_from_model(model, options)
        self.llama.llama_set_n_threads(self.context, threads, threads)
        self.memory = self.llama.llama_get_memory(self.context)

    def next(self, tokens):
        """The likeliest token after some more."""
        ids = (c_int32 * len(tokens))(*tokens)
        failed = self.llama.llama_decode(self.context, self.llama.llama_batch_get_one(ids, len(tokens)))
        if failed:
            raise SystemExit(f"llama_decode failed with {failed}")
        scores = self.llama.llama_get_logits_ith(self.context, -1)[: self.vocabulary]
        return scores.index(max(scores))

    def decode(self):
        self.llama.llama_memory_clear(self.memory, True)
        tokens = [self.next(self.prompt)]
        start = time.perf_counter()
        while len(tokens) < self.count:
            tokens.append(self.next(tokens[-1:]))
        return (time.perf_counter() - start) * 1000 / (self.count - 1), tokens

    def prefill(self):
        self.llama.llama_memory_clear(self.memory, True)
        start = time.perf_counter()
        token = self.next(self.block)
        return (time.perf_counter() - start) * 1000, [token]


libraries = Path(sys.argv[3])
llama = load_llama(libraries)
baseline = resident()
generating = Generating(Path(sys.argv[1]), int(sys.argv[2]), llama)
version = json.loads((libraries / "_nlcBuildMetadata.json").read_text())["buildOptions"]["llamaCpp"]["release"]
answers = {"decode": repeated(generating.decode), "prefill": repeated(generating.prefill)}
serve(f"llama.cpp {version}, called directly", started, baseline, answers)
