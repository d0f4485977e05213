"""Another copy of a package, or a file of its name, is imported in its place.

It finds more than one copy of torch, torchvision, numpy, ultralytics or another watched package along sys.path, where
the first does not lie in the environment's own site-packages: a torch.py or a checkout in the current folder, a
folder on PYTHONPATH, the user site (~/.local), an old editable install. It also finds a folder of that name without
__init__.py that Python takes for an empty package because no real one is installed.

It matters because `pip list` shows one version and `import` takes another; compiled packages of another Python fail
in odd ways.

It is mended by taking the folder off PYTHONPATH, by PYTHONNOUSERSITE=1, by renaming the file, or by running from
another folder.

It leaves alone two copies of one version, the checkout that is itself the editable install, a package that lies on
PYTHONPATH only (cluster modules do that on purpose), and the user site of a system Python.

Example: PYTHONPATH=/opt/old holds torch 1.8.0, the environment has 2.1.0: `import torch` gives 1.8.0.
"""

from __future__ import annotations

import posixpath
import re
from typing import Dict, Iterator, List, Optional, Tuple

from ..compat import CompatTable
from ..facts import Copy, Distribution, Facts, Module
from ..reading import need, value_or
from ..report import Evidence, Finding, Need, NeedCommand, NeedRemoved, NeedVariable, Remedy
from ..versions import at_least
from ._common import TORCH_FAMILY, canonical, finding, listed

ID = "PYT102"
NAME = "shadowed-module"
SEVERITY = "error"
TAGS = ("python", "install")

#: Packages that break others when they are another version than the environment's.
CORE = (*TORCH_FAMILY, "numpy")

#: Environments that are meant to be closed to the user site.
CLOSED = ("venv", "conda", "conda-base", "uv-managed")

WORDS = {
    "cwd": "the current folder",
    "pythonpath": "PYTHONPATH",
    "user-site": "the user site",
    "pth": "an editable install",
    "other": "sys.path",
}

Shadow = Tuple[Module, Copy, Optional[Copy]]  # the package, the copy that wins, the one that was meant


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    modules = need(facts.installs.modules, "copies of the watched packages")
    groups: Dict[Tuple[str, str], List[Shadow]] = {}
    for module in modules:
        shadow = _shadow(facts, module)
        if shadow:
            groups.setdefault((shadow[1].origin, shadow[1].entry), []).append(shadow)
    for (origin, _), shadows in groups.items():
        yield _report(facts, origin, shadows)


def _shadow(facts: Facts, module: Module) -> Optional[Shadow]:
    """The winner of a module where it is not the copy that is meant."""
    if not module.copies or module.copies[0].origin in ("site-packages", "stdlib"):
        return None
    winner = module.copies[0]
    rest = [copy for copy in module.copies[1:] if copy.path != winner.path and copy.kind != "namespace"]
    meant = next((copy for copy in rest if copy.origin == "site-packages"), rest[0] if rest else None)
    if winner.origin in ("cwd", "pth", "other") and _is_checkout(facts, module.name, winner):
        return None
    if winner.kind == "namespace":
        # A folder without __init__.py wins only where no package of that name is installed at all.
        # Folders called datasets or models are everyday; one called torch or ultralytics is a checkout.
        known = module.name in (*CORE, "ultralytics") and winner.origin in ("cwd", "pythonpath")
        return (module, winner, None) if known and not rest else None
    if meant is None:
        wrong_python = winner.origin == "pythonpath" and _other_python(facts, winner)
        leaks = winner.origin == "user-site" and value_or(facts.python.kind, "") in ("conda", "conda-base")
        stray = winner.origin == "cwd" and winner.kind == "module" and module.name in CORE
        return (module, winner, None) if wrong_python or leaks or stray else None
    if winner.origin == "user-site" and value_or(facts.python.kind, "") not in CLOSED:
        return None
    alike = winner.kind == meant.kind and not _other_python(facts, winner)
    return None if alike and not _differ(facts, module.name, winner, meant) else (module, winner, meant)


def _differ(facts: Facts, name: str, winner: Copy, meant: Copy) -> bool:
    """Whether two copies are of different versions; where neither version is known, whether it would matter."""
    left, right = _version(facts, name, winner), _version(facts, name, meant)
    if not left or not right:
        return name in CORE
    if "+" not in left or "+" not in right:
        left, right = left.split("+")[0], right.split("+")[0]
    return left != right


def _version(facts: Facts, name: str, copy: Copy) -> str:
    """As the copy itself says it, else as the metadata beside it does."""
    beside = [dist.version for dist in _named(facts, name) if dist.location == copy.entry != ""]
    return copy.version or (beside[0] if beside else "")


def _is_checkout(facts: Facts, name: str, winner: Copy) -> bool:
    """Whether the copy is what an editable install of that name points to."""
    return any(dist.editable and _below(winner.path, dist) for dist in _named(facts, name))


def _named(facts: Facts, name: str) -> List[Distribution]:
    wanted = canonical(name)
    return [dist for dist in value_or(facts.installs.distributions, ()) if canonical(dist.name) == wanted]


def _below(path: str, dist: Distribution) -> bool:
    root = dist.direct_url[len("file://") :] if dist.direct_url.startswith("file://") else dist.location
    return root != "" and path.startswith(root.rstrip("/") + "/")


def _other_python(facts: Facts, copy: Copy) -> str:
    """The Python whose folder a copy lies in, where it is another than the active one: "2.7"; else ""."""
    found = re.search(r"/python(\d+\.\d+)/(?:site|dist)-packages", copy.path)
    active = ".".join(value_or(facts.python.version, "").split(".")[:2])
    return found.group(1) if found and active and found.group(1) != active else ""


def _report(facts: Facts, origin: str, shadows: List[Shadow]) -> Finding:
    module, winner, meant = shadows[0]
    names = listed(dict.fromkeys(shadow[0].name for shadow in shadows))
    where = WORDS.get(origin, "sys.path")
    because = [_line(*shadow) for shadow in shadows[:5]]
    pythons = sorted({_other_python(facts, shadow[1]) for shadow in shadows} - {""})
    if pythons:
        because.append(Evidence(f"the folder belongs to Python {pythons[0]}", winner.path))
    version = f" {winner.version}" if winner.version else ""
    if meant is not None:
        instead = f" {meant.version} of the environment" if meant.version else " of the environment"
        title = f"`import {module.name}` takes {winner.path}{version} ({where}), not the{instead}"
    elif winner.kind == "namespace":
        title = (
            f"`import {module.name}` takes the folder {winner.path} for an empty package: no {module.name} is installed"
        )
    else:
        title = f"`import {module.name}` takes {winner.path}{version} from {where}"
    if len(shadows) > 1:
        title += f" (so do {names})"
    return finding(
        ID,
        NAME,
        _severity(facts, origin, shadows),
        title,
        "What pip shows for this environment is not what the program gets.",
        because,
        _remedies(facts, origin, shadows),
        # Only programs started in (or, by python script.py, lying in) that folder meet it.
        "likely" if origin == "cwd" else "certain",
    )


def _line(module: Module, winner: Copy, meant: Optional[Copy]) -> Evidence:
    second = f"; {meant.version or 'a copy'} lies in {meant.path}" if meant else ""
    return Evidence(f"{module.name} {winner.version or winner.kind} comes first{second}", winner.path)


def _severity(facts: Facts, origin: str, shadows: List[Shadow]) -> str:
    if any(_other_python(facts, winner) for _, winner, _ in shadows):
        return "error"
    if origin == "user-site" and all(meant is None for _, _, meant in shadows):
        return "note"  # it works, and leaks into every environment of this minor version
    core = any(module.name in CORE and (meant or winner.kind == "module") for module, winner, meant in shadows)
    return "error" if core else "warning"


def _remedies(facts: Facts, origin: str, shadows: List[Shadow]) -> Tuple[Remedy, ...]:
    _, winner, _ = shadows[0]
    names = tuple(dict.fromkeys(module.name for module, _, _ in shadows))
    if origin == "user-site":
        return (
            Remedy("close this environment to ~/.local", (NeedVariable("PYTHONNOUSERSITE", "1"),)),
            # pip removes the copy that comes first on sys.path, and that is the one in the user site.
            Remedy("remove the copies in ~/.local", (NeedRemoved(names),)),
        )
    if origin == "pythonpath":
        rest = [entry for entry in value_or(facts.python.pythonpath, ()) if entry and entry != winner.entry]
        value = ":".join(rest) or None
        return (Remedy(f"take {winner.entry} off PYTHONPATH", (NeedVariable("PYTHONPATH", value),)),)
    if origin == "cwd":
        needs: List[Need] = []
        if winner.kind in ("module", "extension"):
            folder, base = posixpath.split(winner.path)
            needs.append(NeedCommand((("mv", "-n", winner.path, posixpath.join(folder, f"my_{base}")),)))
            return (Remedy("rename the file", tuple(needs)),)
        if at_least(value_or(facts.python.version, "0"), "3.11"):
            needs.append(NeedVariable("PYTHONSAFEPATH", "1"))
            return (Remedy("keep the current folder off sys.path", tuple(needs)),)
        folder = posixpath.dirname(posixpath.dirname(winner.path))
        return (Remedy("run from another folder", (NeedCommand((("cd", posixpath.dirname(folder)),), safety="safe"),)),)
    editable = [name for name in names if any(dist.editable for dist in _named(facts, name))]
    return (Remedy("remove the editable install", (NeedRemoved(tuple(editable)),)),) if editable else ()
