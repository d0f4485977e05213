"""This pip cannot see the wheels that it should install.

It finds a pip before 19.3 (it does not know manylinux2014, the tag of most wheels and of every nvidia-* wheel that
torch 1.13 and newer need), or before 20.3 (it does not know manylinux_2_28, the tag of torch 2.7 and newer) where
such a torch is the one to install.

It matters because pip passes over wheels whose tag it does not know, without a word: it takes an older version,
builds from source, or says "No matching distribution found".

It is mended by upgrading pip in that environment.

It leaves alone environments that uv, pixi or poetry manage, and everything but Linux.

Example: a virtual environment of Python 3.6 brings pip 18.1.
"""

from __future__ import annotations

from typing import Iterator, Optional

from ..compat import CompatTable, TorchRelease
from ..facts import Facts
from ..reading import need, value_or
from ..report import Evidence, Finding, NeedPackages, NotApplicable, Remedy
from ..versions import at_least, numbers
from ._common import finding, seen
from ._platform import minor_of, platform_of
from ._requirements import requested
from ._wanted import PRESENT, torch_state, wish

ID = "PYT108"
NAME = "pip-too-old"
SEVERITY = "warning"
TAGS = ("python", "install")

#: First pip that knows the tag: pip's NEWS, 19.3 (#7102) and 20.3 (packaging 20.5, #9077).
MANYLINUX2014 = "19.3"
PEP600 = "20.3"


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    if need(facts.session.os, "the operating system") != "linux":
        raise NotApplicable("manylinux is for Linux")
    if value_or(facts.python.manager, "pip") in ("uv", "pixi", "poetry"):
        raise NotApplicable("another tool than pip installs here")
    pip = need(facts.python.pip_version, "pip")
    if at_least(pip, PEP600):
        return
    pending = torch_state(facts) != PRESENT
    if at_least(pip, MANYLINUX2014):
        newest = _newest(facts, table) if pending else None
        if newest is None or not at_least(newest.glibc.get("default", "0"), "2.28"):
            return
        libc = need(facts.python.libc, "the C library").split(" ")
        if libc[0] != "glibc" or not at_least(libc[-1], "2.28"):
            return  # such a wheel would not run here
        blind = f"manylinux_2_28, the tag of torch {newest.version}"
        because = Evidence(f"torch {newest.version} needs glibc {newest.glibc['default']}", str(newest.origin))
    else:
        blind = "manylinux2014, the tag of most wheels"
        because = Evidence(f"pip {MANYLINUX2014} is the first that knows manylinux2014", "pip's NEWS")
    wanted = wish(facts).level in ("asked", "own") if pending else bool(requested(facts).requirements)
    yield finding(
        ID,
        NAME,
        "warning" if wanted else "note",
        f"pip {pip} does not know {blind}",
        "It passes over such wheels in silence and takes an older version, a source package or nothing.",
        (seen(f"pip {pip}", facts.python.pip_version), because),
        (Remedy("upgrade pip", (NeedPackages(("pip",), upgrade=True),)),),
    )


def _newest(facts: Facts, table: CompatTable) -> Optional[TorchRelease]:
    """The newest release with a wheel for this Python, None where there is none."""
    platform, minor = platform_of(facts), minor_of(facts)
    fitting = [row for row in table.torch_releases() if minor in row.pythons.get(platform, ())]
    return max(fitting, key=lambda row: numbers(row.version)) if fitting else None
