"""Which file the dynamic loader would take for each library that a program asks, without loading anything.

A model of glibc's ld.so (ld.so(8); `_dl_map_object` in elf/dl-load.c), in the order in which it searches:

    1. DT_RPATH of the asking library, of the library that made it load, and so on up to the program itself; all of
       them passed over when the asking library has a DT_RUNPATH
    2. LD_LIBRARY_PATH
    3. DT_RUNPATH of the asking library alone
    4. /etc/ld.so.cache, then the default folders

A soname that is already loaded is not searched again, so the order of loading decides; it is breadth first. What can
be told apart this way matters: torch's CUDA wheels carry a DT_RPATH, which LD_LIBRARY_PATH cannot override, while
NVIDIA's own wheels carry a DT_RUNPATH or nothing, so that libnvJitLink or a part of cuDNN may still come from
elsewhere.
"""

from __future__ import annotations

import posixpath
import struct
from functools import lru_cache
from typing import Dict, FrozenSet, Iterator, List, Optional, Tuple

from ..frozen import frozen
from ..host import Host
from ..reading import Known, Unknown
from ._elf import Elf, ElfFiles

CACHE = "/etc/ld.so.cache"
_CACHE_MAGIC = b"glibc-ld.so.cache1.1"
_CACHE_LIMIT = 8 << 20
# By e_machine: the flag of that machine's entries in ld.so.cache, and Debian's name of its library folders.
_CACHE_FLAG = {62: 0x300, 183: 0xA00}
_TRIPLET = {62: "x86_64-linux-gnu", 183: "aarch64-linux-gnu"}

_SYSTEM = ("ld.so.cache", "default")

#: Part of every process in which Python runs at all.
GLIBC = frozenset(
    {
        *("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1"),
        *("ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"),
    }
)
#: The driver's: nothing that is installed into an environment brings them.
DRIVER = frozenset(["libcuda.so.1", "libnvidia-ml.so.1", "libnvidia-ptxjitcompiler.so.1"])


@frozen
class Object:
    """A library as the loader sees it; `loader` is the one that made it load."""

    path: str
    soname: str
    machine: int
    needed: Tuple[str, ...]
    rpath: Tuple[str, ...]
    runpath: Tuple[str, ...]
    has_runpath: bool
    loader: Optional[Object] = None


@frozen
class Taken:
    """Where a soname comes from. `by`: RPATH | LD_LIBRARY_PATH | RUNPATH | ld.so.cache | default | path."""

    path: str
    by: str
    asked_by: str


@frozen
class Lost:
    soname: str
    asked_by: str
    looked: Tuple[str, ...]


def library_path(host: Host) -> Tuple[str, ...]:
    """Folders of LD_LIBRARY_PATH as written; an empty one stands for the current folder."""
    said = host.environ.get("LD_LIBRARY_PATH", "")
    return tuple(said.replace(";", ":").split(":")) if said else ()


class Loader:
    """One process of `executable`: what is loaded so far (by soname), and what could not be found."""

    def __init__(self, host: Host, files: ElfFiles, executable: str = "") -> None:
        self.loaded: Dict[str, Taken] = {}
        self.lost: List[Lost] = []
        self.unread: Dict[str, Unknown] = {}  # files and folders that did not answer: then "lost" is not certain
        self._host = host
        self._files = files
        self._objects: Dict[str, Object] = {}
        self._names: Dict[str, Optional[FrozenSet[str]]] = {}
        self._cached: Optional[LdCache] = None
        self._variable = tuple(posixpath.join(host.cwd, folder) for folder in library_path(host))
        real = host.realpath(executable) if executable else None
        self._program = self._read(real.value, None) if isinstance(real, Known) else None

    def load(self, path: str, asking: Optional[Object] = None) -> Optional[Object]:
        """Load a file as dlopen(path) does, with everything it needs. None: not a library, or not there."""
        first = self._read(path, asking or self._program)
        if first is None:
            return None
        self._objects.setdefault(path, first)
        self._enter(posixpath.basename(path), first, Taken(path, "path", ""))
        self._load_needs_of([first])
        return first

    def open(self, soname: str, asking: Object) -> None:
        """Load a library by its name alone, as dlopen(soname) called by `asking` does."""
        self._load_needs_of([found] if (found := self._take(soname, asking)) else [])

    def find(self, soname: str, library: str = "") -> Optional[Taken]:
        """Where `soname` would be found, asked by the library at that path, else by one that says no folders itself."""
        asking = self._read(library, self._program) if library else None
        for folder, by in self._places(asking or self._plain_library(), soname):
            if self._holds(folder, soname, by):
                return Taken(_plain(folder, soname), by, library)
        return None

    def system_names(self) -> Tuple[str, ...]:
        """Every soname that ld.so.cache knows; empty where there is none."""
        return self._cache().sonames()

    def system_paths(self, soname: str) -> Tuple[str, ...]:
        return tuple(self._cache().paths(soname, self._program.machine if self._program else 0))

    def object(self, path: str) -> Optional[Object]:
        """What was read of a file that is loaded; None for those of the system, which are not followed."""
        return self._objects.get(path)

    def _plain_library(self) -> Object:
        machine = self._program.machine if self._program else 0
        return Object("", "", machine, (), (), (), False, self._program)

    def _load_needs_of(self, queue: List[Object]) -> None:
        while queue:
            asking = queue.pop(0)
            for soname in asking.needed:
                found = self._take(soname, asking)
                if found is not None:
                    queue.append(found)

    def _take(self, soname: str, asking: Object) -> Optional[Object]:
        """Find and load one library; None where it is loaded already, lost, or the system's."""
        if soname in self.loaded or soname in GLIBC or soname in DRIVER:
            return None
        if any(soname == lost.soname for lost in self.lost):
            return None
        looked = []
        for folder, by in self._places(asking, soname):
            looked.append(folder)
            if not self._holds(folder, soname, by):
                continue
            path = _plain(folder, soname)
            if by in _SYSTEM:
                self.loaded[soname] = Taken(path, by, posixpath.normpath(asking.path))
                return None
            found = self._read(posixpath.join(folder, soname), asking)
            if found is None or found.machine != asking.machine:
                continue  # the loader, too, passes over a library of another machine
            self._objects[path] = found
            self._enter(soname, found, Taken(path, by, posixpath.normpath(asking.path)))
            return found
        folders = dict.fromkeys(map(posixpath.normpath, looked))
        self.lost.append(Lost(soname, posixpath.normpath(asking.path), (*folders, CACHE)))
        return None

    def _enter(self, name: str, found: Object, taken: Taken) -> None:
        """It answers to the name it was asked by and to its DT_SONAME, which the renamed copies in wheels keep."""
        self.loaded.setdefault(name, taken)
        self.loaded.setdefault(found.soname or name, taken)

    def _places(self, asking: Object, soname: str) -> Iterator[Tuple[str, str]]:
        """Folders in the order of the search, and what names each."""
        if not asking.has_runpath:
            link: Optional[Object] = asking
            while link is not None:
                for folder in link.rpath:
                    yield folder, "RPATH"
                link = link.loader
        for folder in self._variable:
            yield folder, "LD_LIBRARY_PATH"
        for folder in asking.runpath:
            yield folder, "RUNPATH"
        for path in self._cache().paths(soname, asking.machine):
            yield posixpath.dirname(path), "ld.so.cache"
        for machine, triplet in _TRIPLET.items():
            if asking.machine in (machine, 0):  # 0: of a program that could not be read
                yield f"/lib/{triplet}", "default"
                yield f"/usr/lib/{triplet}", "default"
        for folder in ("/lib64", "/usr/lib64", "/lib", "/usr/lib"):
            yield folder, "default"

    def _holds(self, folder: str, name: str, by: str) -> bool:
        # One listing answers for many names, but a system's folder is large and asked for few.
        if by not in _SYSTEM and folder not in self._names:
            listed = self._host.listdir(folder)
            # The loader needs no permission to list a folder, only to enter it.
            self._names[folder] = (
                None if isinstance(listed, Unknown) else frozenset(listed.value if isinstance(listed, Known) else ())
            )
        names = self._names.get(folder)
        if names is not None:
            return name in names
        there = self._host.stat(posixpath.join(folder, name))
        if isinstance(there, Unknown):
            self.unread[posixpath.normpath(folder)] = there
        return isinstance(there, Known)

    def _read(self, path: str, asking: Optional[Object]) -> Optional[Object]:
        def question(elf: Elf) -> Object:
            here = posixpath.dirname(path)
            rpath, runpath = (
                tuple(_expanded(folder, here) for folder in folders) for folders in (elf.rpath(), elf.runpath())
            )
            return Object(path, elf.soname(), elf.machine, elf.needed(), rpath, runpath, elf.has_runpath(), asking)

        answer = self._files.ask(path, question)
        if isinstance(answer, Unknown):
            self.unread[posixpath.normpath(path)] = answer
        return answer.value if isinstance(answer, Known) else None

    def _cache(self) -> LdCache:
        if self._cached is None:
            raw = self._host.read_bytes(CACHE, 0, _CACHE_LIMIT)
            self._cached = _parsed(raw.value if isinstance(raw, Known) else b"")
        return self._cached


class LdCache:
    """ld.so.cache: where ldconfig last saw each soname. Empty where the format is not understood."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._start = raw.find(_CACHE_MAGIC)  # an older format may stand before it
        self._entries: Dict[bytes, List[Tuple[int, int]]] = {}
        if self._start < 0 or len(raw) < self._start + 48:
            return
        (count,) = struct.unpack_from("<I", raw, self._start + 20)
        table = raw[self._start + 48 : self._start + 48 + 24 * count]
        for flags, key, value, _, hwcap in struct.iter_unpack("<IIIIQ", table[: len(table) // 24 * 24]):
            if not hwcap:  # the others are for special CPUs
                self._entries.setdefault(self._text(key), []).append((flags, value))

    def paths(self, soname: str, machine: int) -> Iterator[str]:
        """Paths of that soname for a machine (e_machine; 0 for any)."""
        for flags, value in self._entries.get(soname.encode("utf-8", "surrogateescape"), ()):
            if flags & 0xFF00 == _CACHE_FLAG.get(machine, flags & 0xFF00):
                yield self._text(value).decode("utf-8", "surrogateescape")

    def sonames(self) -> Tuple[str, ...]:
        return tuple(name.decode("utf-8", "surrogateescape") for name in self._entries)

    def _text(self, at: int) -> bytes:
        at += self._start
        return self._raw[at : self._raw.find(b"\0", at)]


@lru_cache(maxsize=1)  # two probes read the same file
def _parsed(raw: bytes) -> LdCache:
    return LdCache(raw)


def _plain(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))


def _expanded(folder: str, here: str) -> str:
    """$ORIGIN is the folder of the library that says it."""
    return folder.replace("${ORIGIN}", here).replace("$ORIGIN", here)
