"""Width and height of an image from its first bytes, and whether it is one that can be read to its end.

The sizes are read by `imagesize`: a score of formats, nothing decoded, nothing needed in the user's environment.
"""

from __future__ import annotations

import io
from typing import Protocol, Tuple

from ..frozen import frozen

#: Tried in turn: in nine of ten files the first is enough; a JPEG with thumbnails and colour profiles takes more.
_PIECES = (1 << 12, 1 << 16, 1 << 20, 1 << 24)
_TAIL = 1 << 12
#: Bytes of a PNG's first chunk with what is before it; imagesize 1 reads sizes out of less, and reads nonsense.
_PNG_LEAST = 33
#: More than this no library decodes without being told so: OpenCV's limits on a side and on an image.
_MOST_SIDE, _MOST_PIXELS = 1 << 20, 1 << 30


@frozen
class Header:
    """`fault` is "" or one of facts.FAULTS; sizes are 0 where it is one."""

    width: int
    height: int
    fault: str = ""


class Bytes(Protocol):
    """A file or a member of an archive. OSError where it cannot be read."""

    size: int

    def read(self, offset: int, length: int) -> bytes: ...


def header(file: Bytes) -> Header:
    if file.size == 0:
        return Header(0, 0, "empty")
    head = file.read(0, _PIECES[0])
    kind = known_kind(head)
    if not kind:
        return Header(0, 0, "strange")
    if kind == "png" and file.size < _PNG_LEAST:
        return Header(0, 0, "truncated")
    width, height = _sizes(head)
    for piece in _PIECES[1:]:
        if width > 0 or len(head) >= file.size:
            break
        head = file.read(0, piece)
        width, height = _sizes(head)
    if width <= 0 or height <= 0:
        return Header(0, 0, "truncated")
    if max(width, height) > _MOST_SIDE or width * height > _MOST_PIXELS:
        return Header(0, 0, "too-large")
    if not _ends_well(kind, file):
        return Header(0, 0, "cut-short")
    return Header(width, height)


def known_kind(head: bytes) -> str:
    """The format by its first bytes, "" where they are none that a decoder would take."""
    for start, kind in (
        (b"\xff\xd8\xff", "jpeg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"GIF8", "gif"),
        (b"BM", "bmp"),
        (b"II*\0", "tiff"),
        (b"MM\0*", "tiff"),
        (b"II+\0", "tiff"),
        (b"MM\0+", "tiff"),
        (b"\0\0\0\x0cjP  ", "jp2"),
    ):
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return "heif"
    return "pnm" if head[:1] == b"P" and head[1:2] in b"123456Ff" and head[2:3].isspace() else ""


def _ends_well(kind: str, file: Bytes) -> bool:
    """Whether the mark of the end stands in the last 4 KiB; some cameras append data behind it."""
    mark = {"jpeg": b"\xff\xd9", "png": b"IEND"}.get(kind)
    return mark is None or mark in file.read(file.size - _TAIL, _TAIL)


def _sizes(head: bytes) -> Tuple[int, int]:
    import imagesize

    try:
        width, height = imagesize.get(io.BytesIO(head))
        return int(width), int(height)
    except Exception:  # noqa: BLE001 - any bytes may stand in a file; older releases let every error out
        return -1, -1
