"""What the Python sides of the comparison of generating share: a line `decode M` or `prefill M` in means to work for M milliseconds,
three times at least; the answer is a line of JSON: the milliseconds of each time, and the token ids of the last one."""

import json
import sys
import time


def tell(message):
    print(json.dumps(message), flush=True)


def answer_commands(about, started, measures):
    """`measures` has, for each kind of work, a function that does it once and returns its milliseconds and its token ids."""
    tell({"about": about, "setup": time.perf_counter() - started})
    for line in sys.stdin:
        work, milliseconds = line.split()
        times, tokens = [], []
        start = time.perf_counter()
        while len(times) < 3 or (time.perf_counter() - start) * 1000 < float(milliseconds):
            spent, tokens = measures[work]()
            times.append(spent)
        tell({"times": times, "tokens": tokens})
