"""What is installed, by whom, how completely, and where else the same thing lies."""

from __future__ import annotations

import posixpath
from typing import Any, Mapping, Optional, Tuple

from ..facts import Copy, Distribution, Elsewhere, InstallsFacts, Module
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, mapped, value_or
from ..target import Answer, Target
from ..urls import strip_credentials
from ._conda_meta import pins, records
from ._elsewhere import elsewhere, user_sites
from ._owners import unowned
from ._prefix import prefix_of
from ._said import closed_site, item, part, rows

#: Sections of a requirements.txt beyond this are not read.
_LONGEST = 1 << 18


def look(host: Host, target: Target) -> InstallsFacts:
    answer = target.answer()
    prefix = _prefix(host, target, answer)
    closed = closed_site(answer)
    distributions = closed or mapped(rows(answer, "distributions", _distribution), tuple)
    modules = closed or mapped(part(answer, "modules"), _modules)
    no_prefix = Unknown("not-looked", "the active prefix is not known")
    conda = records(host, prefix, value_or(distributions, ())) if prefix else no_prefix
    return InstallsFacts(
        distributions=distributions,
        leftovers=mapped(part(answer, "leftovers"), lambda found: tuple(str(path) for path in found)),
        modules=modules,
        unowned=_unowned(modules, distributions, value_or(conda, ())),
        conda=conda,
        conda_pins=pins(host, prefix) if prefix else no_prefix,
        elsewhere=Known(_elsewhere(host, target, answer, prefix), "listings of other environments"),
        requested=_requested(host),
    )


def _prefix(host: Host, target: Target, answer: Reading[Answer]) -> Optional[str]:
    said = item(answer, "interpreter", "prefix", str)
    if isinstance(said, Known):
        return said.value
    if isinstance(target.executable, Known):
        return value_or(prefix_of(host, target.executable.value), None)
    return None


def _distribution(row: Mapping[str, Any]) -> Distribution:
    return Distribution(
        name=str(row["name"]),
        version=str(row["version"]),
        location=str(row["location"]),
        metadata=str(row["metadata"]),
        installer=str(row["installer"]),
        editable=bool(row["editable"]),
        direct_url=strip_credentials(str(row["url"])),
        requires=tuple(row["requires"]),
        requires_python=str(row["requires_python"]),
        metadata_readable=bool(row["readable"]),
        record_entries=int(row["record"]),
        sampled=int(row["sampled"]),
        missing=tuple(row["missing"]),
    )


def _modules(found: Any) -> Tuple[Module, ...]:
    try:
        return tuple(
            Module(
                str(name),
                tuple(
                    Copy(str(one["path"]), str(one["kind"]), str(one["entry"]), str(one["origin"]), str(one["version"]))
                    for one in copies
                ),
            )
            for name, copies in sorted(found.items())
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"modules: {type(error).__name__}: {error}") from None


def _unowned(
    modules: Reading[Tuple[Module, ...]], distributions: Reading[Tuple[Distribution, ...]], conda: Any
) -> Reading[Tuple[str, ...]]:
    if not isinstance(distributions, Known):
        return distributions
    return mapped(modules, lambda found: unowned(found, distributions.value, conda))


def _elsewhere(host: Host, target: Target, answer: Reading[Answer], prefix: Optional[str]) -> Tuple[Elsewhere, ...]:
    off = item(answer, "site", "user_site_enabled", bool)
    folder = item(answer, "site", "user_site", str)
    sites = user_sites(host, folder.value) if isinstance(off, Known) and isinstance(folder, Known) else ()
    read = folder.value if isinstance(off, Known) and off.value and isinstance(folder, Known) else ""
    return elsewhere(host, prefix, target.claims, tuple(site for site in sites if site != read))


def _requested(host: Host) -> Reading[Tuple[str, ...]]:
    """Lines of requirements.txt in the current folder, without comments; credentials removed."""
    path = posixpath.join(host.cwd, "requirements.txt")
    text = host.read(path, _LONGEST)
    if isinstance(text, Absent):
        return Absent((path,))
    if isinstance(text, Unknown):
        return text
    lines = [line.partition(" #")[0].strip() for line in text.value.splitlines()]
    return Known(tuple(strip_credentials(line) for line in lines if line and not line.startswith("#")), path)
