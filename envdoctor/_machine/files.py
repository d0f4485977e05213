"""Files, asked bluntly: these raise OSError and ValueError, and the host makes readings of them (`told`)."""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import List, Optional, Pattern, Tuple, Union

from ..reading import Absent, Unknown

PIECE = 1 << 20  # bytes read at once
OVERLAP = 1 << 16  # a match up to this long is found wherever it lies
CONTEXT = 64  # bytes before a match that a lookbehind may see

_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ESRCH)  # ESRCH: a process that ended while it was looked at
_DENIED = (errno.EACCES, errno.EPERM)


def told(error: Exception, source: str) -> Union[Absent, Unknown]:
    """What an error means: no such file is Absent, permission is Unknown(denied), the rest Unknown(failed)."""
    if not isinstance(error, OSError):  # a NUL in the path, a character that no file name can hold, a huge offset
        return Unknown("failed", str(error), source)
    if error.errno in _ABSENT:
        return Absent((source,))
    reason = "denied" if error.errno in _DENIED else "failed"
    return Unknown(reason, error.strerror or str(error), source)


def kind(mode: int) -> str:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "dir"
    return "char-device" if stat.S_ISCHR(mode) else "other"


def _open(path: str) -> int:
    """A descriptor of a regular file. Others are not even opened: a FIFO waits, a watchdog device starts to bark."""
    _regular(os.stat(path).st_mode)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _regular(os.fstat(descriptor).st_mode)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _regular(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, "Is a directory")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "Not a regular file")


def read(path: str, offset: int, size: int) -> bytes:
    """At most `size` bytes from `offset`; fewer at the end of the file."""
    if offset < 0 or size < 0:
        raise ValueError("offset and size are not negative")
    descriptor = _open(path)
    try:
        pieces: List[bytes] = []
        while size > 0:
            piece = os.pread(descriptor, min(size, PIECE), offset)
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
            size -= len(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def search(path: str, pattern: str, limit: int, start: int = 0, size: Optional[int] = None) -> Tuple[str, ...]:
    """Matches of a bytes regex (both as latin-1), in order, at most `limit`; empty ones are left out.

    Looked for in `size` bytes from `start`, by default in the whole file.

    Read piece by piece, not mapped: a page fault on a dead mount would stop every thread (the regex engine holds
    the interpreter's lock), and a file cut short while mapped would kill the process.
    """
    descriptor = _open(path)
    try:
        wanted = re.compile(pattern.encode("latin-1"))  # not for a file that is not there, as most are
        found: List[str] = []
        held, looked, offset = b"", 0, start
        while len(found) < limit:
            left = PIECE if size is None else start + size - offset
            piece = os.pread(descriptor, min(PIECE, max(0, left)), offset)
            offset += len(piece)
            held += piece
            matches, keep = _matches(wanted, held, looked, ended=not piece)
            found += matches
            if not piece:
                break
            cut = max(0, keep - CONTEXT)
            held, looked = held[cut:], keep - cut
        return tuple(found[:limit])
    finally:
        os.close(descriptor)


def _matches(wanted: Pattern[bytes], held: bytes, start: int, ended: bool) -> Tuple[List[str], int]:
    """Matches that cannot change when more bytes come, and where to go on looking."""
    sure = len(held) if ended else max(start, len(held) - OVERLAP)
    found: List[str] = []
    for match in wanted.finditer(held, start):
        if match.start() >= sure:
            break
        if match.end() > sure and not ended:
            return found, match.start()
        start = match.end()
        if match.group():
            found.append(match.group().decode("latin-1"))
    return found, max(start, sure)


def names(path: str) -> Tuple[str, ...]:
    return tuple(sorted(os.listdir(path)))


def link(path: str) -> str:
    """The target as written. FileNotFoundError also for what is no link."""
    try:
        return os.readlink(path)
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise FileNotFoundError(errno.ENOENT, "Not a link") from error
        raise


def real(path: str) -> str:
    os.stat(path)  # realpath itself answers for links that lead nowhere
    return os.path.realpath(path)


def allowed(path: str, mode: str) -> bool:
    """Whether this process may, by its effective ids. An OSError where the path itself does not answer."""
    os.stat(path)
    wanted = sum({"r": os.R_OK, "w": os.W_OK, "x": os.X_OK}[letter] for letter in set(mode))
    differ = os.geteuid() != os.getuid() or os.getegid() != os.getgid()
    return os.access(path, wanted, effective_ids=differ)


def executable(path: str) -> bool:
    return stat.S_ISREG(os.stat(path).st_mode) and allowed(path, "x")
