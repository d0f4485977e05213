"""Files of the table as rows, read when first asked for, found by index, built one by one."""

from __future__ import annotations

from typing import Any, Callable, Dict, Hashable, Iterable, List, Mapping, Tuple

from .loader import Loaded, Read, load
from .subjects import SUBJECTS

Row = Mapping[str, Any]
Keys = Callable[[Row], Iterable[Hashable]]
#: What a site knows besides: subject -> files that passed the loader. Their rows come first, and take the place of
#: rows with the same key.
Site = Mapping[str, Tuple[Loaded, ...]]


class Store:
    def __init__(self, read: Read, site: Site) -> None:
        self._read = read
        self._site = site
        self._rows: Dict[str, Tuple[Row, ...]] = {}
        self._files: Dict[str, Tuple[Loaded, ...]] = {}  # of each row, in the same order
        self._indexes: Dict[Tuple[str, str], Dict[Hashable, List[int]]] = {}
        self._made: Dict[Tuple[str, int], Any] = {}

    def rows(self, name: str) -> Tuple[Row, ...]:
        """The rows of a file as they stand in it, a site's own before them."""
        if name not in self._rows:
            own = load(SUBJECTS[name], self._read)
            rows: Tuple[Row, ...] = own.rows
            files = (own,) * len(own.rows)
            if name in self._site:
                rows, files = _merged(SUBJECTS[name].key, (*self._site[name], own))
            self._files[name] = files
            self._rows[name] = rows
        return self._rows[name]

    def all(self, name: str) -> Tuple[Any, ...]:
        """Every row of a file, built, in its order."""
        return tuple(self._build(name, place) for place in range(len(self.rows(name))))

    def find(self, name: str, by: str, keys: Keys, wanted: Hashable) -> Tuple[Any, ...]:
        """The rows that have `wanted` among their `keys`, built. `by` names the index, which is made once."""
        if (name, by) not in self._indexes:
            index: Dict[Hashable, List[int]] = {}
            for place, row in enumerate(self.rows(name)):
                for key in keys(row):
                    index.setdefault(key, []).append(place)
            self._indexes[name, by] = index
        return tuple(self._build(name, place) for place in self._indexes[name, by].get(wanted, ()))

    def _build(self, name: str, place: int) -> Any:
        if (name, place) not in self._made:
            row = self.rows(name)[place]
            self._made[name, place] = self._files[name][place].build(row)
        return self._made[name, place]


def _merged(key: Tuple[str, ...], files: Tuple[Loaded, ...]) -> Tuple[Tuple[Row, ...], Tuple[Loaded, ...]]:
    """The rows of all files, the first with each key, and the file of each."""
    kept: Dict[Tuple[Any, ...], Tuple[Row, Loaded]] = {}
    for file in files:
        for row in file.rows:
            kept.setdefault(tuple([row[name] for name in key]), (row, file))
    return tuple(row for row, _ in kept.values()), tuple(file for _, file in kept.values())
