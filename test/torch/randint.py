"""Reads cases as JSON from standard input and writes the numbers that torch.randint draws for them to standard output."""

import json
import sys

import torch


def drawn(case):
    torch.manual_seed(case["seed"])
    return [torch.randint(case["count"], (case["batch"],)).tolist() for _ in range(case["batches"])]


json.dump([drawn(case) for case in json.load(sys.stdin)], sys.stdout)
