"""What a recorded answer is turned back into. Each raises ValueError for what does not fit."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Tuple, Union

from .codec import from_plain
from .host import Disk, Identity, NvmlAnswer, Output, Process, Stat
from .reading import Absent, Known, Reading, Unknown


def _as(kind: Any) -> Callable[[Any], Any]:
    return lambda plain: from_plain(kind, plain)


as_reading: Callable[[Any], Reading[Any]] = _as(Union[Known[object], Absent, Unknown])
as_text: Callable[[Any], str] = _as(str)
as_names: Callable[[Any], Tuple[str, ...]] = _as(Tuple[str, ...])
as_stat: Callable[[Any], Stat] = _as(Stat)
as_bool: Callable[[Any], bool] = _as(bool)
as_disk: Callable[[Any], Disk] = _as(Disk)
as_output: Callable[[Any], Output] = _as(Output)
as_process: Callable[[Any], Process] = _as(Process)
as_number: Callable[[Any], int] = _as(int)
as_identity: Callable[[Any], Identity] = _as(Identity)
as_limits: Callable[[Any], Tuple[Tuple[str, int, int], ...]] = _as(Tuple[Tuple[str, int, int], ...])


def as_environ(plain: Any) -> Mapping[str, str]:
    if not isinstance(plain, dict):
        raise ValueError("environ: an object is expected")
    return {name: as_text(value) for name, value in plain.items()}


def as_nvml(plain: Any) -> NvmlAnswer:
    try:
        system, gpus = dict(plain["system"]), tuple(dict(gpu) for gpu in plain["gpus"])
        return NvmlAnswer(system, gpus, str(plain["ended"]), str(plain["detail"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"no answer of NVML: {error}") from error


def first_bytes(text: str, limit: int) -> str:
    """As a text that was read with this limit."""
    if len(text) * 4 <= limit:
        return text
    return text.encode("utf-8", "surrogateescape")[:limit].decode("utf-8", "surrogateescape")
