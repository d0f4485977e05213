"""Break an environment, ask for the cure, run exactly what was printed, look again."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import string
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ..envs import build, shell
from ..envs.build import Situation
from . import conda
from .proxy import Stage
from .recipes import MINORS, Recipe, machines

#: A mount namespace in which this machine's own settings of pip are out of sight. Needs root.
_ALONE = """
set -e
[ ! -e /etc/pip.conf ] || mount --bind "$1" /etc/pip.conf
[ ! -d /etc/xdg/pip ] || mount -t tmpfs none /etc/xdg/pip
shift
exec "$@"
"""
_QUIET = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1", "PIP_NO_INPUT": "1", "PIP_PROGRESS_BAR": "off"}


@dataclass(frozen=True)
class Workshop:
    """What all environments share."""

    stage: Stage
    nvml: str  # folder of the stand-in NVML
    channels: Mapping[str, str]  # name -> URL of the stand-in conda channels; empty: not built


@dataclass
class Outcome:
    name: str
    cause: str
    kind: str
    python: str
    found: List[str] = field(default_factory=list)  # findings at warning or error before
    commands: List[str] = field(default_factory=list)
    left: List[str] = field(default_factory=list)  # and after
    changed: List[str] = field(default_factory=list)  # "numpy 1.26.4 -> 2.1.3": versions changed without need
    trouble: str = ""  # what went wrong on the way: a command that failed, a report that did not come
    healed: bool = False
    seconds: float = 0.0


class Trouble(Exception):
    """Why an environment has no answer."""


def heal(recipe: Recipe, folder: Path, workshop: Workshop) -> Outcome:
    """Build the environment in that (empty) folder, and put it through one round of `fix`."""
    started = time.monotonic()
    outcome = Outcome(recipe.name, recipe.cause, recipe.kind, recipe.python)
    try:
        _round(recipe, folder, workshop, outcome)
    except (Trouble, RuntimeError, subprocess.TimeoutExpired) as trouble:
        outcome.trouble = str(trouble) or type(trouble).__name__
    outcome.seconds = round(time.monotonic() - started, 1)
    return outcome


def _round(recipe: Recipe, folder: Path, workshop: Workshop, outcome: Outcome) -> None:
    situation, prefix = _environment(recipe, folder, workshop)
    outcome.found = shell.loud(_report(_run(situation, workshop, shell.command("check", "--format", "json"))))
    if recipe.cause not in outcome.found:
        raise Trouble(f"{recipe.cause} is not found in what was built: {', '.join(outcome.found) or 'nothing is'}")
    plan = _run(situation, workshop, shell.command("fix", "--print-cmd"))
    lines, words = plan.stdout.decode("utf-8", "surrogateescape"), plan.stderr.decode("utf-8", "backslashreplace")
    outcome.commands = lines.splitlines()
    if plan.returncode or not lines:
        raise Trouble(f"no commands, exit code {plan.returncode}: {words[-600:]}")
    before = versions(situation, prefix)
    done = _run(situation, workshop, ["bash", "-c", _script(lines, words)], workshop.stage.environ())
    outcome.changed = changes(before, versions(situation, prefix), recipe.changes)
    if not done.stdout.startswith(b"{"):
        raise Trouble(f"the commands failed: {done.stderr.decode('utf-8', 'backslashreplace')[-1500:]}")
    outcome.left = [f"{one['name']}: {one['title']}" for one in _loud(_report(done))]
    outcome.healed = not outcome.left


def _script(lines: str, words: str) -> str:
    """The printed lines, then the checks that `fix` names, in the same shell: what was exported holds for them too."""
    checks = words.partition("Then see that it worked:\n")[2].splitlines()
    ours = [line.strip() for line in checks if line.startswith("  envdoctor check")]
    others = [line.strip() for line in checks if line.startswith("  ") and not line.startswith("  envdoctor")]
    # The settings that lead to the stand-in servers are of the bench, not of the user: the check does not see them.
    ours_only = " ".join(f"-u {name}" for name in _OF_THE_BENCH)
    itself = f'envdoctor() {{ env {ours_only} {shlex.join(shell.command())} "$@"; }}'
    printed = "\n".join(others)
    return f"{itself}\nset -e\n{{\n{lines}\n{printed}\n}} >&2\n{ours[-1]} --format json\n"


_OF_THE_BENCH = (
    *("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
    *_QUIET,
)


def _environment(recipe: Recipe, folder: Path, workshop: Workshop) -> Tuple[Situation, Path]:
    """The user's shell in the environment that the recipe tells of, and the environment's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path: List[Path] = []
    variables: Dict[str, str] = {}
    if recipe.kind == "conda":
        prefix, path = conda.environment(folder / "conda", recipe, workshop.channels, _cuda(recipe))
        variables = {"CONDA_PREFIX": str(prefix), "CONDA_DEFAULT_ENV": prefix.name, "CONDA_SHLVL": "1"}
    elif recipe.kind == "venv":
        base = build.interpreter(recipe.python)
        if base is None:
            raise Trouble(f"there is no Python {recipe.python} on this machine")
        prefix = folder / "env"
        build.run([base, "-m", "venv", *recipe.options, str(prefix)])
        path = [prefix / "bin"]
        variables = {"VIRTUAL_ENV": str(prefix)}
    else:
        prefix = Path("/usr")
    if recipe.pythons:
        path.append(_pythons(folder / "pythons"))
    made = build.shell(folder, *path, **variables)
    site = build.site_packages(prefix) if recipe.kind != "system" else prefix
    known = {"ENV": str(prefix), "SITE": str(site), "HOME": str(made.home), "TOP": str(folder)}
    done = _run(
        made, workshop, ["bash", "-e", "-c", recipe.made], {**workshop.stage.environ(), "SITE": str(site), **known}
    )
    if done.returncode:
        raise Trouble(f"it could not be made: {done.stderr.decode('utf-8', 'backslashreplace')[-800:]}")
    more = {name: string.Template(value).substitute(known) for name, value in recipe.variables.items()}
    first = [Path(string.Template(one).substitute(known)) for one in recipe.path]
    situation = replace(made, path=[*first, *path], variables={**variables, **more})
    if recipe.machine:
        machine = machines()[recipe.machine]
        situation = replace(situation, nvml=machine.nvml, module=machine.driver, cards=machine.cards)
    return situation, prefix


def _cuda(recipe: Recipe) -> str:
    return machines()[recipe.machine].cuda if recipe.machine else ""


def _pythons(folder: Path) -> Path:
    folder.mkdir()
    for minor in MINORS:
        found = build.interpreter(minor)
        if found:
            (folder / f"python{minor}").symlink_to(found)
    return folder


def _run(
    situation: Situation, workshop: Workshop, command: Sequence[str], more: Mapping[str, str] = {}
) -> subprocess.CompletedProcess[bytes]:
    """A command in the user's shell, on the machine that the situation tells of."""
    environ = {**situation.environ(), "PYTHONDONTWRITEBYTECODE": "1", **(dict(_QUIET, **more) if more else {})}
    empty = situation.home / "empty"
    empty.touch()
    start: List[str] = ["unshare", "-m", "sh", "-c", _ALONE, "sh", str(empty)]
    if situation.nvml:
        start += shell.beside_cards(situation)
        state = situation.home / "nvml.conf"
        state.write_text(situation.nvml)
        environ.update(FAKENVML=str(state), LD_LIBRARY_PATH=workshop.nvml)
    return subprocess.run([*start, *command], env=environ, cwd=situation.cwd, capture_output=True, timeout=400)


def _report(done: subprocess.CompletedProcess[bytes]) -> Dict[str, Any]:
    try:
        report: Dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise Trouble(f"no report: {done.stderr.decode('utf-8', 'backslashreplace')[-800:]}") from None
    crashed = [one for one in [*report["verdicts"], *report["probes"]] if one["status"] == "crashed"]
    if crashed:
        raise Trouble(f"crashed: {crashed}")
    return report


def _loud(report: Dict[str, Any]) -> List[Dict[str, Any]]:
    return [finding for finding in report["findings"] if finding["severity"] != "note"]


def versions(situation: Situation, prefix: Path) -> Dict[str, str]:
    """Every package of the environment and the user site, as the metadata on disk says; "conda NAME" by conda's."""
    found: Dict[str, List[str]] = {}
    folders = [*prefix.glob("lib/python*/site-packages"), *situation.home.glob(".local/lib/python*/site-packages")]
    for metadata in sorted(one for folder in folders for one in folder.glob("[!~]*.dist-info/METADATA")):
        head = dict(re.findall(r"^(Name|Version): *(.+?) *$", metadata.read_text("utf-8", "replace"), re.MULTILINE))
        found.setdefault(_canonical(head.get("Name", metadata.parent.name)), []).append(head.get("Version", ""))
    for record in sorted(prefix.glob("conda-meta/*.json")):
        said = json.loads(record.read_text())
        found.setdefault(f"conda {said['name']}", []).append(said["version"])
    return {name: ", ".join(every) for name, every in found.items()}


def changes(before: Mapping[str, str], after: Mapping[str, str], allowed: Sequence[str]) -> List[str]:
    """What was there and is another version now, or is gone, beyond what the cause makes necessary."""
    return [
        f"{name} {version} -> {after.get(name, 'removed')}"
        for name, version in sorted(before.items())
        if after.get(name) != version and not any(fnmatch.fnmatchcase(name, pattern) for pattern in allowed)
    ]


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def clear(folder: Path) -> None:
    """Remove an environment, one that holds names which are no text included."""
    shutil.rmtree(os.fsencode(folder), ignore_errors=True)
