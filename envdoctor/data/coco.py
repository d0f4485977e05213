"""A COCO json, read as a stream: annotations run to hundreds of MB, and of them only `images` is wanted."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Iterator, List, Optional, Tuple

from .._machine import streams
from .._machine.walking import BATCH
from ..host import Host
from ..reading import Known
from ..voice import Unusable
from .finding import Late
from .items import Item

_LONGEST = 1 << 26  # characters of one value that is read whole
_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"[0-9+.eE-]*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class Broken(Exception):
    """No JSON, or not of the form that was expected: a sentence."""


class Stream:
    """JSON values out of a text that comes in pieces."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._text = ""
        self._at = 0
        self._ended = False
        self._decode = json.JSONDecoder().raw_decode

    def _more(self) -> bool:
        if self._ended:
            return False
        piece = next(self._pieces, "")
        self._ended = not piece
        if len(self._text) - self._at > _LONGEST:
            raise Broken("one value in it is longer than 64 MiB")
        self._text, self._at = self._text[self._at :] + piece, 0
        return not self._ended

    def peek(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def expect(self, char: str) -> None:
        found = self.peek()
        if found != char:
            raise Broken(f"{char!r} is expected where {'it ends' if not found else repr(found) + ' stands'}")
        self._at += 1

    def accept(self, char: str) -> bool:
        if self.peek() != char:
            return False
        self._at += 1
        return True

    def value(self) -> Any:
        """The next value, which is small."""
        self.peek()
        while True:
            try:
                found, end = self._decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                # a number at the end of a piece may go on; all else that is cut off fails
                why = _reason(error, self._text)
                if isinstance(error, ValueError) and self._more():
                    continue
                raise Broken(why) from None
            # what is left may be the rest of a number: of "0.5" the library takes the 0 of "0."
            if _NUMBER.match(self._text, end).end() == len(self._text) and self._more():  # type: ignore[union-attr]
                continue
            self._at = end
            return found

    def skip(self) -> None:
        """Pass over the next value, whatever its size, without building it."""
        if self.peek() not in ("[", "{"):
            self.value()
            return
        depth = 0
        while True:
            found = _TOKEN.search(self._text, self._at)
            quote = self._text.find('"', self._at, found.start() if found else len(self._text))
            if found is None or quote >= 0:  # a string that is not whole yet
                if quote < 0:
                    self._at = len(self._text)
                if not self._more():
                    raise Broken("it ends in the middle")
                continue
            self._at = found.end()
            token = found.group()
            if token in ("[", "{"):
                depth += 1
            elif token in ("]", "}"):
                depth -= 1
                if not depth:
                    return


def images(pieces: Iterator[str]) -> Iterator[Any]:
    """The objects of `images`. Broken where the text is no such file."""
    stream = Stream(pieces)
    stream.expect("{")
    while not stream.accept("}"):
        key = stream.value()
        stream.expect(":")
        if key != "images":
            stream.skip()
            stream.accept(",")
            continue
        stream.expect("[")
        while not stream.accept("]"):
            yield stream.value()
            if not stream.accept(",") and stream.peek() != "]":
                raise Broken("it ends in the middle" if not stream.peek() else "it is no JSON")
        return
    raise Broken("it has no list of images")


def _reason(error: Exception, text: str) -> str:
    """Of a text that is all there is."""
    at_end = isinstance(error, json.JSONDecodeError) and error.pos >= len(text.rstrip())
    return "it ends in the middle" if at_end or "Unterminated" in str(error) else "it is no JSON"


class CocoSource:
    """The images that the file names, where they are found; else with the sizes that it declares."""

    kind = "coco"

    def __init__(self, host: Host, path: str, whole: str, late: Late) -> None:
        self._host, self._path, self._whole, self._late = host, path, whole, late
        self.folder = os.path.dirname(whole)
        self.complete = False
        self.dangling = self.looping = 0
        self.closed: List[str] = []
        self.notes: List[str] = []
        self._found: Optional[bool] = None

    def batches(self) -> Iterator[Tuple[str, List[Item]]]:
        items: List[Item] = []
        try:
            for entry in images(streams.pieces(self._whole)):
                items.append(self._item(entry))
                if len(items) >= BATCH:
                    yield "", items
                    items = []
                    if self._late():
                        return
        except Broken as error:
            raise Unusable(f"{self._path} cannot be read as COCO json: {error}") from None
        except OSError as error:
            raise Unusable(f"{self._path}: {error.strerror or error}") from None
        yield "", items
        self.complete = True

    def _item(self, entry: object) -> Item:
        name = entry.get("file_name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name or "\0" in name or not isinstance(entry, dict):
            raise Broken("an image in it has no file_name")
        if self._found is None:
            self._locate(name)
        folder, last = os.path.split(os.path.join(self.folder, name))
        if self._found:
            return Item(folder, last)
        return Item(folder, last, declared=(_pixels(entry.get("width")), _pixels(entry.get("height"))))

    def _locate(self, name: str) -> None:
        """The folder that the first name lies in: beside the file, or where the usual layouts have it."""
        home = os.path.dirname(self._whole)
        stem = os.path.splitext(os.path.basename(self._whole))[0]
        stem = re.sub(r"^(instances|captions|person_keypoints|image_info)_", "", stem)
        above = os.path.dirname(home)
        names = (stem, "images", f"images/{stem}", "")
        for folder in (home, *(os.path.join(top, each) for top in (above, home) for each in names)):
            if isinstance(self._host.stat(os.path.join(folder, name)), Known):
                self.folder, self._found = os.path.normpath(folder), True
                return
        self._found = False
        self.notes.append(
            f"the images of {self._path} were not found ({name} is neither beside it nor in the usual folders): "
            "sizes are those that it declares, nothing was measured"
        )


def _pixels(said: object) -> int:
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 < said < 1 << 31 else 0
