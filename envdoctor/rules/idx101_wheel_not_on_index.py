"""The wanted version and build is not on the index that would be asked.

It finds a requirements.txt that asks for a build such as torch==2.1.0+cu118 while only PyPI would be asked, or the
PyTorch index of another build, or for a build that never existed; one that asks for `pytorch`, which on PyPI is a
placeholder; and a pip that is told to use no index at all and has no folder of wheels either.

It matters because pip says "Could not find a version that satisfies the requirement", and lists versions without the
tag.

It is mended by installing torch from the index of its build first; the requirement is then met.

It leaves alone a version that is already installed, and indexes whose content is not known.

Example: requirements.txt holds torch==2.1.0+cu118, without --index-url https://download.pytorch.org/whl/cu118.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Facts, Setting
from ..reading import given, need, source_of, value_or
from ..report import Evidence, Finding, Need, NeedCommand, NeedTorch, NeedVariable, Remedy
from ._common import TORCH_FAMILY, canonical, finding, listed, seen
from ._indexes import PYTORCH, Place, effective, host, places, same_place, variant_of
from ._requirements import Requirement, pinned, requested
from ._wanted import torch_gone

ID = "IDX101"
NAME = "wheel-not-on-index"
SEVERITY = "warning"
TAGS = ("install", "index")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    yield from _no_index(facts)
    if given(facts.installs.requested, "requirements.txt") is None:
        return
    # A mirror of PyPI has what PyPI has.
    copies = [mirror.url for mirror in table.mirrors("pypi")] if places(facts) else []
    where = tuple(place for place in places(facts) if not any(same_place(place.url, url) for url in copies))
    unknown: Optional[NoRow] = None
    for asked in requested(facts).requirements:
        try:
            yield from _build(facts, table, asked, where)
        except NoRow as no_row:
            unknown = unknown or no_row
        if asked.name == "pytorch" and value_or(facts.python.kind, "") not in ("conda", "conda-base"):
            yield _placeholder(facts, asked)
    if unknown:
        raise unknown


def _who(facts: Facts) -> str:
    """Pasted text has what was typed, a machine its requirements file."""
    return (
        "the install that was typed" if source_of(facts.installs.requested).startswith("line") else "requirements.txt"
    )


def _build(facts: Facts, table: CompatTable, asked: Requirement, where: Tuple[Place, ...]) -> Iterator[Finding]:
    version = pinned(asked.specifier)
    if asked.name not in TORCH_FAMILY or version is None or "+" not in version:
        return
    if _installed(facts, asked.name, version):
        return
    public, _, variant = version.partition("+")
    line = seen(asked.line, facts.installs.requested)
    if asked.name == "torch":
        row = table.torch(public)
        if variant.startswith(("cu", "cpu")) and variant not in row.variants:
            builds = Evidence(f"torch {row.version} is built for {listed(row.variants, 8)}", str(row.origin))
            title = f"{_who(facts)} asks for torch {version}, a build that does not exist"
            yield _report(facts, title, (line, builds), NeedTorch(version=public))
            return
    if not where:
        nowhere = seen("no other index is configured", facts.indexes.pip)
        title = f"{_who(facts)} asks for {asked.name} {version}, and PyPI has no builds with a +tag"
        yield _report(facts, title, (line, nowhere), NeedTorch(version=public, accelerator=variant), asked.name)
        return
    official = [place for place in where if host(place.url) in PYTORCH and variant_of(place.url)]
    if len(official) == len(where) and all(variant_of(place.url) != variant for place in official):
        asks = Evidence(f"{official[0].kind} is {official[0].url}", official[0].source)
        title = f"{_who(facts)} asks for {asked.name} {version} from the index of {variant_of(official[0].url)}"
        yield _report(facts, title, (line, asks), NeedTorch(version=public, accelerator=variant), asked.name)


def _installed(facts: Facts, name: str, version: str) -> bool:
    if name == "torch" and value_or(facts.torch.version, "") == version:
        return True
    distributions = value_or(facts.installs.distributions, ())
    return any(canonical(dist.name) == name and dist.version == version for dist in distributions)


def _report(facts: Facts, title: str, because: Tuple[Evidence, ...], torch: NeedTorch, name: str = "torch") -> Finding:
    # A companion's version is not torch's: the cure chooses the pair.
    needed = torch if name == "torch" else NeedTorch(accelerator=torch.accelerator)
    return finding(
        ID,
        NAME,
        # Where torch is not there, this is why: the install that would bring it fails.
        "error" if torch_gone(facts) else "warning",
        title,
        '`pip install -r requirements.txt` ends in "No matching distribution found".',
        because,
        (Remedy("install torch from the index of a build that exists", (needed,)),),
    )


def _placeholder(facts: Facts, asked: Requirement) -> Finding:
    there = bool(value_or(facts.torch.version, ""))
    path = source_of(facts.installs.requested)
    version = pinned(asked.specifier)
    torch = () if there and version is None else (NeedTorch(version=version),)
    return finding(
        ID,
        NAME,
        "warning",
        "requirements.txt asks for `pytorch`, which on PyPI is an empty placeholder: the package is called torch",
        "Installing it stops with an error by design.",
        (seen(asked.line, facts.installs.requested),),
        (Remedy("install torch, and call it by its name in requirements.txt", (*torch, _renamed(asked, path))),),
    )


def _renamed(asked: Requirement, path: str) -> NeedCommand:
    """The name alone is replaced, where a line begins with it; the file as it was stays beside the new one."""
    written = re.match(r"[A-Za-z]*", asked.line.strip())
    name = written.group() if written else asked.name
    edit = rf"s/^([[:space:]]*){name}([^A-Za-z0-9._-]|$)/\1torch\2/"
    return NeedCommand((("sed", "-i.bak", "-E", edit, path),))


def _no_index(facts: Facts) -> Iterator[Finding]:
    settings = need(facts.indexes.pip, "pip's configuration")
    off = [one for one in effective(settings, "no-index") if _is_on(one)]
    if off and not any(effective(settings, "find-links")):
        yield finding(
            ID,
            NAME,
            "warning",
            f"{off[0].source} tells pip to use no index, and no folder of wheels is given instead",
            "pip cannot find any package at all.",
            (Evidence("no-index is set", off[0].source),),
            (
                _with_index(
                    tuple(dict.fromkeys(one.source for one in settings if one.key == "no-index" and _is_on(one)))
                ),
            ),
        )


def _is_on(setting: Setting) -> bool:
    return "".join(setting.values).lower() in ("1", "true", "yes", "on")


def _with_index(sources: Tuple[str, ...]) -> Remedy:
    """Each place that says it is told otherwise: a variable is unset, a line of a file made a comment."""
    needs: List[Need] = []
    for source in sources:
        if "/" not in source:
            needs.append(NeedVariable(source))
            continue
        edit = ("sed", "-i.bak", "-E", "s/^[[:space:]]*(--)?no[-_]index/# &/", source)
        admin = source.startswith(("/etc/", "/Library/"))
        needs.append(NeedCommand((("sudo", *edit),), who="admin") if admin else NeedCommand((edit,)))
    return Remedy("let pip use its index again", tuple(needs))
