"""What is installed before anything is changed, as files that pip and conda read, and the commands that lead back."""

from __future__ import annotations

from typing import Dict, List, Mapping, Sequence, Tuple

from ..compat import CompatTable, NoRow
from ..cure.spot import Spot, canonical
from ..facts import Facts
from ..frozen import frozen
from ..host import Host
from ..reading import Known, value_or

PATIENCE = 120.0  # seconds for each list
FREEZE = "requirements.txt"
EXPLICIT = "conda-explicit.txt"

Argv = Tuple[str, ...]


@frozen
class Snapshot:
    """Files, by name, and whether they hold what is there now."""

    files: Mapping[str, str]
    why_not: str = ""  # why there is none, one sentence


def taken(host: Host, facts: Facts, spot: Spot, table: CompatTable) -> Snapshot:
    """pip's and conda's own lists; where neither answers, what envdoctor saw itself."""
    files: Dict[str, str] = {}
    if spot.conda_words:
        said = host.run((spot.program(spot.conda_tool), "list", "--explicit", *spot.conda_words), PATIENCE)
        if isinstance(said, Known) and said.value.code == 0 and "@EXPLICIT" in said.value.out:
            files[EXPLICIT] = said.value.out
    lines = _frozen(host, spot, facts) or _seen(facts)
    if lines:
        files[FREEZE] = "".join(f"{line}\n" for line in (*_indexes(lines, table), *lines))
    if files:
        return Snapshot(files)
    return Snapshot({}, "neither pip nor conda says what is installed")


def way_back(spot: Spot, files: Sequence[str], folder: str) -> Tuple[Argv, ...]:
    """The commands that install again what the snapshot in `folder` lists."""
    found: List[Argv] = []
    if EXPLICIT in files:
        tool = spot.program(spot.conda_tool)
        found.append((tool, "install", "-y", *spot.conda_words, "--file", f"{folder}/{EXPLICIT}"))
    if FREEZE in files and spot.python:
        if spot.has_pip:
            found.append((spot.python, "-m", "pip", "install", "--no-deps", "-r", f"{folder}/{FREEZE}"))
        else:
            uv = spot.program("uv")
            found.append((uv, "pip", "install", "--python", spot.python, "--no-deps", "-r", f"{folder}/{FREEZE}"))
    return tuple(found)


def _frozen(host: Host, spot: Spot, facts: Facts) -> Tuple[str, ...]:
    """pip's list, without what conda installed: that is in conda's own, and pip names a folder of conda's builders."""
    if not spot.python or not spot.has_pip:
        return ()
    argv = (spot.python, "-m", "pip", "freeze", "--all")
    said = host.run(argv, PATIENCE, {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}, limit=4 << 20)
    if not isinstance(said, Known) or said.value.code:
        return ()
    found = value_or(facts.installs.distributions, ())
    others = {canonical(one.name) for one in found if one.installer == "conda"}
    return tuple(line for line in said.value.out.splitlines() if line.strip() and canonical(line) not in others)


def _seen(facts: Facts) -> Tuple[str, ...]:
    found = value_or(facts.installs.distributions, ())
    return tuple(f"{one.name}=={one.version}" for one in found if one.version and not one.editable)


def _indexes(lines: Sequence[str], table: CompatTable) -> List[str]:
    """Where the builds of torch among these lines are from: PyPI has none with a local version such as +cu121."""
    found: Dict[str, None] = {}
    for line in lines:
        name, _, version = line.partition("==")
        public, plus, variant = version.strip().partition("+")
        if canonical(name) != "torch" or not plus:
            continue
        try:
            index = table.wheel_index(public, variant)
        except NoRow:
            continue
        flag = "--extra-index-url" if index.flag == "--index-url" else index.flag
        found[f"{flag} {index.url.format(variant=variant)}"] = None
    return list(found)
