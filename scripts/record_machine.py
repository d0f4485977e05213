#!/usr/bin/env python3
"""Record this machine for the test-suite, or renew what is expected of one that is recorded.

    scripts/record_machine.py NAME [--python PATH | --env NAME]   record into tests/machines/NAME, write expected.json
    scripts/record_machine.py NAME --replay                       write expected.json again, from the recording
    scripts/record_machine.py --all                               the same for every machine

expected.json is what envdoctor says, not what is true: read it line by line as somebody who knows the machine would,
and correct what is wrong there; then the test fails until envdoctor is right. README.md beside it says where the
machine comes from and what was set by hand. Read the recording itself too, before it leaves the machine.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.replayed import EXPECTED, MACHINES, names, summary  # noqa: E402 - the repository is no installed package


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "name", nargs="?", help="the folder's: distribution, then what is special, as debian12-full-gpus"
    )
    parser.add_argument("--all", action="store_true", help="expected.json of every machine, from its recording")
    parser.add_argument("--replay", action="store_true", help="record nothing")
    parser.add_argument("--python", help="as for envdoctor record")
    parser.add_argument("--env", help="as for envdoctor record")
    options = parser.parse_args()
    if options.all == (options.name is not None):
        parser.error("NAME or --all")
    if not options.all and not options.replay:
        record(options.name, options.python, options.env)
    for name in names() if options.all else [options.name]:
        expect(name, options.python, options.env)
    return 0


def record(name: str, python: Any, env: Any) -> None:
    command = [sys.executable, "-m", "envdoctor", "record", str(MACHINES / name)]
    command += ["--python", python] if python else []
    command += ["--env", env] if env else []
    subprocess.run(command, check=True)


def expect(name: str, python: Any, env: Any) -> None:
    """Write expected.json; the interpreter that was asked for stays what it was, unless it is named here."""
    file = MACHINES / name / EXPECTED
    asked: Dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["asked"] if file.exists() else {}
    asked.update({key: value for key, value in (("python", python), ("env", env)) if value})
    text = json.dumps(summary(name, asked), indent=1, ensure_ascii=False) + "\n"
    changed = not file.exists() or file.read_text(encoding="utf-8") != text
    file.write_text(text, encoding="utf-8")
    print(f"{file.relative_to(ROOT)}: {'written, read it' if changed else 'as before'}")


if __name__ == "__main__":
    sys.exit(main())
