"""`envdoctor compat update`: ask, verify, keep; every failure is one sentence, and the old table stays."""

from __future__ import annotations

import os
from typing import Dict, Optional

from ..host import LocalHost
from ..tables import MANIFEST, current, folder, table
from ..urls import strip_credentials
from ..voice import Unusable
from .keeping import keep
from .manifest import DATE, INDEX, MOST_OF_INDEX, date_in, manifest_of, verified
from .sources import source


def update(host: LocalHost, said: Optional[str]) -> str:
    """What was done, a sentence. `said`: an address or a folder that holds index.json; by default where the last update
    came from. Unusable where it is not to be had or not to be trusted, or cannot be kept."""
    here = table(host).date
    try:
        return _update(host, said or _last(host), here)
    except Unusable as error:
        raise Unusable(f"{error}; the table of {here} stays") from None


def _update(host: LocalHost, origin: str, here: str) -> str:
    get = source(host, origin)
    shown = strip_credentials(origin).rstrip("/")
    content = get(INDEX, MOST_OF_INDEX)
    if len(content) > MOST_OF_INDEX:
        raise Unusable(f"{shown}/{INDEX}: larger than any index of a table")
    manifest = manifest_of(content, f"{shown}/{INDEX}")
    if manifest.date <= here:
        return f"The table of {here} stays: {shown} has that of {manifest.date}."
    files: Dict[str, bytes] = {}
    for one in manifest.files:
        files[one.name] = verified(one, get(one.name, one.size), f"{shown}/{one.name}")
    if date_in(files[DATE], f"{shown}/{DATE}") != manifest.date:
        raise Unusable(f"{shown}: its index is of {manifest.date}, and its {DATE} is not")
    # An address with a password in it is not kept: the next update has to be told again.
    kept = os.path.abspath(origin) if "://" not in origin else origin if shown == origin.rstrip("/") else ""
    keep(folder(host), manifest, files, kept)
    return f"The table of {manifest.date} takes the place of that of {here} ({folder(host)})."


def _last(host: LocalHost) -> str:
    manifest = current(host)
    origin = manifest.get("from") if manifest else None
    if not isinstance(origin, str) or not origin:
        raise Unusable(
            f"compat update: from where? Give --from URL or --from DIR, a place that holds {INDEX}"
            f" ({folder(host)}/{MANIFEST} names none)"
        )
    return origin
