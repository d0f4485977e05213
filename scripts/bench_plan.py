"""What planning costs beyond start-up: milliseconds of `envdoctor plan ...` less those of `envdoctor --version`.

    python scripts/bench_plan.py [--runs 30] [--limit 50]

The commands are run in turn, so that another load on the machine falls on all alike, and the medians are compared;
processor time is what the process itself used. Exits 1 where a median difference of processor time is above the limit.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from typing import Dict, List, Sequence, Tuple

COMMANDS: Tuple[Tuple[str, ...], ...] = (
    ("plan", "torch==2.5.1", "--accelerator", "cu121", "--print-cmd"),
    ("plan", "torch==2.5.1", "--accelerator", "cu121", "--manager", "conda", "--print-cmd"),
    ("plan", "torch>=2.1", "--driver", "535", "--gpu", "RTX 3090", "--print-cmd"),
    ("plan", "--driver", "535.129.03", "--gpu", "RTX 3090", "--python", "3.10", "--glibc", "2.31", "--print-cmd"),
    ("plan", "--driver", "535", "--gpu", "A100", "--build", "mmcv", "--print-cmd"),
    ("plan", "--why-not", "torch==2.6.0", "--driver", "470.57.02", "--gpu", "A100", "--print-cmd"),
)
#: Starts as a plan does, and does nothing.
NOTHING = ("plan", "--help")


def once(args: Sequence[str]) -> Tuple[float, float]:
    """Milliseconds by the clock, and of the processor."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "envdoctor", *args], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall * 1000, used * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--limit", type=float, default=50.0, help="milliseconds")
    options = parser.parse_args()
    every = (("--version",), NOTHING, *COMMANDS)
    found: Dict[Tuple[str, ...], List[Tuple[float, float]]] = {args: [] for args in every}
    for turn in range(options.runs + 2):
        for args in every if turn % 2 else reversed(every):
            taken = once(args)
            if turn >= 2:  # the first turns fill the caches
                found[args].append(taken)
    wall, used = ({args: statistics.median(one[k] for one in took) for args, took in found.items()} for k in (0, 1))
    print("| command | ms | beyond --version | of the processor | beyond --version |\n|---|---|---|---|---|")
    for args in every:
        more = (wall[args] - wall[every[0]], used[args] - used[every[0]])
        words = " ".join(f"'{word}'" if " " in word or ">" in word else word for word in args)
        print(f"| `{words}` | {wall[args]:.0f} | {more[0]:.0f} | {used[args]:.0f} | {more[1]:.0f} |")
    return int(max(used[args] - used[every[0]] for args in COMMANDS) > options.limit)


if __name__ == "__main__":
    sys.exit(main())
