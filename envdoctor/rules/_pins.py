"""The nvidia-* wheels that torch's metadata pins, beside what is installed of them."""

from __future__ import annotations

from typing import Optional, Tuple

from ..facts import Distribution, Facts
from ..frozen import frozen
from ..reading import need
from ._common import canonical, distributions_of
from ._requirements import applies, marker_environment, parse, pinned


@frozen
class Pin:
    name: str  # canonical
    version: str
    requirement: str  # nvidia-cudnn-cu12==9.1.0.70
    source: str  # the metadata that pins it
    installed: Optional[Distribution]


def pins(facts: Facts) -> Tuple[Pin, ...]:
    """torch's exact pins on nvidia-* wheels that apply here; none for builds that bring the libraries themselves.

    Missing where the installed packages could not be listed.
    """
    torch = next(iter(distributions_of(facts, "torch")), None)
    if torch is None:
        return ()
    installed = {canonical(dist.name): dist for dist in reversed(tuple(_nvidia(facts)))}
    environment = marker_environment(facts)
    found = []
    for line in torch.requires:
        if not line.startswith("nvidia"):
            continue
        requirement = parse(line)
        version = pinned(requirement.specifier) if requirement else None
        if requirement and version and "extra" not in requirement.marker and applies(requirement.marker, environment):
            dist = installed.get(requirement.name)
            found.append(Pin(requirement.name, version, f"{requirement.name}=={version}", torch.metadata, dist))
    return tuple(found)


def _nvidia(facts: Facts) -> Tuple[Distribution, ...]:
    every = need(facts.installs.distributions, "installed packages")
    return tuple(dist for dist in every if dist.name.lower().startswith("nvidia"))
