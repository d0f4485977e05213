"""What the path is: a folder, a list of paths, a YOLO data.yaml, a COCO json, tar shards. One sentence where none."""

from __future__ import annotations

import os
from typing import Callable, Iterator, List, Tuple

from .._machine import streams
from .._machine.walking import BATCH, Walk
from ..host import Host
from ..reading import Absent, Known
from ..voice import Unusable
from .items import ENDINGS, Item, Source, ending

Late = Callable[[], bool]
_COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip", ".7z", ".rar")


def find(host: Host, path: str, late: Late) -> Source:
    """Unusable where nothing there can be a set of images."""
    whole = os.path.normpath(os.path.join(host.cwd, os.path.expanduser(path)))
    found = host.stat(whole)
    if isinstance(found, Absent):
        raise Unusable(f"{path}: there is no such file or folder")
    if not isinstance(found, Known):
        raise Unusable(f"{path}: {found.detail or found.reason}")
    if found.value.kind == "dir":
        listed = host.access(whole, "rx")
        if listed == Known(False, whole):
            raise Unusable(f"{path}: you may not read this folder")
        return FolderSource([("", whole)], "folder", whole, late)
    if found.value.kind != "file":
        raise Unusable(f"{path} is neither a folder nor a file")
    return _of_file(host, path, whole, late)


def _of_file(host: Host, path: str, whole: str, late: Late) -> Source:
    last = ending(whole)
    first = host.read_bytes(whole, 0, 4096)
    if not isinstance(first, Known):
        raise Unusable(f"{path}: {'you may not read it' if getattr(first, 'reason', '') == 'denied' else 'unreadable'}")
    if whole.lower().endswith(_COMPRESSED):
        raise Unusable(f"{path} is compressed: its images cannot be sampled; unpack it, or give plain .tar shards")
    if last == "tar" or first.value[257:262] == b"ustar":
        return TarSource([whole], "tar", late)
    if last in ("yaml", "yml"):
        from .yolo import yolo

        return yolo(host, path, whole, late)
    if last == "json" or first.value.lstrip()[:1] == b"{":
        from .coco import CocoSource

        return CocoSource(host, path, whole, late)
    if last in ENDINGS:
        raise Unusable(f"{path} is one image; give its folder")
    if not first.value.strip():
        raise Unusable(f"{path} is empty")
    if b"\0" in first.value:
        raise Unusable(f"{path} is no folder, list of images, data.yaml, COCO json or tar")
    return ListSource([("", whole)], host.cwd, late)


class FolderSource:
    """Folders, walked. Where one holds tar shards and no image, the shards are read instead."""

    def __init__(self, tops: List[Tuple[str, str]], kind: str, folder: str, late: Late) -> None:
        self.kind, self.folder = kind, folder
        self._tops, self._late = tops, late
        self.complete = False
        self.dangling = self.looping = 0
        self.closed: List[str] = []
        self.notes: List[str] = []

    def batches(self) -> Iterator[Tuple[str, List[Item]]]:
        complete, shards, images = True, [], False
        for part, top in self._tops:
            walk = Walk(top, self._late)
            for folder, names in walk:
                tars = [os.path.join(folder, name) for name in names if name.endswith(".tar")]
                shards += tars
                images = images or any(ending(name) in ENDINGS for name in names)
                yield part, [Item(folder, name) for name in names]
            complete = complete and walk.complete
            self.dangling += walk.dangling
            self.looping += walk.looping
            self.closed += walk.closed
        self.complete = complete
        if shards and not images:
            inner = TarSource(shards, "shards", self._late)
            yield from inner.batches()
            self.kind, self.complete = "shards", complete and inner.complete
            self.notes += inner.notes


class TarSource:
    """Uncompressed tar files (WebDataset shards), read by their headers."""

    def __init__(self, shards: List[str], kind: str, late: Late) -> None:
        self.kind, self.folder = kind, os.path.dirname(shards[0])
        self._shards, self._late = shards, late
        self.complete = False
        self.dangling = self.looping = 0
        self.closed: List[str] = []
        self.notes: List[str] = []

    def batches(self) -> Iterator[Tuple[str, List[Item]]]:
        for number, shard in enumerate(self._shards):
            items: List[Item] = []
            try:
                for name, offset, size in streams.members(shard):
                    items.append(Item(shard, name, offset, size))
                    if len(items) >= BATCH:
                        yield "", items
                        items = []
                        if self._late():
                            self._unfinished(number)
                            return
            except streams.Damaged as error:
                self.notes.append(f"{shard} is damaged ({error}): what lies behind that place was not seen")
            except OSError as error:
                self.closed.append(f"{shard}: {error.strerror or error}")
            yield "", items
            if self._late() and number + 1 < len(self._shards):
                self._unfinished(number + 1)
                return
        self.complete = True

    def _unfinished(self, done: int) -> None:
        self.notes.append(f"{done} of {len(self._shards)} shards were read in the time given")


class ListSource:
    """Text files with a path a line. As the frameworks read them: `./` means beside the list, else from here."""

    def __init__(self, lists: List[Tuple[str, str]], cwd: str, late: Late) -> None:
        self.kind, self.folder = "list", os.path.dirname(lists[0][1])
        self._lists, self._cwd, self._late = lists, cwd, late
        self.complete = False
        self.dangling = self.looping = 0
        self.closed: List[str] = []
        self.notes: List[str] = []

    def batches(self) -> Iterator[Tuple[str, List[Item]]]:
        for part, path in self._lists:
            parent, items = os.path.dirname(path), []
            try:
                for line in streams.lines(path):
                    line = line.strip()
                    if not line or line.startswith("#"):
                        continue
                    beside = parent if line.startswith("./") else self._cwd
                    folder, name = os.path.split(os.path.normpath(os.path.join(beside, line)))
                    items.append(Item(folder, name))
                    if len(items) >= BATCH:
                        yield part, items
                        items = []
                        if self._late():
                            return
            except OSError as error:
                self.closed.append(f"{path}: {error.strerror or error}")
            if items:
                self.folder = items[0].folder or self.folder
            yield part, items
        self.complete = True
