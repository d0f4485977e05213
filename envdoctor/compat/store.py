"""Files of the table as rows, read when first asked for, found by index, built one by one."""

from __future__ import annotations

from typing import Any, Callable, Dict, Hashable, Iterable, List, Mapping, Tuple

from .loader import Loaded, Read, load
from .subjects import SUBJECTS

Row = Mapping[str, Any]
Keys = Callable[[Row], Iterable[Hashable]]


class Store:
    def __init__(self, read: Read) -> None:
        self._read = read
        self._files: Dict[str, Loaded] = {}
        self._indexes: Dict[Tuple[str, str], Dict[Hashable, List[int]]] = {}
        self._made: Dict[Tuple[str, int], Any] = {}

    def rows(self, name: str) -> Tuple[Row, ...]:
        """The rows of a file as they stand in it."""
        if name not in self._files:
            self._files[name] = load(SUBJECTS[name], self._read)
        return self._files[name].rows

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
            self._made[name, place] = self._files[name].build(row)
        return self._made[name, place]
