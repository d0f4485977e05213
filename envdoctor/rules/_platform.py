"""The active Python and its platform in the table's words, and whether any torch exists for them."""

from __future__ import annotations

from collections import Counter
from typing import Iterator, Optional, Tuple

from ..compat import CompatTable, TorchRelease
from ..facts import Facts
from ..frozen import frozen
from ..reading import need, value_or
from ..report import Evidence
from ..versions import numbers
from ._common import seen
from ._requirements import Requirement, admits, pinned, requested


@frozen
class Reason:
    title: str
    because: Tuple[Evidence, ...]
    mendable: bool = True  # by another Python on this machine
    confidence: str = "certain"


def no_torch_at_all(facts: Facts, table: CompatTable) -> Optional[Reason]:
    """Why no release of torch has a wheel for the active Python; None where one has."""
    python = facts.python
    version = need(python.version, "Python's version")
    said = seen(f"Python {version}", python.version)
    if need(python.bits, "32 or 64 bits") == 32:
        return Reason(f"no torch exists for a 32-bit Python ({version})", (seen("32 bits", python.bits),))
    implementation = need(python.implementation, "Python's implementation")
    if implementation != "CPython":
        return Reason(f"no torch exists for {implementation} {version}", (seen(implementation, python.implementation),))
    platform = platform_of(facts)
    libc = value_or(python.libc, "")
    if libc.startswith("musl"):
        return Reason(
            f"no torch wheel exists for {libc}: all Linux wheels need glibc", (seen(libc, python.libc),), False
        )
    known = {minor for row in table.torch_releases() for minor in row.pythons.get(platform, ())}
    dated = Evidence(f"torch releases with their wheels, as of {table.date}", "the table")
    if not known:
        machine = seen(f"the platform is {platform}", python.machine)
        return Reason(f"no torch wheel exists for {platform}", (machine, dated), False)
    minor = minor_of(facts)
    if minor in known:
        return None
    plain = sorted((one for one in known if not one.endswith("t")), key=numbers)
    newer = numbers(minor) > numbers(plain[-1])
    free = " (free-threaded)" if minor.endswith("t") else ""
    title = (
        f"no torch has a wheel for Python {minor.rstrip('t')}{free} on {platform}, only for {plain[0]} to {plain[-1]}"
    )
    # A Python newer than all in the table may have got a wheel since the table was made.
    return Reason(title, (said, dated), confidence="likely" if newer else "certain")


def platform_of(facts: Facts) -> str:
    """The table's name of a platform: linux_x86_64, linux_aarch64, win_amd64, macos_arm64, macos_x86_64."""
    machine = need(facts.python.machine, "the processor").lower()
    system = need(facts.session.os, "the operating system")
    if system == "windows":
        return "win_" + {"x86_64": "amd64"}.get(machine, machine)
    return {"linux": "linux", "darwin": "macos"}.get(system, system) + "_" + {"amd64": "x86_64"}.get(machine, machine)


def minor_of(facts: Facts) -> str:
    """The active Python as the table's wheels name it: "3.11", free-threaded "3.13t"."""
    parts = need(facts.python.version, "Python's version").split(".")
    return ".".join(parts[:2]) + ("t" if value_or(facts.python.free_threaded, False) else "")


def unserved(
    facts: Facts, table: CompatTable, installed: str = ""
) -> Iterator[Tuple[Requirement, Tuple[TorchRelease, ...]]]:
    """What requirements.txt asks of torch that no wheel for this Python serves, with the releases that it admits.

    `installed`: the version that is there, which serves what it is admitted by. NoRow: a release is asked for that
    the table does not know.
    """
    for asked in requested(facts).requirements:
        if asked.name != "torch" or (installed and admits(asked.specifier, installed) is not False):
            continue
        version = pinned(asked.specifier)
        if version is not None:
            meant: Tuple[TorchRelease, ...] = (table.torch(version),)
        else:
            meant = tuple(row for row in table.torch_releases() if admits(asked.specifier, row.version))
        platform, minor = platform_of(facts), minor_of(facts)
        if meant and not any(minor in row.pythons.get(platform, ()) for row in meant):
            yield asked, meant


def python_for(releases: Tuple[TorchRelease, ...]) -> Optional[str]:
    """The Python that most of these releases have wheels for, the newest of several: "3.9"."""
    served = Counter(minor for row in releases for minor in row.trio_pythons if not minor.endswith("t"))
    return max(served, key=lambda minor: (served[minor], numbers(minor)), default=None)
