"""Text that is safe to show: names and paths come from a machine and may hold anything."""

from __future__ import annotations

from typing import Sequence

# Bidirectional controls and line separators reorder what a terminal shows: a path could read as another one.
_REORDERING = frozenset("\u2028\u2029\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
GIB = 1 << 30


def shown(text: str) -> str:
    """`text` with control characters and undecodable bytes spelled out: ESC becomes \\x1b, a newline \\n."""
    if text.isprintable() and text.isascii():
        return text
    return "".join(_spelled(char) for char in text)


def _spelled(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8, as surrogateescape keeps it
        return f"\\x{code - 0xDC00:02x}"
    if 0xD800 <= code <= 0xDFFF or char in _REORDERING:
        return f"\\u{code:04x}"
    if code < 0x20 or 0x7F <= code < 0xA0:
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char, f"\\x{code:02x}")
    return char


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shortened(items: Sequence[str], most: int) -> str:
    """'a, b, c and 7 more'."""
    if len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[:most])} and {len(items) - most} more"


def gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB" if size < 10 * GIB else f"{round(size / GIB)} GiB"
