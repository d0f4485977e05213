"""NumPy and torch do not fit: a torch built before NumPy 2 beside NumPy 2, or a NumPy that is too old.

It finds NumPy 2 beside a torch whose binary does not know its interface (before 2.3 on Linux and macOS, before 2.4.1 on
Windows), and a NumPy below what the release asks. No torch wheel states this in its metadata, so pip installs NumPy 2
beside every one of them.

It matters because torch starts with "A module that was compiled using NumPy 1.x cannot be run in NumPy 2", and
`torch.from_numpy` and `tensor.numpy()` end with "Numpy is not available": data loading and plotting stop.

It is mended by NumPy below 2, or by a newer torch.

Example: numpy 2.0.1 beside torch 2.1.0+cu121.
"""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Facts
from ..reading import Known, need, source_of, value_or
from ..report import CannotTell, Evidence, Finding, NeedPackages, NeedTorch, NotApplicable, Remedy
from ..versions import major
from ._common import distributions_of, finding
from ._torch import older, release, torch_words

ID = "LIB104"
NAME = "numpy-abi"
SEVERITY = "error"
TAGS = ("packages", "torch")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    need(facts.torch.version, "torch")
    numpy = _numpy(facts)
    if numpy is None:
        raise NotApplicable("NumPy is not installed")
    version, where = numpy
    if major(version) >= 2:
        accepts, source = _accepts(facts, table)
        if not accepts:
            yield _too_new(facts, table, version, where, source)
        return
    try:
        row = release(facts, table)
    except (CannotTell, NoRow):
        return  # no lower limit is known, and NumPy 1 fits every torch
    if row.numpy_min and older(version, row.numpy_min):
        yield finding(
            ID,
            NAME,
            SEVERITY,
            f"numpy {version} is too old for {torch_words(facts)}, which asks for {row.numpy_min}",
            "torch cannot exchange arrays with this NumPy.",
            [Evidence(f"numpy {version}", where), Evidence(f"torch {row.version} asks for it", str(row.origin))],
            [Remedy("install a newer NumPy", (NeedPackages((f"numpy>={row.numpy_min},<2",), upgrade=True),))],
        )


def _numpy(facts: Facts) -> Optional[Tuple[str, str]]:
    """Version and place of the NumPy that import takes."""
    for module in value_or(facts.installs.modules, ()):
        if module.name == "numpy" and module.copies and module.copies[0].version:
            return module.copies[0].version, module.copies[0].path
    for dist in distributions_of(facts, "numpy"):
        if dist.version:
            return dist.version, dist.metadata
    return None


def _accepts(facts: Facts, table: CompatTable) -> Tuple[bool, str]:
    """Whether this torch knows NumPy 2: from its binary, else from the table."""
    if isinstance(facts.torch.numpy2, Known):
        return facts.torch.numpy2.value, source_of(facts.torch.numpy2)
    row = release(facts, table)
    system = "windows" if value_or(facts.session.os, "linux") == "windows" else "linux_macos"
    if system not in row.numpy2:
        raise CannotTell(f"the table does not say whether torch {row.version} knows NumPy 2")
    return row.numpy2[system], str(row.origin)


def _too_new(facts: Facts, table: CompatTable, version: str, where: str, source: str) -> Finding:
    return finding(
        ID,
        NAME,
        SEVERITY,
        f"numpy {version} is too new for {torch_words(facts)}, which was built before NumPy 2",
        "tensor.numpy() and torch.from_numpy() end with 'Numpy is not available', so data loading stops.",
        [
            Evidence(f"numpy {version}", where),
            Evidence(f"{torch_words(facts)} does not know NumPy 2's interface", source),
        ],
        [
            Remedy("install the last NumPy 1", (NeedPackages(("numpy<2",)),)),
            *_newer_torch(facts, table),
        ],
    )


def _newer_torch(facts: Facts, table: CompatTable) -> Iterator[Remedy]:
    system = "windows" if value_or(facts.session.os, "linux") == "windows" else "linux_macos"
    knowing = [row for row in table.torch_releases() if row.numpy2.get(system)]
    if knowing:
        title = f"install torch {knowing[-1].version}, the first that knows NumPy 2"
        yield Remedy(title, (NeedTorch(version=knowing[-1].version),))
