"""MKL in the conda environment is newer than conda's torch accepts.

It finds conda's pytorch from the channel `pytorch` (up to 2.5, its last) beside mkl 2024.1 or newer. Its recipes ask
for mkl without an upper bound, so every fresh environment gets one. pip's wheels hold MKL inside and conda-forge's
builds pin theirs: neither is affected.

It matters because import ends with "libtorch_cpu.so: undefined symbol: iJIT_NotifyEvent".

It is mended by an older mkl.

Example: pytorch 2.1.0 from channel pytorch beside mkl 2024.2.
"""

from __future__ import annotations

from typing import Iterator

from ..compat import CompatTable
from ..facts import Facts
from ..reading import Unknown, need, source_of, value_or
from ..report import Evidence, Finding, NeedPackages, NotApplicable, Remedy
from ..versions import at_least
from ._common import finding
from ._torch import by_conda

ID = "LIB105"
NAME = "mkl-ijit"
SEVERITY = "error"
TAGS = ("conda", "libraries", "torch")

#: pytorch/builder, conda/pytorch-nightly/meta.yaml of release/1.13 to release/2.5 asks for `mkl >=2018`; mkl 2024.1
#: dropped the symbol (pytorch/pytorch#123097).
_FIRST_BAD = "2024.1"
_SOURCE = "https://github.com/pytorch/pytorch/issues/123097"


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    records = {record.name: record for record in need(facts.installs.conda, "conda's records")}
    torch, mkl = records.get("pytorch"), records.get("mkl")
    if torch is None or mkl is None:
        raise NotApplicable("conda has not installed both pytorch and mkl")
    if _channel(torch.channel) != "pytorch":
        raise NotApplicable(f"this pytorch is from {torch.channel}, whose builds pin their mkl")
    need(facts.torch.version, "torch")
    if not by_conda(facts):
        raise NotApplicable("the torch that is imported is not conda's")
    if value_or(facts.session.os, "linux") != "linux" or not at_least(mkl.version, _FIRST_BAD):
        return
    because = [
        Evidence(f"conda installed pytorch {torch.version} {torch.build} from {torch.channel}", "conda-meta"),
        Evidence(f"conda installed mkl {mkl.version}", source_of(facts.installs.conda)),
        Evidence(f"builds of that channel need mkl below {_FIRST_BAD}", _SOURCE),
    ]
    deep = facts.torch.deep
    seen = isinstance(deep, Unknown) and "iJIT" in deep.detail
    if isinstance(deep, Unknown) and seen:
        because.append(Evidence(deep.detail[:300], deep.source))
    yield finding(
        ID,
        NAME,
        SEVERITY,
        f"mkl {mkl.version} is too new for pytorch {torch.version} from channel pytorch",
        "torch cannot be imported: undefined symbol iJIT_NotifyEvent.",
        because,
        [Remedy(f"install an mkl below {_FIRST_BAD}", (NeedPackages((f"mkl<{_FIRST_BAD}",)),))],
    )


def _channel(text: str) -> str:
    """The channel's own name: 'https://mirror/anaconda/cloud/pytorch/linux-64' -> 'pytorch'."""
    parts = [part for part in text.split("/") if part]
    while parts and (parts[-1] == "noarch" or parts[-1].startswith(("linux-", "osx-", "win-"))):
        parts.pop()
    return parts[-1] if parts else ""
