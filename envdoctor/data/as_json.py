"""The same as JSON. Every key ends in its unit; a figure that cannot be told is null, and `not_known` says why."""

from __future__ import annotations

from typing import Any, Dict, Optional

from .. import __version__
from ..compat.rows import Loader
from ..reading import Absent, Known, Reading
from ..render.json_v1 import text_of
from .capacity import Rate, allowed_memory, rate_when_free
from .facts import DataFacts, Interval, Speed
from .verdict import Verdict
from .ways import Way

FORMAT = "data-v1"


def as_json(facts: DataFacts, loader: Loader, verdict: Verdict, exit_code: int) -> str:
    return text_of(document(facts, loader, verdict, exit_code))


def document(facts: DataFacts, loader: Loader, verdict: Verdict, exit_code: int) -> Dict[str, Any]:
    made = _Fields()
    found, sizes, machine, place, measured = facts.set, facts.sizes, facts.machine, facts.place, facts.measured
    steady = verdict.now.steady
    for name, reading in (
        ("decoded_bytes", sizes.decoded),
        ("ram_cache_bytes", sizes.cached),
        ("file_bytes", sizes.file_bytes),
        ("mean_decoded_bytes", sizes.mean_decoded),
        ("mean_long_side_pixels", sizes.long_side),
        ("mean_pixels", sizes.pixels),
        ("broken_images", sizes.broken),
        ("images_with_npy", sizes.npy_used),
    ):
        made.interval(name, reading)
    for label, plain in (
        ("cpus", machine.cpus),
        ("counted_cpus", machine.counted),
        ("memory_available_bytes", machine.available),
        ("memory_limit_bytes", machine.limit),
        ("memory_limit_room_bytes", machine.room),
        ("shm_free_bytes", machine.shm_free),
        ("load_processes", machine.load),
        ("filesystem", place.filesystem),
        ("device", place.device),
        ("disk_free_bytes", place.free),
        ("quota_free_bytes", place.quota_free),
        ("writable", place.writable),
        ("cached_share", measured.cached_share),
        ("share_twice_the_training_size", sizes.larger),
    ):
        made.put(label, plain)
    for label, speed in (
        ("read_cold_one_reader", measured.cold),
        ("read_cold", measured.cold_parallel),
        ("read_warm", measured.warm),
    ):
        made.speed(label, speed)
    made.put("libraries", measured.libraries, lambda rows: [row.__dict__ for row in rows])
    made.put("loading", measured.loading, lambda one: one.__dict__)
    if steady is None:
        made.unknown["images_per_second"] = verdict.now.why_not
    return {
        "format": FORMAT,
        "envdoctor": __version__,
        "command": "data",
        "exit_code": exit_code,
        "path": found.path,
        "kind": found.kind,
        "images": found.images,
        "images_complete": found.complete,
        "parts": {part.name: part.images for part in found.parts},
        "formats": dict(found.formats),
        "other_files": found.others,
        "npy_files": found.npy_files,
        "dangling_links": found.dangling,
        "folders_not_read": list(found.closed),
        "headers_read": sizes.read,
        "stopped": sizes.stopped,
        "faults": [
            {"kind": fault.kind, "files": fault.count, "examples": list(fault.examples)} for fault in sizes.faults
        ],
        "asked": {
            "imgsz_pixels": facts.asked.imgsz,
            "batch": facts.asked.batch,
            "workers": facts.asked.workers,
            "ranks": facts.asked.ranks,
            "budget_seconds": facts.asked.budget,
        },
        "framework": loader.name,
        "framework_version": facts.asked.version or None,
        "python": measured.python or None,
        "decodes_per_sample": round(verdict.now.decodes, 3),
        "images_per_second": _rate(steady),
        "limited_by": steady.limited_by if steady else None,
        "first_epoch_images_per_second": _rate(verdict.now.first),
        "images_per_second_when_cpus_are_free": _rounded(rate_when_free(facts)),
        "memory_allowed_bytes": allowed_memory(facts),
        **made.values,
        "remedies": [_way(way) for way in verdict.ways],
        "best": verdict.best.name if verdict.best else None,
        "notes": list(verdict.notes),
        "not_known": made.unknown,
    }


def _rounded(value: Optional[float]) -> Optional[float]:
    return None if value is None else round(value, 2)


def _rate(rate: Optional[Rate]) -> Optional[float]:
    return round(rate.value, 2) if rate else None


def _way(way: Way) -> Dict[str, Any]:
    return {
        "name": way.name,
        "images_per_second": _rate(way.rate),
        "limited_by": way.rate.limited_by if way.rate else None,
        "fits": way.fits,
        "why": way.why,
        "ram_bytes": way.ram_bytes,
        "peak_ram_bytes": way.peak_ram_bytes,
        "disk_bytes": way.disk_bytes,
        "minutes": None if way.minutes is None else round(way.minutes, 2),
        "lacking_bytes": way.lacking_bytes,
        "setting": way.setting or None,
        "command": list(way.command) or None,
        "caveat": way.caveat or None,
    }


class _Fields:
    def __init__(self) -> None:
        self.values: Dict[str, Any] = {}
        self.unknown: Dict[str, str] = {}

    def put(self, name: str, reading: Reading[Any], plain: Any = lambda value: value) -> None:
        self.values[name] = plain(reading.value) if isinstance(reading, Known) else None
        if isinstance(reading, Absent):
            self.unknown[name] = "absent" + (f": {', '.join(reading.looked)}" if reading.looked else "")
        elif not isinstance(reading, Known):
            self.unknown[name] = reading.sentence()

    def interval(self, name: str, reading: Reading[Interval]) -> None:
        """Three keys: the figure, and between what it lies with 95 %."""
        whole = isinstance(reading, Known) and not name.startswith("mean_")
        self.put(name, reading, lambda one: round(one.value) if whole else round(one.value, 2))
        for end in ("low", "high"):
            value = getattr(reading.value, end) if isinstance(reading, Known) else None
            self.values[f"{name}_{end}"] = None if value is None else round(value) if whole else round(value, 2)

    def speed(self, name: str, reading: Reading[Speed]) -> None:
        self.put(f"{name}_bytes_per_second", reading, lambda one: round(one.bytes_per_second))
        rate = round(reading.value.files_per_second, 1) if isinstance(reading, Known) else None
        self.values[f"{name}_files_per_second"] = rate
