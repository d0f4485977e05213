"""What is to be done for each file of the source, as a stream."""

from __future__ import annotations

import json
import os
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from ..._machine import trees
from ..._machine.walking import Walk
from ..items import ENDINGS, ending

#: Not copied: they belong to the sizes of before (.npy of a cache on disk, YOLO's .cache with the shapes in it).
STALE = frozenset(("npy", "cache"))
#: Not copied either: a data set is copied for its images and labels, not for the archive that it came in.
HEAVY = frozenset(
    (
        *("zip", "tar", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar"),
        *("mp4", "avi", "mov", "mkv", "pt", "pth", "onnx", "ckpt", "safetensors", "h5", "lmdb", "mdb"),
    )
)
#: PNGs below folders of these names are labels: their values may not be mixed. (A JPEG cannot be one: it is lossy.)
MASKS = frozenset(
    ("masks", "mask", "labels", "annotations", "segmentationclass", "segmentationobject", "gtfine", "ann_dir")
)
#: A file system may keep times to two seconds only.
_COARSE = 2.0


class Job(NamedTuple):
    what: str  # image | mask | copy
    source: str
    target: str

    def line(self) -> str:
        return json.dumps([self.what, _bytes(self.source), _bytes(self.target)])


def _bytes(path: str) -> str:
    """The bytes of a path, a character for each: the other interpreter may read names in another encoding."""
    return os.fsencode(path).decode("latin-1")


class Plan:
    """The jobs of a tree, and what was passed over. `jobs` can be gone through once."""

    def __init__(self, source: str, target: str, image_format: str) -> None:
        self.source, self.target = source, target
        self._ending = {"jpeg": "jpg", "png": "png", "npy": "npy"}.get(image_format)
        self.already = 0
        self.left_out: Dict[str, int] = {}
        self.collisions: List[Tuple[str, str]] = []  # source, the target that another source makes
        self.unmade: List[str] = []  # "folder: reason": where no folder could be made
        self.walk = Walk(source)

    def count(self) -> int:
        """Files that there are to do or done, for the progress."""
        return sum(
            sum(1 for name in names if ending(name) not in STALE and ending(name) not in HEAVY)
            for _, names in Walk(self.source)
        )

    def jobs(self) -> Iterator[Job]:
        made: Set[str] = set()
        for folder, names in self.walk:
            inside = os.path.relpath(folder, self.source)
            there = self.target if inside == "." else os.path.join(self.target, inside)
            masks = any(part.lower() in MASKS for part in inside.split(os.sep))
            for name in names:
                job = self._job(folder, there, name, masks)
                if job is None:
                    continue
                if there not in made:
                    made = {there}  # one folder at a time: a set of a million folders would be kept for nothing
                    if not self._make(there):
                        break
                yield job

    def _make(self, folder: str) -> bool:
        try:
            trees.make_folder(folder)
        except OSError as error:
            self.unmade.append(f"{folder}: {error.strerror or error}")
            return False
        return True

    def _job(self, folder: str, there: str, name: str, masks: bool) -> Optional[Job]:
        last = ending(name)
        if last in STALE or last in HEAVY:
            self.left_out[last] = self.left_out.get(last, 0) + 1
            return None
        source = os.path.join(folder, name)
        what = "copy" if last not in ENDINGS else "mask" if masks and last == "png" else "image"
        target = os.path.join(there, self._named(name, what))
        if self._collides(folder, name, os.path.basename(target)):
            self.collisions.append((source, target))
            return None
        if _is_done(source, target):
            self.already += 1
            return None
        return Job(what, source, target)

    def _named(self, name: str, what: str) -> str:
        """Labels are found by the stem of the image's name: it never changes."""
        if what != "image":
            return name
        last = ending(name)
        wanted = self._ending or (last if last in ("jpg", "jpeg", "png") else "jpg")
        if wanted == last or (wanted == "jpg" and last == "jpeg"):
            return name
        return f"{name[: len(name) - len(last)]}{wanted}"

    def _collides(self, folder: str, name: str, target: str) -> bool:
        """Whether another source makes the same file: one of that very name, or one whose ending sorts before."""
        if target == name:
            return False
        if trees.stamp(os.path.join(folder, target)) is not None:
            return True
        stem, last = name[: len(name) - len(ending(name))], ending(name)
        return any(trees.stamp(os.path.join(folder, stem + other)) is not None for other in ENDINGS if other < last)


def _is_done(source: str, target: str) -> bool:
    """A target gets its name when it is whole, and the time of its source: one without bytes is the trace of a power
    failure, one of another time belongs to a source that has changed since."""
    there = trees.stamp(target)
    if there is None:
        return False
    here = trees.stamp(source)
    return here is not None and abs(here[1] - there[1]) <= _COARSE and (there[0] > 0 or here[0] == 0)
