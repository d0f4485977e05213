"""What `envdoctor data resize` did, as lines and as JSON."""

from __future__ import annotations

from typing import Iterator, List, Tuple

from ... import __version__
from ...exits import Exit
from ...render.json_v1 import text_of
from ...render.page import Line, line
from ...render.words import counted, shortened, shown
from ..amounts import size_words
from .run import Outcome
from .settings import Settings

_SHOWN = 5


def page(settings: Settings, outcome: Outcome, list_name: str) -> Tuple[Line, ...]:
    return tuple(_page(settings, outcome, list_name))


def _page(settings: Settings, outcome: Outcome, list_name: str) -> Iterator[Line]:
    made: List[str] = [f"{counted(outcome.images, 'image')} resized to {settings.size}"]
    if outcome.masks:
        made.append(f"{counted(outcome.masks, 'mask')} resized without mixing values")
    if outcome.copied:
        made.append(f"{counted(outcome.copied, 'other file')} copied")
    if outcome.already:
        made.append(f"{outcome.already} were done before")
    yield Line(((f"{shown(settings.target)}: ", "strong"), (", ".join(made), "")), hang=2)
    work = outcome.images + outcome.masks
    if work and outcome.seconds > 0:
        rate = f"{work / outcome.seconds:.0f} images a second with {shown(outcome.library)}"
        yield line(f"{rate}, {size_words(outcome.bytes)} written", "dim", 2)
    for bad in outcome.bad[:_SHOWN]:
        words = f"{shown(bad.path)}: {bad.kind}, {shown(bad.why)}"
        yield Line((("broken ", "warning"), (words, "")), 2, hang=7)
    if outcome.bad_count > _SHOWN:
        yield line(f"{outcome.bad_count} in all, each in {shown(settings.target)}/{list_name}", "warning", 2)
    for text in outcome.closed:
        yield Line((("not read ", "warning"), (shown(text), "")), 2, hang=9)
    if outcome.dangling:
        yield line(f"{counted(outcome.dangling, 'link')} that lead nowhere", "warning", 2)
    if outcome.left_out:
        kinds = shortened([f"{number} .{shown(name)}" for name, number in sorted(outcome.left_out.items())], 6)
        yield line(f"not copied: {kinds}", "dim", 2)
    yield line(
        "Labels in fractions of the image (YOLO) still fit; those in pixels (COCO json, VOC xml) do not any more.",
        "dim",
        2,
    )


def as_json(settings: Settings, outcome: Outcome) -> str:
    code = Exit.FINDINGS if outcome.bad_count or outcome.closed or outcome.dangling else Exit.OK
    work = outcome.images + outcome.masks
    return text_of(
        {
            "format": "data-resize-v1",
            "envdoctor": __version__,
            "command": "data resize",
            "exit_code": int(code),
            "source": settings.source,
            "target": settings.target,
            "size_pixels": settings.size,
            "library": outcome.library,
            "images_resized": outcome.images,
            "masks_resized": outcome.masks,
            "files_copied": outcome.copied,
            "files_done_before": outcome.already,
            "written_bytes": outcome.bytes,
            "seconds": round(outcome.seconds, 2),
            "images_per_second": round(work / outcome.seconds, 2) if outcome.seconds > 0 else None,
            "files_broken": outcome.bad_count,
            "broken": [{"path": bad.path, "kind": bad.kind, "why": bad.why} for bad in outcome.bad],
            "not_copied": dict(outcome.left_out),
            "folders_not_read": list(outcome.closed),
            "dangling_links": outcome.dangling,
        }
    )
