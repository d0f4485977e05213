"""Which manager put a distribution there, and what conda believes about it."""

from __future__ import annotations

import posixpath
import re
from typing import Dict, List, Tuple

from ..facts import CondaRecord, Distribution, Facts
from ..frozen import frozen
from ..reading import given, need, value_or
from ._common import CONDA_NAMES, canonical

#: Conda's names that are the same package in another dress.
_SPELLINGS = {"pytorch-cpu": "torch", "pytorch-gpu": "torch", "torchvision-cpu": "torchvision"}

#: Everybody upgrades these with pip, and nothing breaks.
TOOLS = ("pip", "setuptools", "wheel", "certifi")


@frozen
class Mixed:
    """A package that conda has a record of and that pip has touched.

    How: both (a copy each), replaced (pip's instead of conda's), gone (conda's record alone, the files are away),
    emptied (a dist-info without metadata).
    """

    name: str  # canonical
    how: str
    record: CondaRecord
    pips: Tuple[Distribution, ...]


def by_pip(dist: Distribution) -> bool:
    """Whether pip, uv or poetry put it there. conda-build writes "conda"; old conda packages have no INSTALLER."""
    return dist.installer.split(" ")[0].lower() in ("pip", "uv", "poetry")


def distribution_name(record: CondaRecord) -> str:
    back = {conda: name for name, conda in CONDA_NAMES.items()}
    return _SPELLINGS.get(record.name) or back.get(record.name) or canonical(record.name)


def real_name(dist: Distribution) -> str:
    """The canonical name, from the folder where the metadata is unreadable: torch-2.3.0.dist-info -> torch."""
    if dist.metadata_readable:
        return canonical(dist.name)
    base = dist.metadata.rstrip("/").rsplit("/", 1)[-1]
    return canonical(re.split(r"-\d|\.dist-info|\.egg-info", base)[0])


def mixed_packages(facts: Facts) -> Tuple[Mixed, ...]:
    """Every package of which conda and pip tell different stories; empty outside conda."""
    records = given(facts.installs.conda, "conda's records")
    if not records:
        return ()
    prefix = need(facts.python.prefix, "the environment's prefix")
    here: Dict[str, List[Distribution]] = {}
    for dist in need(facts.installs.distributions, "installed packages"):
        # The user site and PYTHONPATH are shadowed-module's matter.
        if dist.location.startswith(prefix.rstrip("/") + "/"):
            here.setdefault(real_name(dist), []).append(dist)
    found = []
    for record in records:
        name = distribution_name(record)
        how = _how(prefix, record, here.get(name, []))
        if how and name not in TOOLS:
            found.append(Mixed(name, how, record, tuple(dist for dist in here.get(name, []) if by_pip(dist))))
    return tuple(found)


def _how(prefix: str, record: CondaRecord, dists: List[Distribution]) -> str:
    own = posixpath.join(prefix, record.dist_info) if record.dist_info else ""
    # A record may name a folder that pip wrote later under the same name: then pip's copy stands in it.
    pips = [dist for dist in dists if by_pip(dist) and dist.metadata.rstrip("/") != own]
    if any(not dist.metadata_readable for dist in dists):
        return "emptied"
    if not record.dist_info:
        return "both" if pips else ""
    if record.dist_info_exists:
        return "both" if pips else ""
    return "replaced" if pips else "" if dists else "gone"


def claimed_by_mix(facts: Facts) -> Tuple[str, ...]:
    """Names that pip-conda-mix speaks of, so that broken-install does not; none where conda's records are unknown."""
    if not value_or(facts.installs.conda, ()) or not value_or(facts.python.prefix, ""):
        return ()
    return tuple(mixed.name for mixed in mixed_packages(facts))
