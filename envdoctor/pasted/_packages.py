"""Packages as lists of pip and conda name them."""

from __future__ import annotations

import re
from typing import Optional, Tuple, Union

from ..facts import CondaRecord, Distribution
from ..urls import strip_credentials
from ._said import LISTED, Said, said

NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,80}[A-Za-z0-9])?"
VERSION = r"v?\d[A-Za-z0-9.+!_-]{0,80}"

_PINNED = re.compile(rf"({NAME})\s{{0,3}}===?\s{{0,3}}({VERSION})(?:\s|;|$)")
_BRACKETED = re.compile(rf"({NAME}) \(({VERSION})(?:, [^)]{{1,300}})?\)\s*$")  # pip list up to pip 9
_DIRECT = re.compile(rf"({NAME})(?:\[[^\]]{{0,80}}\])? @ (\S{{1,1000}})")
_WHEEL = re.compile(rf"/({NAME})-({VERSION})-(?:cp|py)\S{{1,80}}\.whl")
_CONDA = re.compile(rf"(_?{NAME})\s{{1,60}}({VERSION})\s{{1,60}}([\w.+*-]{{1,100}})(?:\s{{1,60}}(\S{{1,300}}))?\s*$")


def canonical(name: str) -> str:
    """'Torch_Vision' -> 'torch-vision'."""
    return "-".join(filter(None, name.lower().replace("_", "-").replace(".", "-").split("-")))


Package = Union[Distribution, CondaRecord]


def distribution(
    name: str, version: str, line: str, location: str = "", installer: str = "", url: str = ""
) -> Distribution:
    """What a list says of a package: of its files it says nothing. `line` stands where the metadata's path would."""
    return Distribution(
        name=name,
        version=version,
        location=location,
        metadata=line,
        installer=installer,
        editable=False,
        direct_url=strip_credentials(url),
        requires=(),
        requires_python="",
        metadata_readable=True,
        record_entries=0,
        sampled=0,
        missing=(),
    )


def of_pip(text: str, line: str) -> Optional[Distribution]:
    """A line of `pip freeze` or of an old `pip list`: torch==2.1.0, torch (0.4.1), torch @ https://...whl."""
    found = _PINNED.match(text) or _BRACKETED.match(text)
    if found:
        return distribution(found.group(1), found.group(2), line)
    direct = _DIRECT.match(text)
    if direct:
        wheel = _WHEEL.search(direct.group(2).replace("%2B", "+"))
        version = wheel.group(2) if wheel else ""
        return distribution(direct.group(1), version, line, url=direct.group(2))
    return None


def of_conda(text: str, line: str) -> Optional[Package]:
    """A line of `conda list`. What conda lists of channel pypi is pip's."""
    found = _CONDA.match(text)
    if found is None:
        return None
    name, version, build, channel = found.groups()
    if build.startswith("pypi_") or build == "<pip>" or channel in ("pypi", "<pip>"):
        return distribution(name, version, line, installer="pip")
    return CondaRecord(name, version, build, strip_credentials(channel or ""), "", False)


def listed(one: Package, number: int, weight: int = LISTED) -> Said:
    field = "conda" if isinstance(one, CondaRecord) else "distributions"
    return said("installs", field, (one,), number, weight=weight)


def split_by_kind(packages: Tuple[Package, ...]) -> Tuple[Tuple[Distribution, ...], Tuple[CondaRecord, ...]]:
    return (
        tuple(one for one in packages if isinstance(one, Distribution)),
        tuple(one for one in packages if isinstance(one, CondaRecord)),
    )
