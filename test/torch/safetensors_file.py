"""Writes and reads safetensors files by the published format alone: json and struct, nothing else.

`write PATH` saves some tensors; `read PATH` prints those of a file as JSON: name, type, shape, numbers.
"""

import json
import struct
import sys

CODES = {"F64": "d", "F32": "f", "F16": "e", "I64": "q", "U64": "Q", "I32": "i", "U32": "I", "BF16": "H", "U16": "H",
         "I16": "h", "I8": "b", "U8": "B", "BOOL": "B"}

TENSORS = {
    "second": ("F32", [2, 3], [0.5, -1.25, 3.0, 1e-40, -3.4028234663852886e38, 7.0]),
    "first.weight": ("F16", [4], [1.0, -0.333251953125, 6.103515625e-05, 65504.0]),
    "naïve 🐋": ("I8", [3], [-128, 0, 127]),
    "unaligned": ("F64", [], [0.1]),
    "nothing": ("I32", [3, 0], []),
    "truth": ("BOOL", [1, 2], [1, 0]),
    "large": ("I64", [2], [-(2**63), 2**63 - 1]),
    "bits": ("BF16", [2], [0x3F80, 0xC0A0]),
}


def write(path):
    header, data = {"__metadata__": {"made by": "hand", "é": "ü"}}, b""
    for name, (dtype, shape, numbers) in TENSORS.items():
        part = struct.pack(f"<{len(numbers)}{CODES[dtype]}", *numbers)
        header[name] = {"shape": shape, "data_offsets": [len(data), len(data) + len(part)], "dtype": dtype}
        data += part
    text = json.dumps(header, indent=1, ensure_ascii=False).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        start = file.tell()
        answer = {"start": start, "metadata": header.pop("__metadata__", {}), "tensors": []}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            numbers = [number for (number,) in struct.iter_unpack("<" + CODES[entry["dtype"]], file.read(end - begin))]
            answer["tensors"].append([name, entry["dtype"], entry["shape"], [str(number) for number in numbers]])
    return answer


if sys.argv[1] == "write":
    write(sys.argv[2])
else:
    json.dump(read(sys.argv[2]), sys.stdout)
