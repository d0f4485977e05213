"""A YOLO data.yaml: which folders and lists it leads to."""

from __future__ import annotations

import os
from typing import Any, Iterator, List, Mapping, Tuple

from ..host import Host
from ..reading import Known
from ..voice import Unusable
from .finding import FolderSource, Late, ListSource
from .items import Item, Source

#: Both frameworks cache train and val; test is read by nobody who trains.
_PARTS = ("train", "val")


def yolo(host: Host, path: str, whole: str, late: Late) -> Source:
    said = _loaded(host, path, whole)
    base = _base(host, said, os.path.dirname(whole))
    folders: List[Tuple[str, str]] = []
    lists: List[Tuple[str, str]] = []
    missing: List[str] = []
    for part in _PARTS:
        for entry in _entries(path, part, said.get(part)):
            where = _resolved(host, base, entry)
            found = host.stat(where)
            if not isinstance(found, Known):
                missing.append(f"{part}: {where}")
            elif found.value.kind == "dir":
                folders.append((part, where))
            else:
                lists.append((part, where))
    if not folders and not lists:
        if missing:
            raise Unusable(f"{path} points to what is not there: {'; '.join(missing[:3])}")
        raise Unusable(f"{path} has neither `train` nor `val`")
    notes = [f"{path} also points to what is not there: {'; '.join(missing[:3])}"] if missing else []
    return Both(folders, lists, host.cwd, notes, late)


def _loaded(host: Host, path: str, whole: str) -> Mapping[str, Any]:
    import yaml

    text = host.read(whole, 1 << 20)
    if not isinstance(text, Known):
        raise Unusable(f"{path}: you may not read it")
    try:
        said = yaml.safe_load(text.value.encode("utf-8", "replace"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unusable(f"{path} is no plain YAML: {' '.join(str(error).split())[:160]}") from None
    if not isinstance(said, dict):
        raise Unusable(f"{path} is no data.yaml: it has no `train`")
    return said


def _base(host: Host, said: Mapping[str, Any], beside: str) -> str:
    """The folder that `train` is relative to: `path`, itself relative to the file or to where one stands."""
    base = said.get("path")
    if not isinstance(base, str) or not base:
        return beside
    for start in (beside, host.cwd):
        whole = os.path.normpath(os.path.join(start, os.path.expanduser(base)))
        if isinstance(host.stat(whole), Known):
            return whole
    return os.path.normpath(os.path.join(beside, base))


def _entries(path: str, part: str, said: object) -> List[str]:
    if said is None or said == "":
        return []
    entries = said if isinstance(said, list) else [said]
    paths = [entry for entry in entries if isinstance(entry, str) and "\0" not in entry]
    if len(paths) < len(entries):
        raise Unusable(f"{path}: `{part}` is neither a path nor a list of paths")
    return paths


def _resolved(host: Host, base: str, entry: str) -> str:
    """As ultralytics does it, `../train/images` of an export is also looked for beside the file."""
    whole = os.path.normpath(os.path.join(base, os.path.expanduser(entry)))
    if entry.startswith("../") and not isinstance(host.stat(whole), Known):
        inside = os.path.normpath(os.path.join(base, entry[3:]))
        return inside if isinstance(host.stat(inside), Known) else whole
    return whole


class Both:
    """Folders and lists of one data.yaml, one after the other."""

    kind = "data-yaml"

    def __init__(
        self, folders: List[Tuple[str, str]], lists: List[Tuple[str, str]], cwd: str, notes: List[str], late: Late
    ) -> None:
        self._sources: List[Source] = []
        if folders:
            self._sources.append(FolderSource(folders, self.kind, folders[0][1], late))
        if lists:
            self._sources.append(ListSource(lists, cwd, late))
        self.folder = self._sources[0].folder
        self.complete = False
        self.dangling = self.looping = 0
        self.closed: List[str] = []
        self.notes = notes

    def batches(self) -> Iterator[Tuple[str, List[Item]]]:
        for source in self._sources:
            yield from source.batches()
            self.dangling += source.dangling
            self.looping += source.looping
            self.closed += source.closed
        self.folder = self._sources[0].folder
        self.complete = all(source.complete for source in self._sources)
