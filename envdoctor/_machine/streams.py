"""Large files a piece at a time: lines of a list, the text of a JSON file, members of a tar. These raise OSError."""

from __future__ import annotations

import codecs
import os
import stat
from typing import IO, Iterator, Tuple

_PIECE = 1 << 20
_LONGEST = 1 << 16  # bytes of a line


def _opened(path: str) -> IO[bytes]:
    """A regular file; anything else is not read: a pipe would wait."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "not a regular file")
    return os.fdopen(descriptor, "rb")


def lines(path: str) -> Iterator[str]:
    """Lines without their ends, UTF-8 with surrogateescape; a line longer than any path is cut into pieces."""
    with _opened(path) as file:
        first = True
        while True:
            line = file.readline(_LONGEST)
            if not line:
                return
            if first and line.startswith(codecs.BOM_UTF8):
                line = line[len(codecs.BOM_UTF8) :]
            first = False
            yield line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")


def pieces(path: str) -> Iterator[str]:
    """The text of a file, a MiB at a time."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
    with _opened(path) as file:
        while True:
            piece = file.read(_PIECE)
            yield decoder.decode(piece, not piece)
            if not piece:
                return


class Damaged(Exception):
    """The archive ends early, or is none."""


def _check_end(file: IO[bytes], offset: int) -> None:
    """tarfile takes a header that it does not understand for the end; the end is zeros, or that of the file."""
    file.seek(offset)
    if file.read(512).strip(b"\0"):
        raise Damaged("what should be a header is none")


def members(path: str) -> Iterator[Tuple[str, int, int]]:
    """Name, offset of the content, and size of each regular file in an uncompressed tar.

    tarfile keeps every member that it has passed; they are thrown away, so that memory does not grow with the archive.
    """
    import tarfile

    try:
        with _opened(path) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            while True:
                member = tar.next()
                if member is None:
                    _check_end(file, tar.offset)
                    return
                if member.isreg():
                    yield member.name, member.offset_data, member.size
                tar.members = []  # type: ignore[attr-defined]
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise Damaged(str(error)) from None
