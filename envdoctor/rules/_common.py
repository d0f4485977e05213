"""What most rules say or ask in the same words."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Iterable, Iterator, Optional, Tuple

from ..facts import CondaRecord, Distribution, Facts
from ..reading import Reading, need, source_of, value_or
from ..report import Evidence, Finding, Remedy

#: Packages of one release train: they are installed, and replaced, together.
TORCH_FAMILY = ("torch", "torchvision", "torchaudio")

#: Conda's name for a distribution, where it is another.
CONDA_NAMES = {"torch": "pytorch"}


def finding(
    rule: str,
    name: str,
    severity: str,
    title: str,
    meaning: str,
    because: Iterable[Evidence],
    remedies: Iterable[Remedy] = (),
    confidence: str = "certain",
) -> Finding:
    """A finding of the rule whose module constants ID and NAME are given first."""
    return Finding(rule, name, severity, title, meaning, tuple(because), tuple(remedies), confidence)


def seen(says: str, reading: Reading[Any]) -> Evidence:
    """Evidence that cites where a reading comes from."""
    return Evidence(says, source_of(reading))


@lru_cache(maxsize=4096)  # many rules ask it of every distribution
def canonical(name: str) -> str:
    """'Torch_Vision' -> 'torch-vision' (PEP 503, for the names that metadata really holds)."""
    text = name.lower().replace("_", "-").replace(".", "-")
    while "--" in text:
        text = text.replace("--", "-")
    return text


def distributions_of(facts: Facts, *names: str) -> Iterator[Distribution]:
    """Installed distributions with one of these canonical names, in sys.path order. Missing where nobody could look."""
    for dist in need(facts.installs.distributions, "installed packages"):
        if canonical(dist.name) in names:
            yield dist


def conda_record(facts: Facts, *names: str) -> Optional[CondaRecord]:
    """Conda's own record of one of these conda packages, None outside conda or where there is none."""
    for record in value_or(facts.installs.conda, ()):
        if record.name in names:
            return record
    return None


def conda_cpu_build(facts: Facts) -> Optional[CondaRecord]:
    """Conda's pytorch where its build string says that it is a CPU build: py3.10_cpu_0, cpu_mkl_py311h0b2a6a2_100."""
    record = conda_record(facts, "pytorch", "pytorch-cpu")
    if record is None or not ("cpu" in record.build or record.name == "pytorch-cpu"):
        return None
    return None if "cuda" in record.build else record


def listed(items: Iterable[str], most: int = 5) -> str:
    """'a, b, c and 4 more'."""
    every: Tuple[str, ...] = tuple(items)
    rest = len(every) - most
    return ", ".join(every[:most]) + (f" and {rest} more" if rest > 0 else "")
