"""Whether torch is there, and whether anybody seems to want it: the questions that several rules share."""

from __future__ import annotations

import re
from typing import Iterator, Optional, Tuple

from ..facts import Copy, Elsewhere, Facts
from ..frozen import frozen
from ..reading import Unknown, given, source_of, value_or
from ..report import Evidence, NeedEnvironment, NeedTorch, Remedy
from ._common import TORCH_FAMILY, canonical, conda_record, listed
from ._requirements import parse, requested

PRESENT, MISSING, DEBRIS = "present", "missing", "debris"

#: Kinds of environment that somebody makes for a purpose of his own.
OWN_KINDS = ("venv", "conda")


def copies_of(facts: Facts, name: str) -> Tuple[Copy, ...]:
    """Every place that would satisfy `import NAME`, the winner first; empty where there is none or it is unknown."""
    for module in value_or(facts.installs.modules, ()):
        if module.name == name:
            return module.copies
    return ()


def torch_state(facts: Facts) -> str:
    """PRESENT; MISSING; or DEBRIS: no torch can be imported, yet something says that it is or was installed here
    (metadata, conda's record, an emptied folder, pip's ~orch). reading.Missing is raised where nobody could look."""
    path = given(facts.torch.path, "torch")
    copies = [copy for copy in copies_of(facts, "torch") if copy.origin != "cwd"]
    hollow = bool(copies) and all(copy.kind == "namespace" for copy in copies)
    if path is not None and not hollow:
        return PRESENT
    named = any(canonical(dist.name) == "torch" for dist in value_or(facts.installs.distributions, ()))
    record = conda_record(facts, "pytorch", "pytorch-cpu", "pytorch-gpu")
    return DEBRIS if hollow or named or record or torch_leftovers(facts) else MISSING


def torch_gone(facts: Facts) -> bool:
    """Whether torch is known not to be importable; False where nobody could look."""
    return not isinstance(facts.torch.path, Unknown) and torch_state(facts) != PRESENT


def torch_leftovers(facts: Facts) -> Tuple[str, ...]:
    """pip's leftovers of torch itself."""
    return tuple(path for path in value_or(facts.installs.leftovers, ()) if is_leftover_of("torch", path))


def is_leftover_of(name: str, path: str) -> bool:
    """Whether a path such as .../~orch or .../~-rch-2.0.1.dist-info is what pip moves a package aside to.

    pip replaces the first letters one after the other, so the name keeps its length (AdjacentTempDirectory).
    """
    stem = re.split(r"-\d|\.dist-info", path.rstrip("/").rsplit("/", 1)[-1])[0]
    if not stem.startswith("~") or len(stem) != len(name):
        return False
    return any(stem.endswith(name[cut:]) and not stem[1:cut].isalpha() for cut in range(1, len(name)))


def elsewhere_of(facts: Facts, name: str) -> Tuple[Elsewhere, ...]:
    """The same package in the user's other environments; empty where unknown."""
    return tuple(other for other in value_or(facts.installs.elsewhere, ()) if canonical(other.name) == name)


@frozen
class Wish:
    """How surely torch is wanted in the active environment."""

    #: asked: something here needs it; own: an environment made for a purpose; bare: no environment is active; tool: the
    #: environment of envdoctor itself.
    level: str
    because: Tuple[Evidence, ...] = ()

    @property
    def severity(self) -> str:
        """Of torch's absence."""
        return {"asked": "error", "own": "warning"}.get(self.level, "note")


def wish(facts: Facts) -> Wish:
    """Read from what is installed and from requirements.txt; what is unknown counts as no sign."""
    signs = (*_asked_by_file(facts), *_asked_by_installed(facts))
    if signs:
        return Wish("asked", signs)
    # envdoctor's own environment is a virtual one too, and nobody trains in it.
    if any(canonical(dist.name) == "envdoctor" for dist in value_or(facts.installs.distributions, ())):
        return Wish("tool")
    return Wish("own" if value_or(facts.python.kind, "") in OWN_KINDS else "bare")


def _asked_by_file(facts: Facts) -> Iterator[Evidence]:
    lines = [asked.line for asked in requested(facts).requirements if asked.name in TORCH_FAMILY]
    if lines:
        yield Evidence(f"asks for {listed(lines, 3)}", source_of(facts.installs.requested))


def _asked_by_installed(facts: Facts) -> Iterator[Evidence]:
    """The first package that requires torch, else the first that is of no use without it."""
    distributions = value_or(facts.installs.distributions, ())
    for dist in distributions:
        for line in dist.requires:
            if line[:5].lower() == "torch" and "extra" not in line:
                requirement = parse(line)
                if requirement and requirement.name == "torch":
                    yield Evidence(f"{dist.name} {dist.version} requires {requirement.line}", dist.metadata)
                    return
    for dist in distributions:
        if canonical(dist.name) in TORCH_FAMILY[1:] or dist.name.startswith("nvidia-cuda-runtime"):
            yield Evidence(f"{dist.name} {dist.version} is installed", dist.metadata)
            return


def ways_to_install(facts: Facts, version: Optional[str] = None) -> Tuple[Remedy, ...]:
    """Remedies for a torch that is not there: here where pip may write, else in an environment of one's own."""
    here = Remedy("install torch in this environment", (NeedTorch(version=version),))
    beside = Remedy("make an environment of your own with torch in it", (NeedEnvironment(),))
    closed = value_or(facts.python.externally_managed, "") or not value_or(facts.python.site_packages_writable, True)
    bare = value_or(facts.python.kind, "") in ("system", "conda-base")
    return (beside,) if closed else (beside, here) if bare else (here, beside)
