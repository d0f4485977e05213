"""The list of a published table: index.json beside the files that it names, written by scripts/publish_compat.py."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, List, Mapping, Tuple

from ..compat import BadTable
from ..compat.loader import parse
from ..compat.subjects import SUBJECTS
from ..frozen import frozen
from ..tables import FORMAT
from ..voice import Unusable

INDEX = "index.json"
DATE = "date.json"
#: Bytes. A table of today has 0.7 MB.
MOST_OF_INDEX, MOST_OF_A_FILE = 1 << 20, 32 << 20

WANTED = frozenset([DATE, *(subject.file for subject in SUBJECTS.values())])


@frozen
class Listed:
    name: str
    size: int  # bytes
    sha256: str


@frozen
class Manifest:
    date: str  # of the newest row
    files: Tuple[Listed, ...]


def text_of(files: Mapping[str, bytes], date: str) -> str:
    """The index of these files, one a line, in the order of their names."""
    lines = [
        json.dumps({"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()})
        for name, content in sorted(files.items())
    ]
    listed = ",\n".join(lines)
    return f'{{\n"format": {FORMAT},\n"date": {json.dumps(date)},\n"files": [\n{listed}\n]\n}}\n'


def manifest_of(content: bytes, where: str) -> Manifest:
    """Unusable where it is no index, or one that this envdoctor cannot read. Files of later subjects are left out."""
    try:
        whole = json.loads(content.decode("utf-8"))
        format, date = whole["format"], whole["date"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unusable(f"{where}: not the index of a table") from None
    if type(format) is not int or format < 1:
        raise Unusable(f"{where}: not the index of a table: its format is {format!r:.40}")
    if format != FORMAT:
        age = "newer" if format > FORMAT else "older"
        raise Unusable(f"{where}: its format {format} is {age} than this envdoctor's, {FORMAT}: it needs another one")
    if not _is_date(date):
        raise Unusable(f"{where}: its date is {date!r:.40}")
    return Manifest(date, tuple(_listed(where, whole.get("files"))))


def _listed(where: str, files: Any) -> List[Listed]:
    found: Dict[str, Listed] = {}
    for one in files if isinstance(files, list) else []:
        if not isinstance(one, dict) or not {"name", "size", "sha256"} <= one.keys():
            raise Unusable(f"{where}: an entry of its files has no name, size or sha256")
        name, size, sha256 = one["name"], one["size"], one["sha256"]
        if name not in WANTED:  # a subject that this envdoctor knows nothing of
            continue
        if type(size) is not int or not 0 <= size <= MOST_OF_A_FILE or not isinstance(sha256, str):
            raise Unusable(f"{where}: {name}: its size or sha256 is not one")
        if name in found:
            raise Unusable(f"{where}: {name} stands in it twice")
        found[name] = Listed(name, size, sha256)
    missing = sorted(WANTED - found.keys())
    if missing:
        raise Unusable(f"{where}: it does not name {', '.join(missing[:3])}")
    return list(found.values())


def verified(one: Listed, content: bytes, where: str) -> bytes:
    """The content, if it is what the index says and passes the loader, each row built."""
    if len(content) != one.size:
        raise Unusable(f"{where}: {len(content)} bytes came instead of {one.size}: it is truncated or not that file")
    digest = hashlib.sha256(content).hexdigest()
    if digest != one.sha256.lower():
        raise Unusable(f"{where}: its SHA-256 is {digest[:12]}..., not {one.sha256[:12]!r}...: it is not that file")
    if one.name == DATE:
        return content
    try:
        loaded = parse(SUBJECTS[one.name[: -len(".json")]], content)
        for row in loaded.rows:
            loaded.build(row)
    except BadTable as error:
        raise Unusable(f"{where}: not a table that can be read: {error}") from None
    return content


def date_in(content: bytes, where: str) -> str:
    """What date.json says."""
    try:
        date = json.loads(content.decode("utf-8"))["newest"]
    except (ValueError, KeyError, TypeError, RecursionError):
        date = None
    if not _is_date(date):
        raise Unusable(f"{where}: it holds no date")
    return str(date)


def _is_date(text: object) -> bool:
    if not isinstance(text, str):
        return False
    parts = text.split("-")
    return [len(part) for part in parts] == [4, 2, 2] and all(part.isascii() and part.isdigit() for part in parts)
