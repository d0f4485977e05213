"""How much of this user's quota is left, on local file systems that count it.

The `quota` command is asked with --local-only: for a network file system it would call the server, which is not ours to
bother and may not answer; of those nothing is known.
"""

from __future__ import annotations

from typing import Dict, Optional

from ..host import Host, is_network
from ..reading import Absent, Known, Reading, Unknown, mapped
from ._mounts import Mount

_COMMAND = ("quota", "--local-only", "--no-wrap", "--raw-grace")
_PATIENCE = 1.0
_OPTIONS = ("quota", "usrquota", "uquota", "usrjquota=")
_OWN_KIND = ("btrfs", "zfs")  # with tools of their own, for administrators


class Quotas:
    """Asks once, and only if a folder lies where it matters."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._table: Optional[Reading[Dict[str, int]]] = None

    def free(self, mount: Reading[Mount]) -> Reading[int]:
        """Bytes left. Absent: no quota there for this user."""
        if not isinstance(mount, Known):
            return mount
        kind = mount.value.filesystem
        if is_network(kind) or kind in _OWN_KIND:
            return Unknown("not-looked", f"quotas of {kind} are not asked", mount.source)
        if not any(option.startswith(_OPTIONS) for option in mount.value.options):
            return Absent((f"{mount.source}: mounted without quotas",))
        if self._table is None:
            self._table = self._ask()
        if isinstance(self._table, Absent):
            return Unknown("not-looked", "mounted with quotas, and the quota command is not installed", mount.source)
        if isinstance(self._table, Unknown):
            return self._table
        left = self._table.value.get(mount.value.source)
        return Absent((self._table.source,)) if left is None else Known(left, self._table.source)

    def _ask(self) -> Reading[Dict[str, int]]:
        said = self._host.run(_COMMAND, _PATIENCE)
        # it ends with 1 also where a soft limit is passed: what it printed decides
        if isinstance(said, Known) and said.value.err.strip() and not said.value.out.strip():
            return Unknown("failed", said.value.err.strip().splitlines()[0][:200], said.source)
        return mapped(said, lambda output: parse(output.out))


def parse(text: str) -> Dict[str, int]:
    """Device -> bytes left until writes fail: the hard limit, where there is none the soft one. None without limits.

         Filesystem  blocks   quota   limit   grace   files   quota   limit   grace
         /dev/loop0    6001*   5000    8000 1796135433       2       0       0       0

    Blocks are KiB; `*` marks a limit that is passed.
    """
    left: Dict[str, int] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) < 4 or not words[0].startswith("/"):
            continue
        used, soft, hard = (int(word.rstrip("*")) for word in words[1:4])
        if hard or soft:
            left[words[0]] = max(0, (hard or soft) - used) * 1024
    return left
