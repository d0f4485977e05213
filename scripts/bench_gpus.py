#!/usr/bin/env python3
"""What `gpus` and `preflight` cost, against a stand-in NVML with eight GPUs and 100 real holders.

    scripts/bench_gpus.py FOLDER [--runs 15] [--seconds 30]

Ratios are of medians of whole processes, run in turn: absolute times mean nothing on a shared machine.

    gpus         envdoctor gpus                            <= 2.0x of python -c "import rich, typer"
    preflight    envdoctor preflight --gpus 1 -- true      <= 2.0x
    watch        envdoctor gpus --watch in a terminal, all its processes    < 1 % of one CPU, at one look a second
    wait         envdoctor preflight --wait, while no GPU gets free         < 0.1 % of one CPU, over a minute

Run it with the Python that envdoctor is installed in; gcc builds the stand-in into FOLDER. For the last two the state
of the cards changes every second, as on a machine that works.
"""

from __future__ import annotations

import argparse
import compileall
import fcntl
import json
import os
import pty
import signal
import statistics
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from typing import Dict, List

ROOT = Path(__file__).resolve().parent.parent
LIMITS = {"gpus": 2.0, "preflight": 2.0, "watch": 0.01, "wait": 0.001}
HOLDERS = 100
WARM = 8.0  # seconds until a watch or a wait is under way
TICK = os.sysconf("SC_CLK_TCK")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long a watch and a wait are measured")
    parser.add_argument("--only", choices=("start", "watch", "wait"), help="one part of it")
    options = parser.parse_args()

    holders = [subprocess.Popen(["sleep", "100000"]) for _ in range(HOLDERS)]
    try:
        machine = Machine(options.folder, [holder.pid for holder in holders])
        shares: Dict[str, float] = {}
        if options.only in (None, "start"):
            shares.update(starts(machine, options.runs))
        if options.only in (None, "watch"):
            shares["watch"] = watched(machine, options.seconds)
        if options.only in (None, "wait"):
            shares["wait"] = waited(machine, options.seconds)
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()
    print(json.dumps({"found": {name: round(value, 5) for name, value in shares.items()}, "limits": LIMITS}, indent=2))
    return int(any(value > LIMITS[name] for name, value in shares.items()))


class Machine:
    """A stand-in NVML, and the state that it shows."""

    def __init__(self, folder: Path, pids: List[int]) -> None:
        self._pids = pids
        folder.mkdir(parents=True, exist_ok=True)
        library = folder / "libnvidia-ml.so.1"
        source = ROOT / "tests" / "fakenvml" / "fakenvml.c"
        if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-lpthread"], check=True)
        # As where it is installed: modules have their bytecode, and it may be kept.
        compileall.compile_dir(str(ROOT / "envdoctor"), quiet=1)
        self._state = folder / "state.conf"
        own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        (folder / "site.toml").touch()
        self.environ = {
            **own,
            "LD_LIBRARY_PATH": str(folder),
            "FAKENVML": str(self._state),
            "ENVDOCTOR_CLAIMS": str(folder / "claims"),
            "ENVDOCTOR_SITE": str(folder / "site.toml"),
            "TERM": "xterm-256color",
        }

    def show(self, moment: int, free: bool) -> None:
        """The holders on all cards, with a load that differs from moment to moment; `free`: on all but the first."""
        text = "driver = 580.82.07\ncuda = 13.0\n[gpu x8]\n"
        for card in range(8):
            util = 20 + (moment * 7 + card * 11) % 80
            mine = [pid for place, pid in enumerate(self._pids) if place % 8 == card]
            text += f"[gpu {card}]\nutil = {util}\ntemp = {50 + util // 4}\npower = {100000 + util * 2500}\n"
            if free and card == 0:
                text += "util = 0\n"
                continue
            text += "".join(f"proc = C {pid} 2000 {(util + pid) % 9}\n" for pid in mine)
        fresh = self._state.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self._state)

    def lively(self, stop: threading.Event) -> None:
        moment = 0
        while not stop.wait(1.0):
            moment += 1
            self.show(moment, free=False)


def starts(machine: Machine, runs: int) -> Dict[str, float]:
    """Each command `runs` times after one warm-up, in turn, forwards and backwards."""
    ours = [sys.executable, "-m", "envdoctor"]
    commands = {
        "floor": [sys.executable, "-c", "import rich, typer"],
        "gpus": [*ours, "gpus"],
        "preflight": [*ours, "preflight", "--gpus", "1", "--", "true"],
    }
    times: Dict[str, List[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in list(commands.items())[:: -1 if turn % 2 else 1]:
            machine.show(turn, free=name == "preflight")
            started = time.perf_counter()
            code = subprocess.call(command, env=machine.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if code:
                raise SystemExit(f"{' '.join(command)} ended with {code}")
            if turn:
                times[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(" ".join(f"{name} {value * 1000:.0f} ms" for name, value in medians.items()), file=sys.stderr)
    return {name: medians[name] / medians["floor"] for name in ("gpus", "preflight")}


def watched(machine: Machine, seconds: float) -> float:
    return share(machine, [sys.executable, "-m", "envdoctor", "gpus", "--watch"], seconds, WARM)


def waited(machine: Machine, seconds: float) -> float:
    """Over a minute at least, once it is under way."""
    wait = [sys.executable, "-m", "envdoctor", "preflight", "--wait", "1h", "--", "true"]
    return share(machine, wait, max(seconds, 60.0), 15.0)


def share(machine: Machine, command: List[str], seconds: float, warm: float) -> float:
    """Of one CPU, by the kernel's own count of a program in a terminal, its children included."""
    machine.show(0, free=False)
    stop = threading.Event()
    lively = threading.Thread(target=machine.lively, args=(stop,))
    lively.start()
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 140, 180, 0, 0))  # room for all holders
    child = subprocess.Popen(
        command, env=machine.environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    reader = threading.Thread(target=drain, args=(ours,))
    reader.start()
    try:
        time.sleep(warm)
        before, begun = used(child.pid), time.monotonic()
        time.sleep(seconds)
        spent, passed = used(child.pid) - before, time.monotonic() - begun
        if child.poll() is not None:
            raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
        return spent / passed
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(10)
        stop.set()
        lively.join()
        reader.join()
        os.close(ours)


def drain(terminal: int) -> None:
    try:
        while os.read(terminal, 1 << 16):
            pass
    except OSError:  # the other end is closed
        pass


def used(pid: int) -> float:
    """Seconds of CPU of a process, of its children that live and of those that it has waited for."""
    total = 0.0
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(entry) == pid:
                total += sum(map(int, fields[11:15]))
            elif int(fields[1]) == pid:
                total += sum(map(int, fields[11:13]))
    return total / TICK


if __name__ == "__main__":
    sys.exit(main())
