#!/usr/bin/env python3
"""The heal rate: real broken environments, the printed commands run as they stand, and what is left to find after.

    scripts/heal_rate.py [--format json] [--only PATTERN]... [--jobs 2] [--keep FOLDER]

Every environment of tests/heal/recipes.toml is built with the real pip (and py-rattler for conda) from stand-in
wheels, then `envdoctor fix --print-cmd` is run once and its lines are given to bash unchanged. Downloads are answered
on loopback: a proxy behind which download.pytorch.org, pypi.org and others hold stand-in wheels with real names.
Exit code 1 if any environment is not healed in that one pass, or another package changed its version without need.

Needs root (mount namespaces), gcc and openssl, and for conda the `test` extra. Interpreters that are missing here
count as not healed.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Dict, List, Sequence

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.fakenvml import build_nvml
from tests.heal import conda
from tests.heal.bench import Outcome, Workshop, clear, heal
from tests.heal.proxy import stage
from tests.heal.recipes import Recipe, recipes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--only", action="append", default=[], help="names of environments, with * and ?")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="build here, and leave the environments for a look")
    options = parser.parse_args()
    chosen = [one for one in recipes() if not options.only or any(fnmatch.fnmatch(one.name, p) for p in options.only)]
    folder = options.keep or Path(tempfile.mkdtemp(prefix="heal-"))
    try:
        outcomes = healed(chosen, folder, options.jobs, options.keep is not None)
    finally:
        if not options.keep:
            clear(folder)
    print(json.dumps(as_json(outcomes), indent=2) if options.format == "json" else as_text(outcomes))
    return int(not outcomes or any(not one.healed or one.changed for one in outcomes))


def healed(chosen: Sequence[Recipe], folder: Path, jobs: int, keep: bool) -> List[Outcome]:
    nvml = folder / "nvml"
    nvml.mkdir(parents=True, exist_ok=True)
    with stage(folder / "stage") as running:
        channels = conda.channels(folder / "channels") if any(one.kind == "conda" for one in chosen) else {}
        workshop = Workshop(running, build_nvml(nvml), channels)

        def one(recipe: Recipe) -> Outcome:
            place = folder / recipe.name
            outcome = heal(recipe, place, workshop)
            print(line_of(outcome), file=sys.stderr, flush=True)
            if not keep:
                clear(place)
            return outcome

        with ThreadPoolExecutor(jobs) as pool:
            return list(pool.map(one, chosen))


def as_json(outcomes: Sequence[Outcome]) -> Dict[str, object]:
    return {"total": totals(outcomes), "environments": [asdict(one) for one in outcomes]}


def totals(outcomes: Sequence[Outcome]) -> Dict[str, int]:
    return {
        "environments": len(outcomes),
        "healed": sum(one.healed for one in outcomes),
        "changed_without_need": sum(len(one.changed) for one in outcomes),
    }


def line_of(one: Outcome) -> str:
    verdict = "healed" if one.healed else "NOT healed"
    return f"{one.name} (Python {one.python}, {one.kind}): {one.cause}: {verdict}, {one.seconds:.0f} s"


def as_text(outcomes: Sequence[Outcome]) -> str:
    lines: List[str] = []
    for one in outcomes:
        lines.append(line_of(one))
        lines += [f"    $ {command}" for command in one.commands]
        lines += [f"    left: {left}" for left in one.left]
        lines += [f"    changed without need: {changed}" for changed in one.changed]
        lines += [f"    {text}" for text in one.trouble.splitlines()]
    said = totals(outcomes)
    lines.append(
        f"{said['environments']} environments, {said['healed']} healed in one pass, "
        f"{said['changed_without_need']} versions changed without need"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
