"""conda's channels by name or by address: a name may lead to a mirror that never had the channel."""

from __future__ import annotations

from typing import List, Optional, Tuple

from ..compat import CompatTable, Mirror
from ..facts import Facts
from ..reading import value_or


def channels_at(
    names: Tuple[str, ...], facts: Facts, table: CompatTable, base: Optional[str] = None
) -> Tuple[Tuple[str, ...], Tuple[str, ...]]:
    """The channels as conda is to be given them, and notes.

    With `base` (the address of a mirror) each is taken from there where it has it; else a name stays a name, unless
    the configuration here leads it to a place that does not have the channel: then its own address is given.
    """
    found: List[str] = []
    notes: List[str] = []
    for name in names:
        address, source = (f"{base.rstrip('/')}/{name}", "") if base else _configured(name, facts)
        row = _row(address, table)
        own = next((one.url for one in table.mirrors("conda") if one.status == "official" and one.name == name), None)
        if address and row is not None and _is_dead(row) and own:
            found.append(own)
            who = f"{source} leads {name} to {address}" if source else f"{address} is no mirror of {name}"
            lacks = f" ({', '.join(row.lacks)})" if row.lacks else ""
            notes.append(f"{who}, which does not have it{lacks}; so the channel is given by its own address.")
        elif base and (row is not None or not _known_host(base, table)):
            found.append(address)
        elif base and own:
            found.append(own)
            notes.append(f"Whether {base} has the channel {name} is not known, so it is given by its own address.")
        else:
            found.append(name)
    return tuple(found), tuple(notes)


def _configured(name: str, facts: Facts) -> Tuple[str, str]:
    """Where a name leads by the configuration here, and which file says so; "" and "" where nothing says."""
    settings = [one for one in value_or(facts.indexes.conda, ()) if one.effective and one.values]
    for key, ends in ((f"custom_channels.{name}", True), ("channel_alias", False)):
        for setting in settings:
            if setting.key == key:
                base = setting.values[0].rstrip("/")
                return (f"{base}/{name}" if not (ends and base.endswith(f"/{name}")) else base), setting.source
    return "", ""


def _row(address: str, table: CompatTable) -> Optional[Mirror]:
    plain = _plain(address)
    return next((row for row in table.mirrors("conda") if plain and _plain(row.url) == plain), None)


def _known_host(base: str, table: CompatTable) -> bool:
    host = _plain(base).split("/")[0]
    return any(_plain(row.url).split("/")[0] == host for row in table.mirrors("conda"))


def _plain(url: str) -> str:
    return url.partition("://")[2].rstrip("/").lower()


def _is_dead(row: Mirror) -> bool:
    return row.status == "retired" or any("404" in words for words in row.lacks)
