"""Names below a folder, streamed: a million files in the memory of the deepest path and of one batch.

Links to folders are followed, as the frameworks' glob does; a folder is entered once, so that a link upwards is no
endless walk. Errors are counted, never raised: one closed folder must not end the walk.
"""

from __future__ import annotations

import os
from typing import Callable, Iterator, List, Set, Tuple

BATCH = 1000
_EXAMPLES = 10


class Walk:
    """Iterate over (folder, names of files in it), at most BATCH names at a time, folders in no order.

    `late` is asked between batches; where it says so the walk ends with `complete` False.
    """

    def __init__(self, top: str, late: Callable[[], bool] = lambda: False) -> None:
        self._top = top
        self._late = late
        self._entered: Set[Tuple[int, int]] = set()
        self.complete = False
        self.dangling = 0
        self.looping = 0
        self.special = 0  # sockets, pipes, devices
        self.closed: List[str] = []  # "folder: reason", the first few
        self.closed_count = 0

    def __iter__(self) -> Iterator[Tuple[str, List[str]]]:
        folders = [self._top]
        while folders:
            folder = folders.pop()
            if not self._enter(folder):
                continue
            try:
                entries = os.scandir(folder)
            except OSError as error:
                self._refused(folder, error)
                continue
            with entries:
                for names in self._batches(folder, entries, folders):
                    yield folder, names
                    if self._late():
                        return
        self.complete = True

    def _enter(self, folder: str) -> bool:
        try:
            found = os.stat(folder)
        except OSError as error:
            self._refused(folder, error)
            return False
        key = (found.st_dev, found.st_ino)
        if key in self._entered:
            self.looping += 1
            return False
        self._entered.add(key)
        return True

    def _batches(self, folder: str, entries: Iterator[os.DirEntry[str]], folders: List[str]) -> Iterator[List[str]]:
        names: List[str] = []
        try:
            for entry in entries:
                kind = _kind(entry)
                if kind == "file":
                    names.append(entry.name)
                    if len(names) >= BATCH:
                        yield names
                        names = []
                elif kind == "dir":
                    folders.append(entry.path)
                elif kind == "dangling":
                    self.dangling += 1
                else:
                    self.special += 1
        except OSError as error:  # a disk that fails in the middle of a folder
            self._refused(folder, error)
        yield names

    def _refused(self, folder: str, error: OSError) -> None:
        self.closed_count += 1
        if len(self.closed) < _EXAMPLES:
            self.closed.append(f"{folder}: {error.strerror or error}")


def _kind(entry: os.DirEntry[str]) -> str:
    """file | dir | dangling | special; links are followed. Of most the folder itself tells, without the disk."""
    if entry.is_file(follow_symlinks=False):
        return "file"
    try:
        if entry.is_dir():
            return "dir"
        if entry.is_file():
            return "file"
    except OSError:  # a link to itself, or through a closed folder
        return "dangling"
    return "dangling" if entry.is_symlink() else "special"
