"""What terminals, forums and mail programs put around text, taken off again."""

from __future__ import annotations

import re
from operator import and_
from typing import Iterator, List, Match, Sequence, Tuple

#: Bytes that a plain block does not have. "[0m" is what is left of a colour whose escape was lost.
_ODD = (b"\x1b", b"\r", b"\0", b"\x08", b"\x07", b"\x0b", b"\x0c", b"\x7f", b"&")
# Of these the single byte is looked for first, which takes less time.
_ODD_RUNS = ((b"`", b"```"), (b"<", b"</"), (b"[", b"[0m"), (b">", b"\n>"), (b">", b"\n >"))

_ESCAPES = re.compile(
    r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x9b[0-?]{0,64}[ -/]{0,8}[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)?"  # OSC and its like: titles, links
    r"|\x1b[()*+#%][0-9A-Za-z]?|\x1b[ -~]?"
)
_LOST_ESCAPES = re.compile(r"\[(?:\d{1,3}(?:;\d{1,3}){0,4})?m")
_TO_COLUMN_ONE = re.compile(r"\x1b\[[01]?G")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_BLANKS = "\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
_TYPED_AS = {
    **dict.fromkeys(_BLANKS, " "),
    **{chr(0xFF01 + place): chr(0x21 + place) for place in range(94)},  # full-width ASCII
    **dict.fromkeys("\u2018\u2019\u201a\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u2033", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"),
    "\u2014": "--",  # what word processors make of --
}
_ODD_LETTERS = re.compile("[" + "".join(map(re.escape, _TYPED_AS)) + "]")
_ENTITIES = {
    "gt": ">", "lt": "<", "amp": "&", "quot": '"', "apos": "'", "nbsp": " ", "#39": "'", "#x27": "'", "#34": '"',
    "#62": ">", "#60": "<", "#160": " ",
}  # fmt: skip
_ENTITY = re.compile("&(" + "|".join(_ENTITIES) + ");")
_TAG = re.compile(r"</?(?:pre|code|details|summary|br|blockquote|kbd|samp|div|span|p)(?: [^<>\n]{0,200})?/?>")
_FENCE = re.compile(r"^[ \t]*`{3,}[ \t]*(?:[A-Za-z][\w+.-]{0,20}[ \t]*$)?|(?<!`)`{3,}[ \t]*$", re.MULTILINE)
_QUOTE = re.compile(r"[ \t]{0,3}>(?!>>(?:[ \t]|$)) ?")
_PROMPT = re.compile(r"[ \t]*>>>(?:[ \t]|$)")
_START = 2000  # characters of a line that tell whether it is quoted
_NO_LETTERS = re.compile(r"[^A-Za-z\u00c0-\uffff]+|(?<![A-Za-z])[kKMGT]i?B?(?![A-Za-z])|[\u2500-\u28ff]+")

#: Of a report of our own, whose strings are taken as they stand.
MARK = '"format": "json-v1"'


def is_plain(raw: bytes) -> bool:
    """Whether a block of bytes can be taken as it is."""
    if not raw.isascii() or any(odd in raw for odd in _ODD):
        return False
    return not (raw.startswith((b">", b" >")) or any(one in raw and odd in raw for one, odd in _ODD_RUNS))


def without_marks(text: str, numbers: Sequence[int]) -> Tuple[str, Sequence[int]]:
    """The text without escapes, overprinting, control characters, entities, tags and fences, and the line numbers of
    what is left: a redrawn line may become several."""
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPES.sub("", _TO_COLUMN_ONE.sub("\r", text))
    if "[0m" in text:
        text = _LOST_ESCAPES.sub("", text)
    if "\r" in text:
        text, numbers = _redrawn(text, numbers)
    if "\x08" in text:
        text = "\n".join(_overprinted(line) if "\x08" in line else line for line in text.split("\n"))
    text = "\n".join([line if _is_typed(line) else _typed(line) for line in text.split("\n")])
    if MARK not in text:
        text = _ENTITY.sub(_entity, text) if "&" in text else text
        text = _TAG.sub("", text) if "<" in text else text
    text = _FENCE.sub("", text) if "```" in text else text
    return text, numbers


def _is_typed(line: str) -> bool:
    """Whether a line has nothing but what is on an American keyboard: most lines of most texts."""
    return line.isascii() and line.isprintable()


def _typed(line: str) -> str:
    line = _CONTROLS.sub("", line)
    return line if line.isascii() else _ODD_LETTERS.sub(lambda found: _TYPED_AS[found.group()], line)


def _entity(found: Match[str]) -> str:
    return _ENTITIES[found.group(1)]


def _overprinted(line: str) -> str:
    """Each backspace takes back one character: spinners, and bold letters of manual pages."""
    kept: List[str] = []
    for place, piece in enumerate(line.split("\x08")):
        if place and kept:
            kept.pop()
        kept.extend(piece)
    return "".join(kept)


def _redrawn(text: str, numbers: Sequence[int]) -> Tuple[str, Sequence[int]]:
    kept: List[str] = []
    of: List[int] = []
    for number, line in zip(numbers, text.split("\n")):
        line = line.rstrip("\r")
        for state in _states(line) if "\r" in line else (line,):
            kept.append(state)
            of.append(number)
    return "\n".join(kept), of


def _states(line: str) -> Iterator[str]:
    """The last state of a line that was drawn over, and before it those that say something else."""
    states = [state for state in line.split("\r") if state.strip()]
    if not states:
        yield ""
        return
    seen = {_NO_LETTERS.sub(" ", states[-1]).strip()}
    for state in states[:-1]:
        words = _NO_LETTERS.sub(" ", state).strip()
        if words not in seen:
            seen.add(words)
            yield state
    yield states[-1]


def may_be_quoted(text: str) -> bool:
    return text.startswith((">", " >")) or "\n>" in text or "\n >" in text


def is_quoted(line: str) -> bool:
    """Whether a line, as it came, is marked as part of a quotation."""
    if ">" not in line and "&gt;" not in line and "\uff1e" not in line:
        return False
    return _is_marked(without_marks(line[:_START], (0,))[0].rpartition("\n")[2])


def _is_marked(line: str) -> bool:
    return line[:4].lstrip()[:1] == ">" and _PROMPT.match(line) is None


def unquoted(text: str, inside: bool) -> str:
    """The text without the quote marks of mails and forums.

    A quotation is two lines in a row or more: one line alone that begins with ">" is a prompt. `inside` says that the
    line before was quoted.
    """
    lines = text.split("\n")
    marks = [_is_marked(line) for line in lines]
    if not inside and not any(map(and_, marks, marks[1:])):
        return text
    for place, marked in enumerate(marks):
        before = marks[place - 1] if place else inside
        after = place + 1 < len(marks) and marks[place + 1]
        if marked and (before or after):
            lines[place] = _inner(lines[place])
    return "\n".join(lines)


def _inner(line: str) -> str:
    for _ in range(8):
        found = _QUOTE.match(line)
        if found is None or _PROMPT.match(line):
            break
        line = line[found.end() :]
    return line
