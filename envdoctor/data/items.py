"""A file of the set, and a source that names them all."""

from __future__ import annotations

import os
from typing import Iterator, List, NamedTuple, Protocol, Tuple

#: What ultralytics takes for an image (IMG_FORMATS), and GIF and the portable formats beside it.
ENDINGS = frozenset(
    (
        *("avif", "bmp", "dng", "gif", "heic", "heif", "jp2", "jpeg", "jpeg2000", "jpg"),
        *("mpo", "pbm", "pfm", "pgm", "png", "ppm", "tif", "tiff", "webp"),
    )
)


class Item(NamedTuple):
    """A file, or a member of an archive. A million of them pass by: a tuple is the cheapest record."""

    folder: str  # of an archive's member: the archive
    name: str
    offset: int = 0
    size: int = -1  # -1: the whole file
    declared: Tuple[int, int] = (0, 0)  # width and height, where an index names them and the file is not to be had

    @property
    def path(self) -> str:
        """Of the file that is opened: a member's archive."""
        return self.folder if self.size >= 0 else os.path.join(self.folder, self.name)

    @property
    def shown(self) -> str:
        return f"{self.folder}: {self.name}" if self.size >= 0 else os.path.join(self.folder, self.name)


def ending(name: str) -> str:
    """ "jpg" of "a.JPG"; "" where there is none."""
    _, dot, last = name.rpartition(".")
    return last.lower() if dot else ""


class Source(Protocol):
    """Names the files of a set in batches; what it passed over can be asked when it has ended."""

    kind: str
    folder: str  # where the images lie
    complete: bool
    dangling: int
    looping: int
    closed: List[str]
    notes: List[str]

    def batches(self) -> Iterator[Tuple[str, List[Item]]]:
        """(part, files): every file, images or not."""
