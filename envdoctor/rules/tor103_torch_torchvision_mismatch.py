"""torch, torchvision and torchaudio that are not a pair, or not of one CUDA.

It finds a torchvision or torchaudio built for another release series of torch than the one that is imported, a
torchvision without CUDA beside a torch with CUDA (or the reverse), and two CUDA versions where torchvision refuses
them: up to 0.15 any difference, from 0.16 on another major version. What counts is version.py of both; that PyPI's
metadata has no "+cu121" while version.py has is no difference. A difference in the last digit alone is only noted.

It matters because torchvision's operators do not load ("operator torchvision::nms does not exist", "undefined
symbol"), do not run on the GPU ("Could not run 'torchvision::nms' with arguments from the 'CUDA' backend"), or
torchvision stops at import ("compiled with different CUDA versions").

It is mended by installing the pair together from one index.

Example: torch 2.5.1+cu121 beside torchvision 0.15.2+cu118.
"""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Companion, Facts
from ..reading import Absent, Known, need, value_or
from ..report import CannotTell, Evidence, Finding, NeedTorch, NotApplicable, Remedy
from ..versions import major, minor
from ._common import finding
from ._companions import TRAIN, torch_pin, torch_requirement
from ._requirements import admits
from ._torch import is_release, public, same_build, series, torch_seen, torch_words

ID = "TOR103"
NAME = "torch-torchvision-mismatch"
SEVERITY = "error"
TAGS = ("torch", "packages")

Reason = Tuple[str, str, Tuple[Evidence, ...]]  # severity, what is wrong, evidence


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    need(facts.torch.version, "torch")
    pair = [companion for companion in need(facts.torch.companions, "torchvision") if companion.name in TRAIN]
    if not pair:
        raise NotApplicable("neither torchvision nor torchaudio is installed")
    untold = []
    for companion in pair:
        reason = _symbols(companion) or _cuda(facts, companion)
        if reason is None:
            try:
                reason = _version(facts, table, companion)
            except (CannotTell, NoRow) as why:
                untold.append(str(why))
        if reason:
            yield _finding(facts, table, companion, reason)
    if untold:
        raise CannotTell(untold[0])


def _finding(facts: Facts, table: CompatTable, companion: Companion, reason: Reason) -> Finding:
    severity, wrong, because = reason
    whole = companion.name == "torchvision"
    return finding(
        ID,
        NAME,
        "warning" if severity == "error" and not whole else severity,
        f"{companion.name} {companion.version} and {torch_words(facts)} {wrong}",
        "Operators such as nms fail to load or to run on the GPU; detection models stop there."
        if whole
        else "torchaudio may fail to import; nothing else is affected.",
        [*because, torch_seen(facts), Evidence(f"{companion.name} {companion.version}", companion.path)],
        _remedies(facts, table, companion),
    )


def _remedies(facts: Facts, table: CompatTable, companion: Companion) -> Iterator[Remedy]:
    yield Remedy(f"install the {companion.name} that belongs to this torch, both from one index", (same_build(facts),))
    if companion.name == "torchvision":
        for release in table.torch_releases():
            if release.torchvision == public(companion.version) and release.version != same_build(facts).version:
                title = f"keep torchvision {release.torchvision} and install its torch, {release.version}"
                yield Remedy(title, (NeedTorch(version=release.version),))
                return


def _symbols(companion: Companion) -> Optional[Reason]:
    missing = value_or(companion.missing_symbols, ())
    if not missing:
        return None
    says = f"it asks torch for {missing[0]}" + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")
    source = companion.missing_symbols.source if isinstance(companion.missing_symbols, Known) else companion.path
    return "error", "do not fit: symbols are missing", (Evidence(f"{says}, which torch's libraries lack", source),)


def _cuda(facts: Facts, companion: Companion) -> Optional[Reason]:
    ours, theirs = facts.torch.cuda, companion.cuda
    build = value_or(facts.torch.build, "")
    if isinstance(ours, Known) and isinstance(theirs, Known):
        exact = companion.name == "torchvision" and _series_or_none(companion.version) <= (0, 15)
        same = minor(ours.value) == minor(theirs.value) if exact else major(ours.value) == major(theirs.value)
        if same:
            return None
        wrong = f"are built for different CUDA versions, {theirs.value} and {ours.value}"
        return "error", wrong, (Evidence(f"{companion.name} is built for CUDA {theirs.value}", theirs.source),)
    if companion.name != "torchvision":  # torchaudio writes no CUDA version down
        return None
    if build == "cuda" and isinstance(theirs, Absent):
        says = Evidence("torchvision is a CPU build", ", ".join(theirs.looked) or companion.path)
        return "error", "are not of one kind: torchvision is a CPU build", (says,)
    if build == "cpu" and isinstance(theirs, Known):
        says = Evidence(f"torchvision is built for CUDA {theirs.value}", theirs.source)
        return "error", "are not of one kind: only torchvision is a CUDA build", (says,)
    return None


def _version(facts: Facts, table: CompatTable, companion: Companion) -> Optional[Reason]:
    """What the versions say: its own pin on torch first, the table's pairs where it has none."""
    torch = need(facts.torch.version)
    if not (is_release(torch) and is_release(companion.version)):
        raise CannotTell(f"torch {torch} with {companion.name} {companion.version}: not released builds")
    pin = torch_pin(facts, companion)
    if pin and is_release(pin[0] if pin[0].count(".") > 1 else pin[0] + ".0"):
        because = (Evidence(f"{companion.name} {companion.version} was built for torch {pin[0]}", pin[1]),)
        if series(pin[0]) != series(torch):
            return "error", f"are not a pair: {companion.name} was built for torch {pin[0]}", because
        if pin[0].count(".") > 1 and public(pin[0]) != public(torch):
            return "note", f"differ in the last digit: {companion.name} was built for torch {pin[0]}", because
        return None
    asked = torch_requirement(facts, companion)
    if asked and asked[0] and admits(asked[0], torch):
        return None
    row = table.torch(torch)
    wanted = row.torchvision if companion.name == "torchvision" else row.torchaudio
    if wanted is None:
        raise CannotTell(f"the table has no {companion.name} for torch {row.version}")
    if series(wanted) == series(companion.version):
        return None
    says = Evidence(f"torch {row.version} was released with {companion.name} {wanted}", str(row.origin))
    return "error", f"are not a pair: torch {row.version} goes with {companion.name} {wanted}", (says,)


def _series_or_none(version: str) -> Tuple[int, ...]:
    try:
        return series(version)
    except ValueError:
        return ()
