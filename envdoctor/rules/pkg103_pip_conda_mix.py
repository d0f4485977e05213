"""pip and conda both own a package, or one overwrote the other.

It finds, in a conda environment, a package with a record of conda's and a copy of pip's, conda's copy replaced or
removed by pip, a dist-info emptied by one after the other, and a torch whose own version.py agrees with neither.

It matters because `conda list`, `pip list` and `import` each tell another version, and the next install or removal by
either tool deletes or overwrites files of the other's copy.

It is mended by one manager for each package: remove both copies, install one.

It leaves alone a package that only pip installed in a conda environment, and pip, setuptools and wheel upgraded by
pip.

Example: conda-meta has pytorch 2.1.0, torch-2.3.0.dist-info is pip's, torch/version.py says 2.3.0+cu121.
"""

from __future__ import annotations

from typing import Iterator, List, Sequence, Tuple

from ..compat import CompatTable
from ..facts import Facts
from ..reading import Absent, need, value_or
from ..report import Evidence, Finding, Need, NeedDeleted, NeedPackages, NeedRemoved, NeedTorch, NotApplicable, Remedy
from ..versions import numbers
from ._common import TORCH_FAMILY, conda_record, finding, listed, seen
from ._owners import Mixed, mixed_packages, real_name

ID = "PKG103"
NAME = "pip-conda-mix"
SEVERITY = "error"
TAGS = ("install", "conda")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    need(facts.installs.conda, "conda's records")
    mixed = mixed_packages(facts)
    family = [one for one in mixed if one.name in TORCH_FAMILY]
    if family:
        yield _torch(facts, family)
    else:
        yield from _overwritten(facts)
    numpy = [one for one in mixed if one.name == "numpy"]
    if numpy:
        yield _numpy(facts, numpy[0])
    others = [one for one in mixed if one.name not in (*TORCH_FAMILY, "numpy")]
    if others:
        yield _others(others)
    if not mixed and not need(facts.installs.conda):
        raise NotApplicable("conda has no record of any package here")


def _stories(facts: Facts, mixed: Sequence[Mixed]) -> List[Evidence]:
    because = []
    for one in mixed:
        record = one.record
        says = f"conda has {record.name} {record.version} {record.build}".rstrip()
        says += {"gone": ", but its files are gone", "replaced": ", but its metadata is gone"}.get(one.how, "")
        because.append(Evidence(says, "conda-meta"))
        because += [Evidence(f"{dist.installer} has {dist.name} {dist.version}", dist.metadata) for dist in one.pips]
        because += [Evidence("a dist-info without metadata", path) for path in _emptied(facts, one)]
    return because


def _emptied(facts: Facts, mixed: Mixed) -> Tuple[str, ...]:
    return tuple(
        dist.metadata
        for dist in value_or(facts.installs.distributions, ())
        if not dist.metadata_readable and real_name(dist) == mixed.name
    )


def _torch(facts: Facts, family: Sequence[Mixed]) -> Finding:
    """One finding for torch, torchvision and torchaudio: they are mended together."""
    lead = family[0]
    version = value_or(facts.torch.version, "")
    because = _stories(facts, family)
    if version:
        because.append(seen(f"version.py says {version}", facts.torch.version))
    debris = tuple(path for one in family for path in _emptied(facts, one))
    names = tuple(dict.fromkeys(one.name for one in family))
    # A clean replacement runs, until conda next touches the environment.
    clean = all(one.how == "replaced" for one in family) and not isinstance(facts.torch.path, Absent)
    second = f"pip has {lead.pips[0].version}" if lead.pips else f"the {lead.name} that is there is not conda's"
    if lead.how == "gone" or (lead.how == "emptied" and isinstance(facts.torch.path, Absent)):
        second = "its files are gone"
    needs: List[Need] = [NeedDeleted(debris)] if debris else []
    needs += [NeedRemoved(names, by="any"), NeedTorch(reinstall=True)]
    return finding(
        ID,
        NAME,
        "warning" if clean else "error",
        f"conda has {lead.record.name} {lead.record.version}, {second}"
        + (f", and import gives {version}" if version and lead.name == "torch" else ""),
        "conda and pip each think the package is theirs; the next command of either breaks the other's copy.",
        because,
        (Remedy("remove both copies and install one", tuple(needs)),),
    )


def _overwritten(facts: Facts) -> Iterator[Finding]:
    """A torch whose own version is not the one that conda installed, without a trace of pip's in the metadata."""
    record = conda_record(facts, "pytorch", "pytorch-cpu", "pytorch-gpu")
    if record is None or isinstance(facts.torch.path, Absent):
        return
    version = need(facts.torch.version, "torch's version")
    folder = need(facts.torch.path, "torch")
    if not folder.startswith(need(facts.python.prefix, "the environment's prefix").rstrip("/") + "/"):
        return
    # conda-forge's builds say 2.1.0.post300; only pip's carry +cu121.
    if _release(version) == _release(record.version) and "+cu" not in version:
        return
    yield finding(
        ID,
        NAME,
        "error",
        f"conda has {record.name} {record.version}, but the files are those of torch {version}",
        "One manager wrote over the other's files; neither knows what is really there.",
        (
            Evidence(f"conda has {record.name} {record.version} {record.build}", "conda-meta"),
            seen(f"version.py says {version}", facts.torch.version),
        ),
        (Remedy("remove both copies and install one", (NeedRemoved(("torch",), by="any"), NeedTorch(reinstall=True))),),
    )


def _release(version: str) -> Tuple[int, ...]:
    try:
        return numbers(version)[:3]
    except ValueError:
        return ()


def _numpy(facts: Facts, numpy: Mixed) -> Finding:
    pip = f"pip has {numpy.pips[0].version}" if numpy.pips else "its files are gone or unowned"
    return finding(
        ID,
        NAME,
        "note" if numpy.how == "replaced" else "warning",
        f"conda has numpy {numpy.record.version}, {pip}",
        "Packages that conda built may meet a numpy that they were not built for.",
        _stories(facts, (numpy,)),
        (
            Remedy(
                "remove both copies and install one",
                (NeedRemoved(("numpy",), by="any"), NeedPackages((f"numpy=={numpy.record.version}",))),
            ),
        )
        if numpy.how != "replaced"
        else (),
    )


def _others(others: Sequence[Mixed]) -> Finding:
    names = listed(sorted(one.name for one in others))
    return finding(
        ID,
        NAME,
        "note",
        f"{len(others)} package{'s' if len(others) > 1 else ''} of conda's {'were' if len(others) > 1 else 'was'} "
        f"changed by pip: {names}",
        "`conda list` may show other versions than the ones that are imported.",
        [Evidence(f"conda has {one.record.name} {one.record.version}; {one.how}", "conda-meta") for one in others[:5]],
    )
