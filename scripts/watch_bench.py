"""Measures what `envdoctor watch` is worth: real DataLoader jobs of known kinds, named from outside.

    python scripts/watch_bench.py --python TORCH_ENV/bin/python [--record FILE.jsonl] [--only KIND] [--seconds 10]
    python scripts/watch_bench.py --score tests/watch/recorded.jsonl.gz

The first runs jobs (tests/watch/job.py) at every setting (tests/watch/settings.py) beside a stand-in driver whose
utilisation follows their compute phases, and writes what the watch saw and what the jobs' own clocks say, a line a run.
The second judges such a file again and prints how many were named right on either half. Reading and CPU time are held
back by real control groups (cgroup v1, root); settings that need them are left out elsewhere.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from envdoctor.codec import to_plain
from tests.fakenvml import build_nvml
from tests.watch.recordings import Score, score
from tests.watch.runs import Bench, can_throttle, run
from tests.watch.settings import settings


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def record(options: argparse.Namespace, folder: Path) -> None:
    bench = Bench(options.python, build_nvml(folder), folder)
    bench.prepare()
    into = open(options.record, "a", encoding="ascii") if options.record else None  # noqa: SIM115
    for setting in settings(len(os.sched_getaffinity(0))):
        if options.only and setting.kind not in options.only:
            continue
        if (setting.disk_mb or setting.cpu_quota) and not can_throttle():
            print(f"{setting.name}: left out, nothing can be held back here")
            continue
        for _ in range(options.repeat):
            load = os.getloadavg()[0]
            try:
                series, truth = run(bench, setting, options.seconds)
            except (AssertionError, ValueError) as error:
                print(f"{setting.name}: failed, {error}", flush=True)
                continue
            line: Dict[str, Any] = {
                "name": setting.name,
                "kind": setting.kind,
                "workers": setting.job["workers"],
                "half": setting.half,
                "load": load,
                "truth": vars(truth),
                "series": to_plain(series),
            }
            if into is not None:
                into.write(json.dumps(rounded(line), separators=(",", ":")) + "\n")
                into.flush()
            shares = {key: None if value is None else round(value, 2) for key, value in vars(truth).items()}
            print(f"{setting.name}: {shares} load {load:.1f} own {series.own_cpu:.4f}", flush=True)
    if into is not None:
        into.close()


def show(scores: List[Score]) -> None:
    for half in ("tune", "score"):
        of = [each for each in scores if each.half == half]
        right = sum(each.right for each in of)
        print(f"{half}: {right} of {len(of)} named right")
    for each in scores:
        if not each.right:
            print(f"  {each.half}  {each.name}: {each.named}, not {' or '.join(each.accepted)}  {each.numbers}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--record", metavar="FILE")
    parser.add_argument("--score", metavar="FILE")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    if options.score:
        show(score(Path(options.score)))
        return
    with tempfile.TemporaryDirectory() as folder:
        record(options, Path(folder))


if __name__ == "__main__":
    main()
