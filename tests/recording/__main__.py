"""Record the machines again: python -m tests.recording FOLDER [NAME...]"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import machines
from .stage import REPOSITORY, Stage

MACHINES = REPOSITORY / "tests" / "machines"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="holds roots/NAME and torch/VERSION")
    parser.add_argument("names", nargs="*", help="default: all")
    parser.add_argument("--on-stage", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.on_stage:
        return on_stage(options.names[0], options.folder.resolve(), Path(options.names[1]))
    failed = 0
    for name in options.names or machines.MACHINES:
        work = Path(tempfile.mkdtemp(prefix="stage-"))
        again = [sys.executable, "-m", "tests.recording", "--on-stage", str(options.folder), name, str(work)]
        done = subprocess.run(["unshare", "-m", "-u", "-p", "--fork", *again], cwd=REPOSITORY)
        print(name, "recorded" if done.returncode == 0 else "FAILED", flush=True)
        failed += done.returncode != 0
        shutil.rmtree(work, ignore_errors=True)
    return failed


def on_stage(name: str, parts: Path, work: Path) -> int:
    build, root = machines.MACHINES[name]
    lower = parts / "roots" / root if root else Path("/")
    stage = Stage(work, parts, lower)
    stage.record(build(stage), MACHINES / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
