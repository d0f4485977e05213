"""Packages built on top of torch: what ties one to a torch version, and what would replace it."""

from __future__ import annotations

from typing import Optional, Tuple

from ..compat import CompatTable, NoRow
from ..compat.rows import Downstream
from ..facts import Companion, Facts
from ..reading import Known, value_or
from ..versions import numbers
from ._common import canonical
from ._requirements import parse, pinned

#: Companions that torch's own release train carries, or that torch itself pins.
TRAIN = ("torchvision", "torchaudio")
PINNED_BY_TORCH = ("triton", "pytorch-triton", "pytorch-triton-rocm", "triton-windows")


def torch_requirement(facts: Facts, companion: Companion) -> Optional[Tuple[str, str]]:
    """What its metadata asks of torch (specifier, '' for any) and the metadata's path; None where it says nothing."""
    for dist in value_or(facts.installs.distributions, ()):
        if canonical(dist.name) != canonical(companion.name):
            continue
        for line in dist.requires:
            requirement = parse(line)
            if requirement and requirement.name == "torch" and "extra" not in requirement.marker:
                return requirement.specifier, dist.metadata
    return None


def torch_pin(facts: Facts, companion: Companion) -> Optional[Tuple[str, str]]:
    """The one torch version that it was built for, and who says so; None where it takes several or nothing is known."""
    asked = torch_requirement(facts, companion)
    if asked and asked[0]:
        exact = pinned(asked[0])
        return (exact, asked[1]) if exact else None
    if isinstance(companion.built_for_torch, Known):
        return companion.built_for_torch.value, companion.built_for_torch.source
    return None


def row_of(table: CompatTable, name: str) -> Optional[Downstream]:
    try:
        return table.downstream(name)
    except NoRow:
        return None


def wheel_for(row: Downstream, variant: str, series: Tuple[int, int], keep: str) -> Optional[Tuple[str, str]]:
    """A prebuilt version for that CUDA variant and torch series, and where it lies: `keep` where it is among them, ""
    where the page is known and what lies there is not."""
    same = [wheel for wheel in row.wheels if numbers(wheel.torch)[:2] == series]
    # What its own setup fetches fits every CUDA of the major version.
    near = [wheel for wheel in same if from_its_setup(wheel.find_links) and wheel.variant[:4] == variant[:4]]
    for wheel in near:
        if keep in wheel.versions:
            return keep, wheel.find_links
    for wheel in [*(wheel for wheel in same if wheel.variant == variant), *near]:
        if not wheel.versions and not wheel.find_links:
            continue
        finished = [version for version in wheel.versions if version.replace(".", "").isdigit()]
        newest = max(finished or wheel.versions, key=_order, default="")
        return keep if keep in wheel.versions else newest, wheel.find_links
    return None


def from_its_setup(page: str) -> bool:
    """Whether pip finds no wheels on that page: releases on GitHub, where a package's own setup fetches from."""
    return page.startswith("https://github.com/")


def version_requiring(row: Downstream, torch: str) -> Optional[str]:
    """The newest version of the package whose metadata pins exactly that torch."""
    fits = [version for version, specifier in row.requires_torch.items() if pinned(specifier) == torch]
    return max(fits, key=_order, default=None)


def _order(version: str) -> Tuple[int, ...]:
    try:
        return numbers(version)
    except ValueError:
        return ()
