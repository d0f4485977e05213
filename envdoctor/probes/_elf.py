"""A small reader of ELF shared objects: what one needs, where it looks, which symbols and versions it asks and offers.

Everything is read through `host.read_bytes`, a page at a time, so that a 1 GB libtorch_cuda.so costs as much as a
small library, and so that recorded machines answer too. pyelftools is the well-kept library for this; it
is not used because importing it costs more than the whole look (about 30 ms), it reads from a seekable file only,
and it has no lookup by hash. Only what Linux wheels are made of is understood: 64-bit, little-endian.
"""

from __future__ import annotations

import struct
from typing import Callable, Dict, Iterable, List, Optional, Tuple, TypeVar

from ..host import Host
from ..reading import Absent, Known, Reading, Unknown
from ._gnuhash import GnuHash, gnu_hash

T = TypeVar("T")

_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_NEEDED, _DT_STRTAB, _DT_SYMTAB, _DT_STRSZ, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 1, 5, 6, 10, 14, 15, 29
_DT_GNU_HASH = 0x6FFFFEF5
_DT_VERDEF, _DT_VERDEFNUM, _DT_VERNEED, _DT_VERNEEDNUM = 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF
_STB_GLOBAL = 1

# A file that asks for more than this is damaged or hostile; the largest of torch's tables has 10 MB.
_TABLE_LIMIT = 64 << 20
_NAME_LIMIT = 1 << 16
_VERSION_BLOCK = 1 << 14
_VERSION_LIMIT = 1024
_PAGE = 1 << 12


class ElfError(ValueError):
    """The file is not an ELF shared object of the kind that is read here, or it contradicts itself."""


class _NoBytes(Exception):
    def __init__(self, reading: Reading[bytes]) -> None:
        super().__init__()
        self.reading = reading


class Elf:
    """An open question to one file. Its methods raise ElfError; `ask_elf` turns that into a Reading."""

    def __init__(self, host: Host, path: str) -> None:
        self.path = path
        self._host = host
        self._pages: Dict[int, bytes] = {}
        self._table: Optional[GnuHash] = None
        self._strings: Optional[int] = None  # where the names lie in the file
        head = self._at(0, 64)
        if head[:6] != b"\x7fELF\x02\x01":
            raise ElfError("not a 64-bit little-endian ELF file")
        self.machine: int = struct.unpack_from("<H", head, 18)[0]  # 62 x86_64, 183 aarch64
        offset, self._section_table = struct.unpack_from("<QQ", head, 32)
        entry_size, count, self._section_size, self._section_count, self._section_names = struct.unpack_from(
            "<HHHHH", head, 54
        )
        if entry_size != 56 or not count:
            raise ElfError("no program headers")
        table = self._at(offset, entry_size * count)
        self._segments: List[Tuple[int, int, int]] = []  # address, file offset, size in the file
        dynamic = None
        for kind, _, at, address, _, size, _, _ in struct.iter_unpack("<IIQQQQQQ", table):
            if kind == _PT_LOAD:
                self._segments.append((address, at, size))
            elif kind == _PT_DYNAMIC:
                dynamic = (at, size)
        if dynamic is None:
            raise ElfError("statically linked: no dynamic section")
        self._dynamic = self._read_dynamic(*dynamic)
        self._first: Dict[int, int] = dict(reversed(self._dynamic))  # the first of a tag counts

    def needed(self) -> Tuple[str, ...]:
        """DT_NEEDED, in order: sonames of the libraries that are loaded with this one."""
        return tuple(self._string(value) for tag, value in self._dynamic if tag == _DT_NEEDED)

    def soname(self) -> str:
        """DT_SONAME, "" where there is none."""
        return self._string(self._first[_DT_SONAME]) if _DT_SONAME in self._first else ""

    def rpath(self) -> Tuple[str, ...]:
        """DT_RPATH as written; the loader ignores it where there is a DT_RUNPATH, and then it is empty here."""
        return () if _DT_RUNPATH in self._first else self._folders(_DT_RPATH)

    def runpath(self) -> Tuple[str, ...]:
        return self._folders(_DT_RUNPATH)

    def has_runpath(self) -> bool:
        return _DT_RUNPATH in self._first

    def version_needs(self) -> Tuple[str, ...]:
        """Symbol versions asked of other libraries: GLIBC_2.17, GLIBCXX_3.4.21, ..."""
        return self._versions(_DT_VERNEED, _DT_VERNEEDNUM, "<HHIII", lambda head: (head[1], head[3], head[4]), 8, 12)

    def version_offers(self) -> Tuple[str, ...]:
        """Symbol versions that this library defines."""
        return self._versions(_DT_VERDEF, _DT_VERDEFNUM, "<HHHHIII", lambda head: (1, head[5], head[6]), 0, 4)

    def _versions(
        self,
        tag: int,
        count: int,
        form: str,
        parts: Callable[[Tuple[int, ...]], Tuple[int, int, int]],
        name: int,
        after: int,
    ) -> Tuple[str, ...]:
        """Names of a version table: heads chained by offsets, each with entries chained by offsets.

        `parts` takes a head apart into (entries, offset of the first, offset of the next head); `name` and `after`
        are where an entry holds its name and the offset of the next entry.
        """
        if tag not in self._first:
            return ()
        found: List[str] = []
        block = self._upto(self._offset(self._first[tag]), _VERSION_BLOCK)
        at = 0
        for _ in range(self._first.get(count, 0)):
            entries, first, next_head = parts(struct.unpack_from(form, block, at))
            entry = at + first
            for _ in range(entries):
                found.append(self._string(struct.unpack_from("<I", block, entry + name)[0]))
                step = struct.unpack_from("<I", block, entry + after)[0]
                entry += step
                if not step:
                    break
            if len(found) > _VERSION_LIMIT:
                raise ElfError("a version table without end")
            if not next_head:
                break
            at += next_head
        return tuple(found)

    def undefined(self) -> Tuple[str, ...]:
        """Names of global symbols that other libraries must define (weak ones may stay undefined and are left out).

        Linkers put undefined symbols before the first one that .gnu.hash covers, so the rest is not read.
        """
        first, last = 1, self.hash_table().first_symbol
        if last <= first:
            return ()
        symbols = self._at(self._offset(self._need(_DT_SYMTAB)) + 24 * first, 24 * (last - first))
        strings = self._at(self._offset(self._need(_DT_STRTAB)), self._need(_DT_STRSZ))
        names = []
        for name, info, _, home, _, _ in struct.iter_unpack("<IBBHQQ", symbols):
            if name and not home and info >> 4 == _STB_GLOBAL:
                end = strings.find(b"\0", name)
                names.append(strings[name:end].decode("utf-8", "surrogateescape"))
        return tuple(names)

    def hash_table(self) -> GnuHash:
        """The table of symbols that this library offers to others; read once."""
        if self._table is not None:
            return self._table
        at = self._offset(self._need(_DT_GNU_HASH))
        buckets, first_symbol, words, shift = struct.unpack("<IIII", self._at(at, 16))
        if not buckets or not words:
            raise ElfError("an empty hash table")
        body = self._at(at + 16, 8 * words + 4 * buckets)
        self._table = GnuHash(
            self._read, at + 16 + len(body), first_symbol, shift, body[: 8 * words], body[8 * words :]
        )
        return self._table

    def section(self, name: str) -> Optional[Tuple[int, int]]:
        """File offset and size of a section, None where it is not there or the headers were stripped."""
        if self._section_size != 64 or not self._section_count or self._section_names >= self._section_count:
            return None
        table = self._at(self._section_table, 64 * self._section_count)
        headers = list(struct.iter_unpack("<IIQQQQIIQQ", table))
        names_at, names_size = headers[self._section_names][4], headers[self._section_names][5]
        names = self._at(names_at, min(names_size, _NAME_LIMIT))
        for header in headers:
            end = names.find(b"\0", header[0])
            if names[header[0] : end] == name.encode():
                return header[4], header[5]
        return None

    def _read_dynamic(self, at: int, size: int) -> List[Tuple[int, int]]:
        # patchelf leaves a size that is too large; the list ends with a DT_NULL.
        pairs: List[Tuple[int, int]] = []
        for tag, value in struct.iter_unpack("<qQ", self._at(at, min(size, 1 << 16) // 16 * 16)):
            if not tag:
                break
            pairs.append((tag, value))
        return pairs

    def _folders(self, tag: int) -> Tuple[str, ...]:
        if tag not in self._first:
            return ()
        return tuple(folder for folder in self._string(self._first[tag]).split(":") if folder)

    def _at(self, offset: int, size: int) -> bytes:
        """Exactly `size` bytes."""
        if not 0 <= size <= _TABLE_LIMIT or offset < 0:
            raise ElfError(f"a table of {size} bytes at {offset}")
        data = self._upto(offset, size)
        if len(data) < size:
            raise ElfError("the file is shorter than its headers say")
        return data

    def _upto(self, offset: int, size: int) -> bytes:
        """`size` bytes, fewer at the end of the file. What lies together is read together, and kept."""
        if size > _PAGE:
            return self._read(offset, size)
        start = offset // _PAGE * _PAGE
        data = self._page(start)
        if offset + size > start + _PAGE == start + len(data):
            data += self._page(start + _PAGE)
        return data[offset - start : offset - start + size]

    def _page(self, start: int) -> bytes:
        if start not in self._pages:
            self._pages[start] = self._read(start, _PAGE)
        return self._pages[start]

    def _read(self, offset: int, size: int) -> bytes:
        reading = self._host.read_bytes(self.path, offset, size)
        if not isinstance(reading, Known):
            raise _NoBytes(reading)
        return reading.value

    def _offset(self, address: int) -> int:
        for start, at, size in self._segments:
            if start <= address < start + size:
                return at + address - start
        raise ElfError(f"address {address:#x} lies in no segment")

    def _need(self, tag: int) -> int:
        if tag not in self._first:
            raise ElfError(f"no dynamic entry {tag:#x}")
        return self._first[tag]

    def _string(self, index: int) -> str:
        if self._strings is None:
            self._strings = self._offset(self._need(_DT_STRTAB))
        at = self._strings + index
        start = at // _PAGE * _PAGE
        page = self._page(start)  # where nearly all names lie whole
        end = page.find(b"\0", at - start)
        if end >= 0:
            return page[at - start : end].decode("utf-8", "surrogateescape")
        for size in (_PAGE, _NAME_LIMIT):
            raw = self._upto(at, size)
            end = raw.find(b"\0")
            if end >= 0:
                return raw[:end].decode("utf-8", "surrogateescape")
        raise ElfError("a name without end")


class ElfFiles:
    """Files that are asked more than once: each is opened once."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._opened: Dict[str, Reading[Elf]] = {}

    def open(self, path: str) -> Reading[Elf]:
        """Unknown(unparsable) where the file is damaged or of another kind."""
        if path not in self._opened:
            self._opened[path] = _answer(path, lambda: Elf(self._host, path))
        return self._opened[path]

    def ask(self, path: str, question: Callable[[Elf], T]) -> Reading[T]:
        """What `question` says of the file; it may raise ElfError."""
        elf = self.open(path)
        return _answer(path, lambda: question(elf.value)) if isinstance(elf, Known) else elf


def _answer(path: str, question: Callable[[], T]) -> Reading[T]:
    try:
        return Known(question(), path)
    except _NoBytes as none:
        reading = none.reading
        return reading if isinstance(reading, (Absent, Unknown)) else Unknown("failed", "", path)
    except (ElfError, struct.error) as error:
        return Unknown("unparsable", str(error), path)


def lacking(libraries: Iterable[Elf], names: Iterable[str]) -> Tuple[str, ...]:
    """Those of `names` that none of the libraries defines, in the order given. Raises ElfError."""
    left = [(name, gnu_hash(name)) for name in names]
    for library in libraries:
        if left:
            table = library.hash_table()
            left = [(name, hashed) for name, hashed in left if not table.holds(hashed)]
    return tuple(name for name, _ in left)
