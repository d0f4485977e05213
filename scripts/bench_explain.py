#!/usr/bin/env python3
"""How fast and how small `envdoctor explain` is on large logs: whole processes, on one core, beside `grep -E`.

    scripts/bench_explain.py [--megabytes 100] [--gigabyte] [--runs 3] [--limits]

Inputs are made in a temporary folder, each of that size:

    training    no hits: a training log with colours, figures that change and progress bars that are redrawn
    random      no hits but by chance: printable characters, no two lines alike
    words       no hits but by chance: made-up words, no two lines alike
    realistic   the training log, with one line in a thousand that a signature is about
    dense       the training log, with one such line in ten
    reports     nothing but such lines, each made different by a random word

Each is read from stdin by `python -m envdoctor explain --elsewhere -`, and its first megabyte (`--grep-megabytes`, 0
leaves grep out) by `LC_ALL=C grep -E -i -c` with the patterns of all signatures, which only counts lines. grep has half
a minute: where that is not enough `grep_lines` is null, and its rate is lower than told.

Printed is JSON: megabytes a second of processor time and of the clock, by the fastest of `--runs` runs, the ratio of
envdoctor's rate to grep's, and the peak of resident memory in megabytes (10^6 bytes). `--gigabyte` also sends 1 GB of
the realistic log through the whole command, and tells its memory. With `--limits` the exit code is 1 where a rate is
below 50 MB/s of processor time without hits or 10 MB/s with hits, or memory above 200 MB.

Linux only; run it with the Python that envdoctor is installed in.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import string
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

ROOT = Path(__file__).resolve().parent.parent
COMMAND = (sys.executable, "-m", "envdoctor", "explain", "--elsewhere", "--format", "json", "-")
MB = 1_000_000
GREP_SECONDS = 30
WITHOUT_HITS, WITH_HITS, MEMORY = 50, 10, 200  # MB/s, MB/s, MB
LIMITS = {
    **dict.fromkeys(("training", "random", "words"), WITHOUT_HITS),
    **dict.fromkeys(("realistic", "dense", "reports"), WITH_HITS),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=100, help="size of each input")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--grep-megabytes", type=int, default=1)
    parser.add_argument("--only", choices=sorted(LIMITS), action="append", help="these inputs alone")
    parser.add_argument("--gigabyte", action="store_true")
    parser.add_argument("--limits", action="store_true", help="exit with 1 where a limit is missed")
    options = parser.parse_args()

    core = sorted(os.sched_getaffinity(0))[0]
    os.sched_setaffinity(0, {core})
    result: Dict[str, Any] = {"megabytes": options.megabytes, "load": os.getloadavg()[0], "inputs": {}}
    missed: List[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # As it is installed: compiled once, wherever the sources lie and whatever this shell says of that.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        patterns = folder / "patterns"
        patterns.write_text("\n".join(grep_patterns()), encoding="utf-8")
        for kind in options.only or LIMITS:
            log = folder / "log"
            write(log, kind, options.megabytes * MB)
            told = measured(log, patterns, options.runs, options.grep_megabytes)
            result["inputs"][kind] = told
            if told["mb_per_second_cpu"] < LIMITS[kind] or told["peak_mb"] > MEMORY:
                missed.append(kind)
        if options.gigabyte:
            write(log, "realistic", 1000 * MB)
            seconds, clock, peak, _ = run(COMMAND, log)
            result["gigabyte"] = {"seconds_cpu": round(seconds, 1), "seconds": round(clock, 1), "peak_mb": peak}
            if peak > MEMORY:
                missed.append("gigabyte")
    result["missed"] = missed
    print(json.dumps(result, indent=2))
    return int(bool(missed) and options.limits)


def measured(log: Path, patterns: Path, runs: int, grep_megabytes: int) -> Dict[str, Any]:
    size = log.stat().st_size / MB
    best = min(run(COMMAND, log) for _ in range(runs))
    told: Dict[str, Any] = {
        "mb_per_second_cpu": round(size / best[0], 1),
        "mb_per_second": round(size / best[1], 1),
        "peak_mb": best[2],
        "findings": [finding["name"] for finding in json.loads(best[3])["findings"]][:3],
    }
    if grep_megabytes:
        with log.open("rb+") as stream:
            stream.truncate(min(log.stat().st_size, grep_megabytes * MB))
        part = log.stat().st_size / MB
        grep = run(
            ("env", "LC_ALL=C", "timeout", str(GREP_SECONDS), "grep", "-E", "-i", "-c", "-a", "-f", str(patterns)), log
        )
        told["grep_mb_per_second_cpu"] = round(part / grep[0], 2)
        # Where it did not come to an end its rate is below this, and the ratio above.
        told["grep_lines"] = int(grep[3]) if grep[3].strip() else None
        told["ratio_to_grep"] = round(size / best[0] / (part / grep[0]), 1)
    return told


def run(command: Sequence[str], log: Path) -> Tuple[float, float, float, str]:
    """Seconds of processor time and of the clock, the peak of resident memory in MB, and what was printed."""
    with log.open("rb") as stream, tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        environ = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
        child = subprocess.Popen(command, stdin=stream, stdout=output, env=environ)
        _, status, used = os.wait4(child.pid, 0)
        clock = time.perf_counter() - started
        child.returncode = status
        output.seek(0)
        printed = output.read().decode("utf-8")
    if status & 0x7F or (status >> 8) not in (0, 1, 124):
        raise SystemExit(f"{' '.join(command[:4])} ended with status {status}")
    return used.ru_utime + used.ru_stime, clock, round(used.ru_maxrss * 1024 / MB, 1), printed


def grep_patterns() -> List[str]:
    """The signatures' patterns as grep -E writes them, each on a line."""
    from envdoctor.compat import CompatTable

    return [of_grep(row.pattern) for row in CompatTable().signatures()]


def of_grep(pattern: str) -> str:
    """Python's dialect to grep's, nearly: no look-around, no lazy repeats, no newlines."""
    pattern = re.sub(r"\(\?<?[=!](?:[^()\\]|\\.|\([^()]*\))*\)", "", pattern)
    pattern = re.sub(r"\(\?m?:", "(", pattern).replace(r"\\n", "").replace(r"[^\n]", ".")
    pattern = re.sub(r"([*+?}])\?", r"\1", pattern)
    pattern = re.sub(r"\\n[?*+]?|\\n", "", pattern).replace(r"\d", "[0-9]")
    # In grep's brackets a backslash stands for itself.
    return re.sub(r"\\.|\[(?:[^\]\\]|\\.)*\]", lambda found: in_brackets(found.group()), pattern)


def in_brackets(text: str) -> str:
    if text.startswith("\\"):
        return text
    inside = text[1:-1].replace(r"\d", "0-9").replace(r"\w", "a-zA-Z0-9_").replace(r"\s", " ").replace("[0-9]", "0-9")
    inside = re.sub(r"\\(.)", r"\1", inside)
    negated, inside = inside.startswith("^"), inside[1:] if inside.startswith("^") else inside
    if "]" in inside:
        inside = "]" + inside.replace("]", "")
    return f"[{'^' if negated else ''}{inside}]" if inside else "."


def write(log: Path, kind: str, size: int, seed: int = 1) -> None:
    """So many bytes of that kind of log, the same at every run; of more than 50 MB the beginning comes again."""
    # In pieces: what this process has in memory counts as its children's peak.
    with log.open("wb") as stream:
        stream.writelines(lines_of(kind, min(size, 50 * MB), random.Random(seed)))
    once = log.stat().st_size
    with log.open("rb") as source, log.open("ab") as stream:
        for at in range(once, size, once):
            source.seek(0)
            for start in range(0, min(once, size - at), MB):
                stream.write(source.read(min(MB, once - start, size - at - start)))
    os.truncate(str(log), size)


def lines_of(kind: str, size: int, chance: random.Random) -> Iterator[bytes]:
    share = {"realistic": 0.001, "dense": 0.1, "reports": 1.0}.get(kind, 0.0)
    makers: Dict[str, Callable[[random.Random], Iterator[str]]] = {"random": random_lines, "words": word_lines}
    plain = makers.get(kind, training_lines)(chance)
    messages: Optional[List[str]] = None
    while size > 0:
        text = next(plain) if share < 1 else ""
        if share and chance.random() < share:
            messages = messages or signature_lines()
            text += chance.choice(messages) + (f" {chance.getrandbits(60):x}\n" if kind == "reports" else "\n")
        data = text.encode("utf-8")
        size -= len(data)
        yield data


def signature_lines() -> List[str]:
    from envdoctor.compat import CompatTable

    return [line for row in CompatTable().signatures() for line in row.matches]


def training_lines(chance: random.Random) -> Iterator[str]:
    step = 0
    while True:
        step += 1
        epoch, clock = step // 200, f"2024-05-{1 + step // 5000 % 28:02d} 12:{step // 60 % 60:02d}:{step % 60:02d}"
        if step % 200 == 0:
            yield f"\x1b[32m{clock} INFO\x1b[0m epoch {epoch} saved to /data/run/{epoch}.pt\n"
        elif step % 10 == 0:
            yield "".join(bar(epoch, share, chance) for share in range(0, 101, 20)) + "\n"
        else:
            figures = [chance.random() for _ in range(4)]
            yield (
                f"{clock},{chance.randrange(1000):03d} INFO train: epoch {epoch} iter {step} loss {figures[0]:.6f} "
                f"lr {figures[1] / 1000:.3e} gpu_mem 9.9G time {figures[2]:.3f} grad_norm {figures[3]:.4f}\n"
            )


def bar(epoch: int, share: int, chance: random.Random) -> str:
    """One state of a progress bar, which is drawn over the last one."""
    drawn = f"{share:3d}%|{'█' * (share // 10):10}| {share}/100"
    speed, loss = chance.random() * 30, chance.random()
    return f"\rEpoch {epoch}: {drawn} [00:{share % 60:02d}<00:09, {speed:.2f}it/s, loss={loss:.4f}]"


def random_lines(chance: random.Random) -> Iterator[str]:
    letters = string.ascii_letters + string.digits + "     -_/.:="
    while True:
        yield "".join(chance.choices(letters, k=chance.randint(20, 160))) + "\n"


def word_lines(chance: random.Random) -> Iterator[str]:
    words = ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 11))) for _ in range(30_000)]
    while True:
        yield " ".join(chance.choices(words, k=chance.randint(4, 20))) + "\n"


if __name__ == "__main__":
    sys.exit(main())
