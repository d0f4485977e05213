#!/usr/bin/env python3
"""Write the parts of README.md that come from the code: the rules, the commands, the exit codes and the example.

scripts/write_readme.py          rewrite README.md
scripts/write_readme.py --check  say whether it is up to date; exit 1 when it is not
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Dict, List

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
EXAMPLE = "tests/machines/debian11-driver470-cu121"

FAMILIES = {
    "PYT": "Interpreter",
    "PKG": "Installs",
    "IDX": "Indexes, mirrors, solvers",
    "SYS": "Disk",
    "TOR": "torch build",
    "DRV": "Driver",
    "CUD": "Toolkit",
    "GCC": "Compiler and libc",
    "LIB": "Shared libraries",
    "ENV": "Variables and limits",
    "GPU": "GPUs",
}


def main() -> int:
    text = README.read_text(encoding="utf-8")
    new = text
    for name, part in parts().items():
        before, rest = new.split(f"<!-- {name} -->\n", 1)
        after = rest.split(f"<!-- /{name} -->", 1)[1]
        new = f"{before}<!-- {name} -->\n{part}<!-- /{name} -->{after}"
    if "--check" in sys.argv[1:]:
        print("README.md is up to date" if new == text else "README.md is stale: run scripts/write_readme.py")
        return int(new != text)
    README.write_text(new, encoding="utf-8")
    return 0


def parts() -> Dict[str, str]:
    return {"example": example(), "rules": rules(), "commands": commands(), "exits": exits()}


def envdoctor(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "envdoctor", *arguments], cwd=ROOT, stdout=subprocess.PIPE)
    return done.stdout.decode("utf-8")


def example() -> str:
    shown = envdoctor("check", "--replay", EXAMPLE, "--format", "plain")
    return f"```console\n$ envdoctor check\n{shown.rstrip()}\n```\n"


def rules() -> str:
    from envdoctor.render.rule_pages import headline
    from envdoctor.rules import all_rules

    rows: List[str] = []
    for family, title in FAMILIES.items():
        for rule in (rule for rule in all_rules() if rule.id.startswith(family)):
            rows.append(f"| {title} | `{rule.name}` | {headline(rule)} |\n")
            title = ""
    return "| | name | |\n|---|---|---|\n" + "".join(rows)


def commands() -> str:
    from envdoctor.commands import NAMES, one

    rows = [f"| `envdoctor {name}` | {(one(name).help or '').splitlines()[0]} |\n" for name in NAMES]
    return "| command | |\n|---|---|\n" + "".join(rows)


def exits() -> str:
    from envdoctor.exits import SENTENCES

    return "| code | |\n|---|---|\n" + "".join(f"| {int(code)} | {said} |\n" for code, said in SENTENCES.items())


if __name__ == "__main__":
    sys.exit(main())
