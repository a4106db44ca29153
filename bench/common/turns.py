"""What the Python sides of all comparisons share: how they say that they are ready, and answer commands. A line in is a word and a
number, such as `run 20`; a line out is the answer as JSON."""

import json
import os
import sys
import time


def resident():
    """How many bytes this process holds in memory now."""
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def tell(message):
    print(json.dumps(message), flush=True)


def serve(about, started, baseline, answers):
    """`answers` has, for each command's word, a function from its number to the answer; `baseline` is what was resident before the
    model was loaded."""
    tell({"about": about, "setup": time.perf_counter() - started, "baseline": baseline})
    for line in sys.stdin:
        word, amount = line.split()
        tell(answers[word](float(amount)))


def repeated(measure):
    """Repeats a piece of work, which returns its milliseconds and its token ids, for so many milliseconds, three times at least."""

    def turn(milliseconds):
        times, tokens = [], []
        start = time.perf_counter()
        while len(times) < 3 or (time.perf_counter() - start) * 1000 < milliseconds:
            spent, tokens = measure()
            times.append(spent)
        return {"times": times, "tokens": tokens}

    return turn
