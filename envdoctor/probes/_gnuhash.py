"""The hash table of an ELF library's defined symbols (.gnu.hash): whether a name is in it, without reading names."""

from __future__ import annotations

import struct
from typing import Callable, Dict, Iterator

_CHAIN_LIMIT = 1024  # a chain has one or two members
_CHAINS_PAGE = 1 << 16


class GnuHash:
    """.gnu.hash: a Bloom filter of 64-bit words, buckets, and for each symbol its hash with a stop bit.

    Only hashes are compared (31 bits of them): among 100 000 symbols a name is taken for a defined one by mistake
    with a chance of 1 in 20 000, and never the other way round.
    """

    def __init__(
        self,
        read: Callable[[int, int], bytes],
        chains_at: int,
        first_symbol: int,
        shift: int,
        bloom: bytes,
        buckets: bytes,
    ) -> None:
        self.first_symbol = first_symbol
        self._read = read
        self._shift = shift
        self._chains_at = chains_at
        self._chains: Dict[int, bytes] = {}
        self._bloom = bloom
        self._buckets = buckets

    def holds(self, hashed: int) -> bool:
        (word,) = struct.unpack_from("<Q", self._bloom, 8 * (hashed // 64 % (len(self._bloom) // 8)))
        if not (word >> hashed % 64) & (word >> (hashed >> self._shift) % 64) & 1:
            return False
        (symbol,) = struct.unpack_from("<I", self._buckets, 4 * (hashed % (len(self._buckets) // 4)))
        return symbol >= self.first_symbol and any(one | 1 == hashed | 1 for one in self._chain(symbol))

    def _chain(self, symbol: int) -> Iterator[int]:
        at = 4 * (symbol - self.first_symbol)
        for place in range(at, at + 4 * _CHAIN_LIMIT, 4):
            page = place // _CHAINS_PAGE
            if page not in self._chains:
                self._chains[page] = self._read(self._chains_at + page * _CHAINS_PAGE, _CHAINS_PAGE)
            (one,) = struct.unpack_from("<I", self._chains[page], place % _CHAINS_PAGE)
            yield one
            if one & 1:
                return
        raise struct.error("a hash chain without end")


def gnu_hash(name: str) -> int:
    value = 5381
    for byte in name.encode("utf-8", "surrogateescape"):
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value
