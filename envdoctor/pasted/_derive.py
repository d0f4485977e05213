"""What follows from what was said: the build from its version, torch's companions from the lists, and the like."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..facts import Command, Companion, CondaRecord, DeepTorch, Distribution, Facts, MissingLibrary, TorchFacts
from ..reading import Absent, Known, Reading, value_or
from ..versions import cuda_of_tag
from . import _torch
from ._packages import canonical
from ._said import NOT_SAID, joined
from .tracebacks import Raised

#: Packages that are compiled against torch: what the companions probe reports by name.
COMPANIONS = (
    "torchvision", "torchaudio", "triton", "mmcv", "mmcv-full", "flash-attn", "xformers", "detectron2", "apex",
    "pytorch3d", "torch-scatter", "torch-sparse", "torch-cluster", "torch-spline-conv", "pyg-lib", "bitsandbytes",
    "vllm", "causal-conv1d", "mamba-ssm", "deepspeed",
)  # fmt: skip
_LOST = re.compile(r"(lib[\w.+-]{1,60}\.so[\w.]{0,20}): cannot open shared object file")
_CONDA_TORCH = ("pytorch", "pytorch-gpu", "pytorch-cpu")


def derived(facts: Facts, deep: Mapping[str, Known[object]], errors: Sequence[Raised]) -> Facts:
    """`deep` has the fields of torch.deep that were said."""
    torch = _torch_by_lists(facts, isinstance(facts.torch.path, Known) or "is_available" in deep)
    torch = dataclasses.replace(
        torch,
        deep=_deep(torch, facts, deep),
        path=_path(torch, errors),
        missing_libraries=_missing_libraries(torch, errors),
        companions=_companions(facts, torch),
    )
    if torch.build == Known("cpu", getattr(torch.build, "source", "")):
        absent = Absent((getattr(torch.build, "source", ""),))
        torch = dataclasses.replace(
            torch,
            cuda=torch.cuda if isinstance(torch.cuda, Known) else absent,
            arch_list=torch.arch_list if isinstance(torch.arch_list, Known) else absent,
        )
    python = facts.python
    if isinstance(python.commands, Known):
        commands = tuple(_owned(one, python.prefix) for one in python.commands.value)
        python = dataclasses.replace(python, commands=Known(commands, python.commands.source))
    pip = _named(facts, "pip")
    if pip and not isinstance(python.pip_version, Known):
        python = dataclasses.replace(python, pip_version=Known(pip.version, pip.metadata))
    return dataclasses.replace(facts, torch=torch, python=python)


def _owned(command: Command, prefix: Reading[str]) -> Command:
    """Whether a command is of the environment in question, where both are told."""
    if not (isinstance(prefix, Known) and isinstance(command.prefix, Known)):
        return command
    same = command.prefix.value.rstrip("/\\") == prefix.value.rstrip("/\\")
    return dataclasses.replace(command, ours=Known(same, command.prefix.source))


def _named(facts: Facts, name: str) -> Optional[Distribution]:
    return next((one for one in value_or(facts.installs.distributions, ()) if canonical(one.name) == name), None)


def _record(facts: Facts, *names: str) -> Optional[CondaRecord]:
    return next((one for one in value_or(facts.installs.conda, ()) if one.name in names), None)


def _public(version: str) -> str:
    return version.partition("+")[0]


def _torch_by_lists(facts: Facts, imported: bool) -> TorchFacts:
    """torch's version where only a list has it, and the build that conda's build string names."""
    torch = facts.torch
    record, wheel = _record(facts, *_CONDA_TORCH), _named(facts, "torch")
    changes: Dict[str, Reading[str]] = {}
    if not isinstance(torch.version, Known):
        chosen = wheel.version if wheel else record.version if record else ""
        source = wheel.metadata if wheel else _source(facts)
        if not chosen and imported:
            chosen, source = _asked(facts)
        if chosen:
            changes["version"] = Known(chosen, source)
            changes.update(_by_tag(chosen, source))
    version = value_or(changes.get("version", torch.version), "")
    if record and _public(version) == _public(record.version):
        build, cuda = _torch.of_conda_build(record.build)
        if build:
            changes.setdefault("build", Known(build, _source(facts)))
        if cuda:
            changes.setdefault("cuda", Known(cuda, _source(facts)))
    elif wheel and _public(wheel.version) == _public(version):
        for field, reading in _by_tag(wheel.version, wheel.metadata).items():
            changes.setdefault(field, reading)
    kept: Dict[str, Any] = {
        field: reading for field, reading in changes.items() if not isinstance(getattr(torch, field), Known)
    }
    return dataclasses.replace(torch, **kept)


def _asked(facts: Facts) -> Tuple[str, str]:
    """The one version of torch that was asked of pip."""
    requested = facts.installs.requested
    if isinstance(requested, Known):
        versions = {found.group(1) for found in map(_torch.PINNED.match, requested.value) if found}
        if len(versions) == 1:
            return versions.pop(), requested.source
    return "", ""


def _source(facts: Facts) -> str:
    return facts.installs.conda.source if isinstance(facts.installs.conda, Known) else ""


def _by_tag(version: str, source: str) -> Dict[str, Reading[str]]:
    """What the local part of a version says of the build."""
    found: Dict[str, Reading[str]] = {}
    for one in _torch.build_of_version(version, 0):
        if isinstance(one.reading, Known):
            found[one.field] = Known(one.reading.value, source)
    return found


def _deep(torch: TorchFacts, facts: Facts, deep: Mapping[str, Known[object]]) -> Reading[DeepTorch]:
    """The import as the text shows it; only where it says whether torch saw a GPU. A count that is not said is -1."""
    if "is_available" not in deep:
        return torch.deep
    fields = {name: known.value for name, known in deep.items()}
    defaults: Dict[str, object] = {
        "version": value_or(torch.version, ""),
        "file": "",
        "cuda": value_or(torch.cuda, ""),
        "device_count": -1 if fields["is_available"] else 0,
        "arch_list": (),
        "gpus": (),
        "loaded": (),
        "warnings": (),
        "seconds": 0.0,
    }
    return Known(DeepTorch(**{**defaults, **fields}), deep["is_available"].source)  # type: ignore[arg-type]


def _path(torch: TorchFacts, errors: Sequence[Raised]) -> Reading[str]:
    """Absent where an import of torch found none, and nothing shows another that did."""
    if isinstance(torch.path, Known) or not isinstance(torch.version, type(NOT_SAID)):
        return torch.path
    for error in errors:
        if error.kind in ("ModuleNotFoundError", "ImportError") and error.message in (
            "No module named 'torch'",
            "No module named torch",
        ):
            return Absent((f"line {error.last}",))
    return torch.path


def _missing_libraries(torch: TorchFacts, errors: Sequence[Raised]) -> Reading[Tuple[MissingLibrary, ...]]:
    """Libraries that the import of torch itself did not find: the traceback ends in torch."""
    found: Dict[str, MissingLibrary] = {}
    lines: List[str] = []
    for error in errors:
        lost = _LOST.match(error.message)
        if lost and error.frames and error.frames[-1].module.split(".")[0] == "torch":
            found[lost.group(1)] = MissingLibrary(lost.group(1), error.frames[-1].file, ())
            lines.append(f"line {error.last}")
    return Known(tuple(found.values()), joined(lines)) if found else torch.missing_libraries


def _companions(facts: Facts, torch: TorchFacts) -> Reading[Tuple[Companion, ...]]:
    """Of pip's and conda's copies of one package that which came with the torch in use."""
    by_pip = {canonical(one.name): one for one in value_or(facts.installs.distributions, ())}
    by_conda = {canonical(one.name): one for one in value_or(facts.installs.conda, ())}
    version = value_or(torch.version, "")
    record, wheel = _record(facts, *_CONDA_TORCH), by_pip.get("torch")
    conda_wins = bool(record) and not (wheel and _public(wheel.version) == _public(version))
    told = {one.name: one for one in torch.companions.value} if isinstance(torch.companions, Known) else {}
    found: List[Companion] = []
    for name in COMPANIONS:
        dist, conda = by_pip.get(name), by_conda.get(name)
        listed = None
        if conda and (conda_wins or dist is None):
            listed = _by_conda(name, conda, _source(facts))
        elif dist:
            listed = _by_pip(name, dist)
        both = [one for one in (listed, told.get(name)) if one]
        if both:
            found.append(_together(both[0], both[-1]))
    return Known(tuple(found), joined([one.path for one in found])) if found else torch.companions


def _together(listed: Companion, told: Companion) -> Companion:
    """What a list has of a package, and what an error says of it."""
    names = ("cuda", "built_for_torch", "cxx11_abi", "missing_symbols", "missing_libraries")
    known: Dict[str, Any] = {name: getattr(told, name) for name in names if isinstance(getattr(told, name), Known)}
    return dataclasses.replace(listed, **known)


def _by_pip(name: str, dist: Distribution) -> Companion:
    source = dist.metadata
    cuda: Reading[str] = NOT_SAID
    local = dist.version.partition("+")[2]
    for one in _torch.build_of_version(dist.version, 0):
        if one.field == "cuda" and isinstance(one.reading, Known):
            cuda = Known(one.reading.value, source)
    if local.startswith("cpu"):
        cuda = Absent((source,))
    return companion(name, dist.version, source, cuda, _built_for(local, source))


def _built_for(local: str, source: str) -> Reading[str]:
    """The torch that a local version names: cu12torch2.6cxx11abiFALSE, pt21cu121."""
    found = _torch.NAMED_TORCH.search(local)
    if found is None:
        return NOT_SAID
    return Known(found.group(1) or f"{found.group(2)}.{found.group(3)}", source)


def _by_conda(name: str, record: CondaRecord, source: str) -> Companion:
    tag = _torch.CONDA_TAG.search(record.build)
    cuda: Reading[str] = Known(cuda_of_tag(tag.group()), source) if tag else NOT_SAID
    if "cpu" in record.build.split("_"):
        cuda = Absent((source,))
    return companion(name, record.version, source, cuda, NOT_SAID)


def companion(name: str, version: str, source: str, cuda: Reading[str], built_for: Reading[str]) -> Companion:
    return Companion(name, version, source, cuda, built_for, NOT_SAID, NOT_SAID, NOT_SAID)
