"""LD_LIBRARY_PATH and the libraries that came with torch, as rules speak of them."""

from __future__ import annotations

import posixpath
import re
from typing import Optional, Tuple

from ..compat import CompatTable, NoRow
from ..facts import Facts, ForeignLibrary, SearchEntry
from ..reading import Known, value_or
from ..report import NeedVariable, Remedy
from ._torch import library_version


def without(entries: Tuple[SearchEntry, ...], *folders: str) -> Optional[str]:
    """LD_LIBRARY_PATH without some folders ('' where nothing is left); None where none of them is on it."""
    unwanted = {posixpath.normpath(folder) for folder in folders}
    kept = [entry.path for entry in entries if posixpath.normpath(entry.path) not in unwanted]
    return None if len(kept) == len(entries) else ":".join(kept)


def version_of(facts: Facts, path: str) -> str:
    """The version of a library file: as listed, else from its name; '' where neither says."""
    for library in value_or(facts.libraries.libraries, ()):
        if library.path == path and isinstance(library.version, Known):
            return library.version.value
    return library_version(path)


def compat_version(facts: Facts, table: CompatTable, path: str) -> str:
    """The driver version that a CUDA compatibility libcuda belongs to: its own, else that of the CUDA its folder names.

    '' where neither is known (/usr/local/cuda/compat without a version in any file's name).
    """
    version = version_of(facts, path)
    if version:
        return version
    found = re.search(r"/cuda-(\d+\.\d+)/", path)
    try:
        return (table.cuda(found.group(1)).toolkit_driver or "") if found else ""
    except NoRow:
        return ""


def off_the_path(facts: Facts, library: ForeignLibrary) -> Tuple[Remedy, ...]:
    """Keeping the loader from another copy: its folder off LD_LIBRARY_PATH, or LD_PRELOAD unset."""
    folder = posixpath.dirname(library.taken)
    if library.by == "LD_PRELOAD":
        return (Remedy("unset LD_PRELOAD, which forces that copy", (NeedVariable("LD_PRELOAD", None),)),)
    rest = without(value_or(facts.libraries.ld_library_path, ()), folder)
    if rest is None:
        return ()
    title = f"take {folder} off LD_LIBRARY_PATH; torch needs nothing from it"
    return (Remedy(title, (NeedVariable("LD_LIBRARY_PATH", rest or None),)),)
