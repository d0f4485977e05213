"""What reading and decoding cost here: a few sampled files, a few seconds, in the user's own interpreter."""

from __future__ import annotations

import json
import math
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from .._machine.peeking import Reads, Span, read_all
from ..compat.rows import Loader
from ..frozen import names_of
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, mapped, value_or
from .capacity import decodes
from .census import Good
from .facts import Asked, Library, Loading, Machine, Measured, Speed

FILES = 64
#: Bytes that a measurement of reading may move; on a fast disk it is over sooner.
_BYTES = 1 << 28
_READERS = 8
_PROCESSES = 8
#: Beyond its seconds the script may start, import and end an image that was begun.
_GRACE = 8.0


def spread(good: Sequence[Good], most: int = FILES) -> List[Good]:
    """The beginning of the sample, which is uniform, as far as it is affordable to read it."""
    chosen: List[Good] = []
    total = 0
    for one in good:
        if len(chosen) >= most or (total + one.bytes > _BYTES and len(chosen) >= 4):
            break
        if one.bytes > 0:
            chosen.append(one)
            total += one.bytes
    return chosen


def measure(
    host: Host,
    python: Reading[str],
    good: Sequence[Good],
    asked: Asked,
    loader: Loader,
    machine: Machine,
    seconds: float,
) -> Measured:
    """Disk first: what it reads is then in the page cache, where decoding is measured from."""
    chosen = spread(good)
    nothing = Unknown("not-looked", "no image could be read")
    if not chosen:
        return Measured(nothing, nothing, nothing, nothing, nothing, nothing, nothing)
    spans: List[Span] = [(one.item.path, one.item.offset, one.item.size) for one in chosen]
    readers = max(1, min(_READERS, asked.workers or 1))
    half = len(spans) // 2 or 1
    single = read_all(spans[:half], 0.1 * seconds, 1, drop=True)
    several = read_all(spans[half:], 0.1 * seconds, readers, drop=True) if len(spans) > 1 else single
    warm = read_all(spans, 0.1 * seconds, 1, drop=False)
    answer = _ask(host, python, chosen, asked, loader, machine, 0.6 * seconds)
    before = single.asked_before + several.asked_before
    cached = (single.cached_before + several.cached_before) / before if before else None
    return Measured(
        cold=_cold(single, 1),
        cold_parallel=_cold(several, readers),
        warm=_speed(warm, 1),
        cached_share=Known(cached, "preadv2") if cached is not None else Unknown("failed", "the kernel cannot say"),
        libraries=mapped(answer, _libraries),
        loading=_loading(answer),
        framework=_framework(answer),
        python=value_or(python, ""),
    )


def _speed(reads: Reads, readers: int) -> Reading[Speed]:
    if not reads.files:
        return Unknown("failed", "none of the files could be read in the time given")
    return Known(Speed(reads.files, reads.bytes, reads.seconds, readers), "the sampled files")


def _cold(reads: Reads, readers: int) -> Reading[Speed]:
    if reads.files and reads.cold < reads.files // 2 + 1:
        why = "this file system keeps its files in memory, or does not say whether the disk was asked"
        return Unknown("failed", why)
    return _speed(reads, readers)


def processes(asked: Asked, machine: Machine) -> int:
    """As many at once as workers and CPUs allow: in one process alone nobody contends for memory and caches."""
    cpus = value_or(machine.cpus, 1.0)
    return max(1, min(_PROCESSES, asked.workers * asked.ranks, math.ceil(cpus)))


def _ask(
    host: Host,
    python: Reading[str],
    chosen: Sequence[Good],
    asked: Asked,
    loader: Loader,
    machine: Machine,
    seconds: float,
) -> Reading[Mapping[str, Any]]:
    if isinstance(python, Absent):
        return Unknown("not-looked", "there is no Python to decode with")
    if not isinstance(python, Known):
        return python
    options = {
        "seconds": round(seconds, 2),
        "imgsz": asked.imgsz,
        "batch": asked.batch,
        "library": loader.library,
        "decodes": round(decodes(asked, loader), 3),
        "mosaic": (loader.mosaic / 100 if asked.mosaic is None else asked.mosaic) > 0.5,
        "processes": processes(asked, machine),
        "package": "" if asked.framework == "generic" else asked.framework,
    }
    files = [f"{one.item.offset}:{one.item.size}:{one.item.path}" for one in chosen if "\0" not in one.item.path]
    said = host.ask(python.value, "decode", (json.dumps(options), *files), seconds + _GRACE)
    gone = Unknown("failed", "there is nothing to start", python.value)
    return mapped(gone if isinstance(said, Absent) else said, _parsed)


def _parsed(text: str) -> Mapping[str, Any]:
    answer = json.loads(text)
    if not isinstance(answer, dict):
        raise ValueError("the answer is no JSON object")
    if "error" in answer:
        raise ValueError(str(answer["error"])[:300])
    return answer


def _libraries(answer: Mapping[str, Any]) -> Tuple[Library, ...]:
    return tuple(Library(**{name: row[name] for name in names_of(Library)}) for row in answer["libraries"])


def _loading(answer: Reading[Mapping[str, Any]]) -> Reading[Loading]:
    if not isinstance(answer, Known):
        return answer
    said: Dict[str, Any] = answer.value.get("loading") or {}
    if not said:
        return Unknown("failed", str(answer.value.get("problem", "")), answer.source)
    return Known(Loading(**{name: said[name] for name in names_of(Loading)}), answer.source)


def _framework(answer: Reading[Mapping[str, Any]]) -> Reading[str]:
    if not isinstance(answer, Known):
        return answer
    version = str(answer.value.get("framework") or "")
    return Known(version, answer.source) if version else Absent((answer.source,))
