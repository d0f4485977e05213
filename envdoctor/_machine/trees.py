"""The folder that a tree of files is made in. These raise OSError."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import Optional, Tuple

PART = ".part"
PART_BEGINS = ".envdoctor-"


class Held(Exception):
    """Another process works in that folder."""


def make_folder(path: str) -> None:
    os.makedirs(path, exist_ok=True)


def is_empty(path: str) -> bool:
    """Whether a folder holds nothing, or is not there."""
    try:
        with os.scandir(path) as entries:
            return next(entries, None) is None
    except FileNotFoundError:
        return True


def lock(path: str) -> int:
    """A descriptor of this file, made where it is not there, that holds a lock as long as it is open. Held: another."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Held from None
    except OSError:  # a file system without locks: nobody is held back
        return descriptor
    return descriptor


def write_whole(path: str, text: str) -> None:
    """A file that is there with all its text or not at all."""
    part = f"{path}{PART}"
    with open(part, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def read_text(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read(1 << 16)


def stamp(path: str) -> Optional[Tuple[int, float]]:
    """Size and time of a file; None where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime


def remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
