"""Exceptions in a text: tracebacks of Python, IPython, rich and log files, and error lines that stand alone."""

from __future__ import annotations

import re
from typing import List, Optional, Sequence, Tuple

from ..frozen import frozen
from .lines import Line

_HEADER = "Traceback (most recent call last)"
_FRAMES = (
    re.compile(r'\s{0,40}File "([^"\n]{1,2000})", line (\d{1,9})(?:, in (.{1,200}))?'),  # Python
    re.compile(r"\s{0,8}File (\S[^:\n]{0,1000}):(\d{1,9}),? in (.{1,200})"),  # IPython 8
    re.compile(r"\s{0,8}((?:/|~|[A-Za-z]:\\|<ipython-input-)[^:\n]{0,1000}?)(?::(\d{1,9}))? in (\S.{0,200})"),
)
_RAISED = re.compile(r"((?:[A-Za-z_]\w{0,80}\.){0,12}[A-Za-z_]\w{0,80})(?:: ?(.*))?$")
_ALONE = re.compile(
    r"(?:E {1,8}|\[rank\d+\]: ?|\(\S{1,40} pid=\d+\) ?|\S{0,40}ERROR:? {1,4})?\s{0,8}"
    r"((?:[A-Za-z_]\w{0,80}\.){0,12}[A-Z]\w{0,80}(?:Error|Exception|Interrupt|Warning)):(?: (.*))?$"
)
_WARNED = re.compile(r"\s{0,8}(\S[^\n]{0,600}?\.py):(\d{1,9}): ([A-Z]\w{0,60}Warning): ?(.*)$")
_DIGITS = re.compile(r"\d+")
_MOST_FRAMES = 60
_MOST_BEFORE = 40
_MOST_LINES = 400  # of one traceback
_MESSAGE_LINES = 12
_MOST = 200  # exceptions kept from the beginning, and as many from the end
_LONGEST = 4000
_STOPS = (_HEADER, "During handling of the above exception", "The above exception was the direct cause", "$ ", ">>> ")


@frozen
class Frame:
    file: str
    line: int  # 0 where the text has none
    function: str
    number: int  # line of the input

    @property
    def module(self) -> str:
        """Dotted name below site-packages: 'torch.cuda'; elsewhere the file's own name."""
        path = self.file.replace("\\", "/")
        for folder in ("/site-packages/", "/dist-packages/"):
            if folder in path:
                path = path.rpartition(folder)[2]
                break
        else:
            path = path.rpartition("/")[2]
        path = path[:-3] if path.endswith(".py") else path
        path = path[: -len("/__init__")] if path.endswith("/__init__") else path
        return path.replace("/", ".")


@frozen
class Raised:
    """An exception or a warning. The last frame is where it was raised."""

    kind: str  # the class as printed: torch.cuda.OutOfMemoryError
    message: str  # its lines, at most 4000 characters
    frames: Tuple[Frame, ...]
    first: int  # line of the input
    last: int


def raised(lines: Sequence[Line]) -> Tuple[Raised, ...]:
    """Every exception, in order; of very many the first and the last ones."""
    found: List[Raised] = []
    place = 0
    while place < len(lines):
        text = lines[place].text
        one: Optional[Tuple[Raised, int]] = None
        if _HEADER in text:
            one = _traceback(lines, place)
        elif "Error" in text or "Exception" in text or "Warning" in text or "Interrupt" in text:
            one = _single(lines, place)
        if one:
            found.append(one[0])
            place = one[1]
        else:
            place += 1
        if len(found) > 2 * _MOST:
            del found[_MOST]
    return tuple(found)


def _traceback(lines: Sequence[Line], start: int) -> Optional[Tuple[Raised, int]]:
    """The traceback whose header is at `start`, and the place after it."""
    prefix = lines[start].text[: lines[start].text.index(_HEADER)][:200]
    # IPython writes the class before the words, rich a box around them.
    expected = prefix.strip() if re.fullmatch(r"\s*[A-Za-z_][\w.]{0,120}\s+", prefix) else ""
    if expected or "─" in prefix:
        prefix = ""
    frames: List[Frame] = []
    base = len(prefix) - len(prefix.lstrip()) if not prefix.strip() else 0
    for place in range(start + 1, min(len(lines), start + _MOST_LINES)):
        text = _without(prefix, lines[place].text)
        bare = text.strip("│ ") if "│" in text else text
        frame = next(filter(None, (pattern.match(bare) for pattern in _FRAMES)), None)
        if frame:
            if len(frames) < _MOST_FRAMES:
                file, line, function = frame.group(1), frame.group(2), frame.group(3)
                frames.append(Frame(file.strip(), int(line or 0), (function or "").strip(), lines[place].number))
            continue
        if _HEADER in text:
            return None
        if "│" in text:
            continue
        indent = len(text) - len(text.lstrip())
        if not text.strip() or (indent > base and not expected):
            continue
        found = _RAISED.match(text.strip())
        if found and (not expected or found.group(1).split(".")[-1] == expected.split(".")[-1]):
            message, end = _message(lines, place, found.group(2) or "", prefix)
            last = lines[end - 1].number
            return Raised(found.group(1), message, tuple(frames), lines[start].number, last), end
        if not expected and not found and not set(text.strip()) <= set("^~╰╯─"):
            return None
    return None


def _without(prefix: str, text: str) -> str:
    """A line without what the logger puts before each, in which only digits may differ."""
    if not prefix.strip():
        return text
    if text.startswith(prefix):
        return text[len(prefix) :]
    head = text[: len(prefix)]
    return text[len(prefix) :] if _DIGITS.sub("0", head) == _DIGITS.sub("0", prefix) else text


def _message(lines: Sequence[Line], place: int, first: str, prefix: str) -> Tuple[str, int]:
    """The message, whose further lines end at a blank one or at something else, and the place after it."""
    parts = [first]
    end = place + 1
    while end < len(lines) and end - place < _MESSAGE_LINES:
        text = _without(prefix, lines[end].text)
        if not text.strip() or any(stop in text for stop in _STOPS) or _ALONE.match(text):
            break
        parts.append(text.rstrip())
        end += 1
    return "\n".join(parts)[:_LONGEST], end


def _single(lines: Sequence[Line], place: int) -> Optional[Tuple[Raised, int]]:
    """A warning, or an error whose traceback is cut or was never printed."""
    line = lines[place]
    text = line.text[:_LONGEST]
    warned = _WARNED.match(text)
    if warned:
        frame = Frame(warned.group(1), int(warned.group(2)), "", line.number)
        message, end = warned.group(4), place + 1
        if not message:
            message, end = _message(lines, place, "", "")
        return Raised(warned.group(3), message.strip(), (frame,), line.number, lines[end - 1].number), end
    alone = _ALONE.match(text)
    if alone is None:
        return None
    message, end = _message(lines, place, alone.group(2) or "", "")
    frames = _frames_before(lines, place)
    first = frames[0].number if frames else line.number
    return Raised(alone.group(1), message.strip(), frames, first, lines[end - 1].number), end


def _frames_before(lines: Sequence[Line], place: int) -> Tuple[Frame, ...]:
    """Frames of a traceback whose beginning is not there."""
    found: List[Frame] = []
    for line in reversed(lines[max(0, place - _MOST_BEFORE) : place]):
        frame = _FRAMES[0].match(line.text)
        if frame:
            found.append(Frame(frame.group(1), int(frame.group(2)), frame.group(3) or "", line.number))
        elif not line.text.startswith("  "):
            break
    return tuple(reversed(found))
