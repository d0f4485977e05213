#!/usr/bin/env python3
"""How fast a check is, as ratios within one run; absolute times mean nothing on a shared machine.

    scripts/bench.py FOLDER [--torch torch==2.14.1] [--distributions 300] [--runs 9]

FOLDER gets a virtual environment with that torch (kept, and used again next time), filled up to so many
distributions. Whole processes are timed, the commands in turn, and medians compared:

    check        envdoctor check on that environment
    floor        python -c "import rich, typer", by the Python that runs envdoctor     (check <= 2.5x)
    collect_env  python -m torch.utils.collect_env, in that environment                (check <= 0.1x)

Run it with the Python that envdoctor is installed in. A stand-in NVML with eight GPUs answers where gcc can build it.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List

ROOT = Path(__file__).resolve().parent.parent
LIMITS = {"floor": 2.5, "collect_env": 0.1}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--torch", default="torch==2.14.1", help="requirement of the torch to install")
    parser.add_argument("--python", default=sys.executable, help="base interpreter of the environment")
    parser.add_argument("--distributions", type=int, default=300)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()

    python = environment(options.folder, options.python, options.torch, options.distributions)
    environ = session(options.folder, python)
    commands = {
        "check": [sys.executable, "-m", "envdoctor", "check", "--python", str(python)],
        "floor": [sys.executable, "-c", "import rich, typer"],
        "collect_env": [str(python), "-m", "torch.utils.collect_env"],
    }
    times = measure(commands, environ, options.runs)
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    result = {
        "distributions": count(python),
        "torch": options.torch,
        "runs": options.runs,
        "median_seconds": {name: round(value, 4) for name, value in medians.items()},
        "ratios": {name: round(medians["check"] / medians[name], 3) for name in LIMITS},
        "limits": LIMITS,
    }
    print(json.dumps(result, indent=2))
    return int(any(medians["check"] > limit * medians[name] for name, limit in LIMITS.items()))


def environment(folder: Path, base: str, torch: str, wanted: int) -> Path:
    """A virtual environment with torch and at least `wanted` distributions; returns its interpreter."""
    python = folder / "env" / "bin" / "python"
    if not python.exists():
        subprocess.run([base, "-m", "venv", str(folder / "env")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", torch, "numpy<3"], check=True)
    site = next((folder / "env" / "lib").glob("python*/site-packages"))
    for number in range(wanted - len(list(site.glob("*.dist-info")))):
        distribution(site, f"filler-{number:03d}")
    return python


def distribution(site: Path, name: str) -> None:
    """An ordinary small distribution: 40 lines of metadata, 5 requirements, 30 files."""
    module = name.replace("-", "_")
    (site / module).mkdir()
    files = ["__init__.py", *(f"part{number}.py" for number in range(29))]
    for file in files:
        (site / module / file).write_text("")
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    requires = ["numpy>=1.20", "jinja2>=2", "typing-extensions>=4", 'tomli>=1; python_version < "3.11"']
    requires.append('pytest; extra == "test"')
    head = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", "Requires-Python: >=3.8"]
    head += ["Classifier: Programming Language :: Python :: 3"] * 30
    head += [f"Requires-Dist: {line}" for line in requires]
    (info / "METADATA").write_text("\n".join([*head, "", "A long description. " * 200]))
    (info / "INSTALLER").write_text("pip\n")
    (info / "RECORD").write_text("".join(f"{module}/{file},,\n" for file in files))


def count(python: Path) -> int:
    return len(list((python.parent.parent / "lib").glob("python*/site-packages/*.dist-info")))


def session(folder: Path, python: Path) -> Dict[str, str]:
    """The environment is active, and a stand-in NVML answers where it can be built."""
    # As where it is installed: modules have their bytecode, and it may be kept.
    compileall.compile_dir(str(ROOT / "envdoctor"), quiet=1)
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ = {**own, "PATH": f"{python.parent}:{os.environ['PATH']}", "VIRTUAL_ENV": str(python.parent.parent)}
    library = folder / "nvml" / "libnvidia-ml.so.1"
    source = ROOT / "tests" / "fakenvml" / "fakenvml.c"
    if source.exists() and not library.exists():
        library.parent.mkdir(parents=True, exist_ok=True)
        built = subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-lpthread"])
        if built.returncode:
            return environ
    state = folder / "nvml" / "eight.conf"
    state.write_text("driver = 580.82.07\ncuda = 13.0\n[gpu x8]\n")
    return {**environ, "LD_LIBRARY_PATH": str(library.parent), "FAKENVML": str(state)}


def measure(commands: Dict[str, List[str]], environ: Dict[str, str], runs: int) -> Dict[str, List[float]]:
    """Each command `runs` times after one warm-up, in turn, so that a drift of the machine meets all of them.

    Every other turn goes backwards: what collect_env leaves of the caches is not always met by the same command.
    """
    times: Dict[str, List[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in list(commands.items())[:: -1 if turn % 2 else 1]:
            started = time.perf_counter()
            subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if turn:
                times[name].append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    sys.exit(main())
