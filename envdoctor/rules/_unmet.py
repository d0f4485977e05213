"""Requirements of installed packages that are not met."""

from __future__ import annotations

from typing import Collection, Dict, Iterable, List, Mapping, Optional, Tuple

from ..facts import Distribution, Facts
from ..frozen import frozen
from ..reading import need, value_or
from ._common import TORCH_FAMILY, canonical
from ._owners import by_pip
from ._requirements import Requirement, admits, applies, marker_environment, parse

#: Packages that serve in place of another one: the same import name, another distribution.
STAND_INS = {
    "opencv-python": ("opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless"),
    "opencv-python-headless": ("opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless"),
    "onnxruntime": ("onnxruntime-gpu",),
    "tensorflow": ("tensorflow-cpu", "tensorflow-gpu"),
    "pillow": ("pillow-simd",),
    "psycopg2": ("psycopg2-binary",),
    "faiss-cpu": ("faiss-gpu",),
}

#: The same for conda, whose packages may bring no metadata under PyPI's name.
CONDA_STAND_INS = {
    "opencv-python": ("opencv", "py-opencv", "libopencv"),
    "opencv-python-headless": ("opencv", "py-opencv", "libopencv"),
    "faiss-cpu": ("faiss", "faiss-gpu"),
}


@frozen
class Unmet:
    dist: Distribution  # who asks
    requirement: Requirement
    have: Optional[str]  # the installed version, None where it is not installed


def unmet(facts: Facts) -> Tuple[Unmet, ...]:
    """What installed packages require and do not find, markers counted. torch's family, triton and nvidia-* wheels are
    left to the rules that know them; packages of conda's are left to conda."""
    distributions = need(facts.installs.distributions, "installed packages")
    versions: Dict[str, List[str]] = {}
    for dist in distributions:
        if dist.metadata_readable:
            versions.setdefault(canonical(dist.name), []).append(dist.version)
    conda = {record.name for record in value_or(facts.installs.conda, ())}
    lacking: Dict[str, Optional[Tuple[Requirement, Optional[str]]]] = {}  # by line: many packages ask for the same
    suspects: List[Unmet] = []
    for dist in distributions:
        # conda and the distribution resolve by records of their own, and split packages as they like.
        if not by_pip(dist) and (conda or "/dist-packages" in dist.location):
            continue
        for line in dist.requires:
            if line not in lacking:
                lacking[line] = _lacking(line, versions, conda)
            found = lacking[line]
            if found is not None:
                suspects.append(Unmet(dist, *found))
    return _that_apply(facts, suspects) if suspects else ()


def _lacking(
    line: str, versions: Mapping[str, List[str]], conda: Collection[str]
) -> Optional[Tuple[Requirement, Optional[str]]]:
    """What a Requires-Dist line asks for and what is there instead, None where it is served or not to be looked at."""
    if "extra" in line and ";" in line and "extra" in line.partition(";")[2]:
        return None
    requirement = parse(line)
    if requirement is None or _left_to_others(requirement.name):
        return None
    have = versions.get(requirement.name)
    if have is None:
        return None if _served(requirement.name, versions, conda) else (requirement, None)
    refused = bool(have) and all(one and admits(requirement.specifier, one) is False for one in have)
    return (requirement, have[0]) if refused else None


def joined(found: Iterable[Unmet]) -> Tuple[str, ...]:
    """One requirement a name, all its clauses together: older pips refuse a name that is given twice."""
    clauses: Dict[str, Dict[str, None]] = {}
    for one in found:
        parts = [part.strip() for part in one.requirement.specifier.split(",") if part.strip()]
        clauses.setdefault(one.requirement.name, {}).update(dict.fromkeys(parts))
    return tuple(name + ",".join(parts) for name, parts in clauses.items())


def _left_to_others(name: str) -> bool:
    return (
        name in TORCH_FAMILY or name.startswith(("nvidia-", "cuda-")) or name.startswith(("triton", "pytorch-triton"))
    )


def _served(name: str, versions: Mapping[str, List[str]], conda: Collection[str]) -> bool:
    """Whether a package that is not installed under this name is there under another."""
    if name in conda or any(one in conda for one in CONDA_STAND_INS.get(name, ())):
        return True
    return any(one in versions for one in STAND_INS.get(name, ()))


def _that_apply(facts: Facts, suspects: List[Unmet]) -> Tuple[Unmet, ...]:
    """Most requirements that look unmet are for another platform or an older Python: markers are asked last."""
    environment = marker_environment(facts)
    answers: Dict[str, Optional[bool]] = {}
    kept = []
    for suspect in suspects:
        marker = suspect.requirement.marker
        if marker not in answers:
            answers[marker] = applies(marker, environment)
        if answers[marker]:
            kept.append(suspect)
    return tuple(kept)
