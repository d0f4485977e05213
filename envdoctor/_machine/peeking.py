"""The first and the last bytes of many files, and how fast whole files are read. These raise OSError."""

from __future__ import annotations

import os
import stat
import threading
import time
from typing import Optional, Sequence, Tuple

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe does not wait for its writer


class Peeked:
    """An open file, or a member of an archive: `size` bytes from `start`."""

    def __init__(self, path: str, start: int = 0, size: int = -1) -> None:
        self._file = os.open(path, _FLAGS)
        found = os.fstat(self._file)
        if not stat.S_ISREG(found.st_mode):
            os.close(self._file)
            raise OSError(0, "not a regular file")
        self._start = start
        self.size = found.st_size - start if size < 0 else size
        advise = getattr(os, "posix_fadvise", None)
        if advise is not None:  # 4 KiB are wanted, not the 128 that reading ahead makes of them
            advise(self._file, 0, 0, os.POSIX_FADV_RANDOM)

    def __enter__(self) -> Peeked:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def read(self, offset: int, length: int) -> bytes:
        offset = max(0, offset)
        return os.pread(self._file, max(0, min(length, self.size - offset)), self._start + offset)


def exists(path: str) -> bool:
    try:
        os.stat(path)
    except (OSError, ValueError):
        return False
    return True


def in_page_cache(descriptor: int) -> Optional[bool]:
    """Whether the first byte can be had without the disk; None where the kernel or the file system cannot say."""
    try:
        os.preadv(descriptor, [bytearray(1)], 0, os.RWF_NOWAIT)
    except BlockingIOError:
        return False
    except (OSError, AttributeError):
        return None
    return True


Span = Tuple[str, int, int]  # path, offset, size (-1: to its end)


class Reads:
    """What reading a few files took: files, bytes and seconds, and of how many it is known that the disk was asked."""

    def __init__(self) -> None:
        self.files = 0
        self.bytes = 0
        self.seconds = 0.0
        self.cold = 0
        self.cached_before = 0
        self.asked_before = 0
        self.unclear = 0


def read_all(spans: Sequence[Span], seconds: float, readers: int, drop: bool) -> Reads:
    """Read the files, each once, by `readers` threads, for at most that long (a read that was begun is ended).

    `drop` takes each out of the page cache before: only these files, and only pages that are clean and unmapped, which
    costs whoever else reads them one more read.
    """
    told, lock, left = Reads(), threading.Lock(), list(spans)[::-1]
    begun = time.monotonic()

    def work() -> None:
        buffer = bytearray(1 << 20)
        while time.monotonic() - begun < seconds:
            with lock:
                if not left:
                    return
                span = left.pop()
            try:
                taken, before, cold = _read_one(span, buffer, drop)
            except OSError:
                continue
            with lock:
                told.files += 1
                told.bytes += taken
                told.cold += cold is False
                told.unclear += cold is None
                told.cached_before += before is True
                told.asked_before += before is not None

    threads = [threading.Thread(target=work, daemon=True) for _ in range(max(1, readers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, begun + 2 * seconds + 2 - time.monotonic()))  # a dead mount: what came back counts
    told.seconds = time.monotonic() - begun
    return told


def _read_one(span: Span, buffer: bytearray, drop: bool) -> Tuple[int, Optional[bool], Optional[bool]]:
    """Bytes read; whether it was in the page cache, and whether it was after dropping."""
    path, offset, size = span
    descriptor = os.open(path, _FLAGS)
    try:
        before = in_page_cache(descriptor) if offset == 0 else None
        if drop and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, offset, max(0, size), os.POSIX_FADV_DONTNEED)
        after = in_page_cache(descriptor) if drop and offset == 0 else None
        wanted = os.fstat(descriptor).st_size - offset if size < 0 else size
        taken, view = 0, memoryview(buffer)
        while taken < wanted:
            got = os.preadv(descriptor, [view[: min(len(buffer), wanted - taken)]], offset + taken)
            if not got:
                break
            taken += got
        return taken, before, after
    finally:
        os.close(descriptor)
