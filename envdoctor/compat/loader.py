"""Reads one table file, strictly: unknown, missing or wrong fields and repeated rows are BadTable, with the place.

The whole file is checked when it is first read; rows become dataclasses one by one, when asked for.
"""

from __future__ import annotations

import json
import pkgutil
from typing import Any, Callable, Dict, Iterable, List, Mapping, Sequence, Set, Tuple

from ..frozen import frozen
from .kinds import DATE, HOW, TEXT, Kind, many, misfit, one_of
from .rows import BadTable, Origin

Read = Callable[[str], bytes]  # file name -> its bytes

#: What every row says of itself. `source` names keys of the file's `sources`, which say where each was read and when;
#: a row that was read elsewhere or another day says so itself.
PROVENANCE: Mapping[str, Kind] = {"source": many(TEXT, 1), "how": one_of(*HOW), "where": TEXT, "checked": DATE}
OPTIONAL = frozenset(("where", "checked"))
#: What the file says of each source.
SOURCE: Mapping[str, Kind] = {"source": TEXT, "where": TEXT, "checked": DATE}


@frozen
class Subject:
    """What one file holds."""

    name: str  # torch -> torch.json
    about: str  # one sentence
    key: Tuple[str, ...]  # the fields that no two rows share
    fields: Mapping[str, Kind]  # in the order in which they are written
    make: Callable[..., Any]  # the row's dataclass
    optional: Tuple[str, ...] = ()  # fields that may be left out; the dataclass has a default

    @property
    def file(self) -> str:
        return f"{self.name}.json"


@frozen
class Loaded:
    """A file that passed: rows in its order, as they stand in it."""

    subject: Subject
    sources: Mapping[str, Mapping[str, str]]
    rows: Tuple[Dict[str, Any], ...]

    def build(self, row: Mapping[str, Any]) -> Any:
        """The row's dataclass."""
        subject = self.subject
        values = {name: subject.fields[name].freeze(row[name]) for name in subject.fields if name in row}
        return subject.make(origin=self._origin(row), **values)

    def _origin(self, row: Mapping[str, Any]) -> Origin:
        cited = [self.sources[key] for key in row["source"]]
        where = row.get("where") or "; ".join(source["where"] for source in cited)
        checked = row.get("checked") or max(source["checked"] for source in cited)
        return Origin("; ".join(source["source"] for source in cited), where, checked, row["how"])


def packaged(name: str) -> bytes:
    """A data file of this package, also from inside a zip."""
    data = pkgutil.get_data(__package__ or "envdoctor.compat", f"data/{name}")
    if data is None:
        raise BadTable(f"{name}: this installation cannot read its data files")
    return data


def load(subject: Subject, read: Read = packaged) -> Loaded:
    """The file of a subject. BadTable where it is not what the subject says."""
    try:
        text = read(subject.file)
    except OSError as error:
        raise BadTable(f"{subject.file}: cannot be read: {error}") from None
    return parse(subject, text)


def parse(subject: Subject, text: bytes) -> Loaded:
    file = subject.file
    try:
        whole = json.loads(text.decode("utf-8"), object_pairs_hook=lambda pairs: _object(file, pairs))
    except BadTable:
        raise
    except (ValueError, RecursionError) as error:
        raise BadTable(f"{file}: not JSON: {error}") from None
    if type(whole) is not dict or whole.keys() != {"subject", "sources", "rows"}:
        raise BadTable(f"{file}: an object with exactly subject, sources and rows is expected")
    if whole["subject"] != subject.name:
        raise BadTable(f"{file}: subject must be {subject.name!r}, not {whole['subject']!r}")
    sources = _sources(file, whole["sources"])
    rows = whole["rows"]
    if type(rows) is not list:
        raise BadTable(f"{file}: rows must be a list")
    _check_rows(subject, sources, rows)
    return Loaded(subject, sources, tuple(rows))


def _object(file: str, pairs: Sequence[Tuple[str, Any]]) -> Dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadTable(f"{file}: field {twice!r} stands twice in one object")
    return made


def _sources(file: str, sources: Any) -> Mapping[str, Mapping[str, str]]:
    if type(sources) is not dict:
        raise BadTable(f"{file}: sources must be an object")
    for key, source in sources.items():
        if not key or type(source) is not dict or source.keys() != SOURCE.keys():
            raise BadTable(f"{file}: source {key!r}: an object with exactly {', '.join(SOURCE)} is expected")
        for name, kind in SOURCE.items():
            if not kind.fit([source[name]]):
                at = f"{file}: source {key!r}: field {name!r}"
                raise BadTable(f"{at}: {kind.words} is expected, not {_short(source[name])}")
    return dict(sources)


def _check_rows(subject: Subject, sources: Mapping[str, Any], rows: List[Any]) -> None:
    fields = {**subject.fields, **PROVENANCE}
    required = fields.keys() - OPTIONAL - set(subject.optional)
    for place, row in enumerate(rows, 1):
        if type(row) is not dict:
            raise BadTable(f"{subject.file}: row {place}: an object is expected")
        if not required <= row.keys() <= fields.keys():
            _wrong_keys(_place(subject, place, row), required - row.keys(), row.keys() - fields.keys())
    for name, kind in fields.items():
        having = [row for row in rows if name in row]
        column = [row[name] for row in having]
        if not kind.fit(column):
            at, value = misfit(kind, column)
            where = _place(subject, rows.index(having[at]) + 1, having[at])
            raise BadTable(f"{where}: field {name!r}: {kind.words} is expected, not {_short(value)}")
    seen: Set[Tuple[Any, ...]] = set()
    for place, row in enumerate(rows, 1):
        for key in row["source"]:
            if key not in sources:
                raise BadTable(f"{_place(subject, place, row)}: field 'source': no source is called {key!r}")
        identity = tuple([row[name] for name in subject.key])
        if identity in seen:
            raise BadTable(f"{_place(subject, place, row)}: field {subject.key[-1]!r}: an earlier row has the same key")
        seen.add(identity)


def _wrong_keys(at: str, missing: Iterable[str], unknown: Iterable[str]) -> None:
    for name in sorted(missing):
        raise BadTable(f"{at}: field {name!r} is missing")
    for name in sorted(unknown):
        raise BadTable(f"{at}: field {name!r} is unknown")


def _place(subject: Subject, place: int, row: Mapping[str, Any]) -> str:
    key = " ".join(str(row.get(name, "?")) for name in subject.key)
    return f"{subject.file}: row {place} ({key[:60]})"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
