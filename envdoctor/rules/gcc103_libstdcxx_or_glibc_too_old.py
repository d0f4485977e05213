"""glibc or libstdc++ is older than the installed torch asks.

It finds a glibc below the floor of the installed wheel (2.28 for every wheel from 2.7 on, 2.17 before, per variant in
2.6), and a libstdc++ that offers less than libtorch's binary names. conda checks glibc itself, so that part is left to
it.

It matters because import ends with "version `GLIBC_2.28' not found" or "version `GLIBCXX_3.4.30' not found".

glibc belongs to the system and cannot be changed in an environment: an older release of torch is the way, or a
container. libstdc++ can: take the old copy off LD_LIBRARY_PATH, or let conda bring a newer one.

Example: torch 2.7.1 on CentOS 7 (glibc 2.17).
"""

from __future__ import annotations

import posixpath
from typing import Iterator, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..compat.rows import TorchRelease
from ..facts import Facts
from ..reading import Known, Missing, Unknown, need, source_of, value_or
from ..report import (
    CannotTell,
    Evidence,
    Finding,
    NeedPackages,
    NeedTorch,
    NeedVariable,
    NotApplicable,
    Remedy,
)
from ..versions import at_least
from ._common import conda_record, finding
from ._libraries import without
from ._torch import by_conda, older, release, torch_words, variant

ID = "GCC103"
NAME = "libstdcxx-or-glibc-too-old"
SEVERITY = "error"
TAGS = ("libraries", "torch")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    need(facts.torch.version, "torch")
    if value_or(facts.session.os, "linux") != "linux":
        raise NotApplicable("only Linux has glibc")
    untold: Optional[Exception] = None
    try:
        yield from _glibc(facts, table)
    except (CannotTell, NoRow, Missing) as why:
        untold = why
    yield from _libstdcxx(facts)
    if untold:
        raise untold


def _glibc(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    if by_conda(facts):
        return
    libc = facts.python.libc if isinstance(facts.python.libc, Known) else facts.session.libc
    words = need(libc, "glibc").split()
    if len(words) != 2 or words[0] != "glibc":
        return  # musl: no wheel of torch fits at all, which python-unsupported tells
    row = release(facts, table)
    floor = floor_of(row, variant(facts))
    if floor is None:
        raise CannotTell(f"the table has no glibc for torch {row.version}")
    if not older(words[1], floor):
        return
    yield finding(
        ID,
        NAME,
        SEVERITY,
        f"glibc {words[1]} is too old for {torch_words(facts)}, whose wheel needs {floor}",
        "torch cannot be imported on this system, and glibc cannot be changed inside an environment.",
        [
            Evidence(f"the system has glibc {words[1]}", source_of(libc)),
            Evidence(f"the wheel of torch {row.version} ({variant(facts)}) needs glibc {floor}", str(row.origin)),
        ],
        _older_torch(facts, table, words[1]),
    )


def floor_of(row: TorchRelease, tag: str) -> Optional[str]:
    return row.glibc.get(tag, row.glibc.get("default"))


def _older_torch(facts: Facts, table: CompatTable, glibc: str) -> Tuple[Remedy, ...]:
    """The newest release that this glibc and Python can have in the same variant, else in any."""
    python = ".".join(value_or(facts.python.version, "").split(".")[:2])
    platform = f"linux_{value_or(facts.python.machine, 'x86_64')}"
    for wanted in (variant(facts), None):
        for row in table.torch_releases():
            tags = [tag for tag in row.variants if wanted in (None, tag) and tag.startswith(("cu", "cpu"))]
            fits = any(at_least(glibc, floor_of(row, tag) or "999") for tag in tags)
            if fits and (not python or python in row.pythons.get(platform, (python,))):
                title = f"install torch {row.version}, the newest whose wheels run on glibc {glibc}"
                return (Remedy(title, (NeedTorch(version=row.version),)), _CONTAINER)
    return (_CONTAINER,)


_CONTAINER = Remedy("work in a container, or on a machine, with a newer system", ())


def _libstdcxx(facts: Facts) -> Iterator[Finding]:
    needed, offers = facts.torch.glibcxx_needed, facts.libraries.libstdcxx_offers
    if not isinstance(needed, Known):
        if isinstance(needed, Unknown):
            need(needed, "libstdc++ that torch asks for")
        return
    if not older(need(offers, "libstdc++"), needed.value):
        return
    yield finding(
        ID,
        NAME,
        SEVERITY,
        f"libstdc++ offers GLIBCXX_{value_or(offers, '')}, and {torch_words(facts)} asks for GLIBCXX_{needed.value}",
        "torch cannot be imported with this libstdc++.",
        [
            Evidence(f"the libstdc++ that would be loaded offers GLIBCXX_{value_or(offers, '')}", source_of(offers)),
            Evidence(f"torch asks for GLIBCXX_{needed.value}", needed.source),
        ],
        _newer_libstdcxx(facts, source_of(offers)),
    )


def _newer_libstdcxx(facts: Facts, path: str) -> Iterator[Remedy]:
    folder = posixpath.dirname(path)
    rest = without(value_or(facts.libraries.ld_library_path, ()), folder)
    if rest is not None:
        title = f"take {folder} off LD_LIBRARY_PATH, whose libstdc++ comes before the newer one"
        yield Remedy(title, (NeedVariable("LD_LIBRARY_PATH", rest or None),))
    if conda_record(facts, "libstdcxx-ng", "libstdcxx"):
        yield Remedy("let conda bring a newer libstdc++", (NeedPackages(("libstdcxx-ng>=12",), upgrade=True),))
    elif rest is None:
        yield Remedy("use a conda environment, which brings a libstdc++ of its own, or a newer system", ())
