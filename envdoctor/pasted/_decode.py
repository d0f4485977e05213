"""Bytes of any encoding to text, without ever failing."""

from __future__ import annotations

import codecs
import re
from typing import Iterable, Iterator

#: Longest first: UTF-32's mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Two bytes of GB2312's square, in which nearly every Chinese character of GBK and GB18030 lies.
_CHINESE = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def as_utf8(source: Iterable[bytes]) -> Iterator[bytes]:
    """The source as UTF-8 where a byte order mark says what it is, else as it comes."""
    pieces = iter(source)
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= 4:
            break
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "")
    if encoding in ("", "utf-8-sig"):
        yield head[len(codecs.BOM_UTF8) :] if encoding else head
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    yield decoder.decode(head).encode("utf-8", "replace")
    for piece in pieces:
        yield decoder.decode(piece).encode("utf-8", "replace")
    yield decoder.decode(b"", True).encode("utf-8", "replace")


def text_of(raw: bytes) -> str:
    """UTF-8 where it is; else each line by itself, because logs of several programs mix encodings."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if _UTF8.search(raw) or _is_chinese(raw):
            return "\n".join(map(_line, raw.split(b"\n")))
        return raw.decode("latin-1")


def _line(raw: bytes) -> str:
    if raw.isascii():
        return raw.decode("ascii")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if _is_chinese(raw):
            return raw.decode("gb18030", "backslashreplace")
        # A cut or damaged UTF-8 line has whole characters too; a line of Latin-1 hardly ever looks like that.
        return raw.decode("utf-8", "backslashreplace") if _UTF8.search(raw) else raw.decode("latin-1")


def _is_chinese(raw: bytes) -> bool:
    return not _NOT_ASCII.search(_CHINESE.sub(b"", raw))
