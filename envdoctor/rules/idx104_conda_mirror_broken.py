"""A configured conda channel has ended, or never had what its address promises.

It finds a channel, default channel, custom channel or alias of conda's configuration that the table knows as retired,
or as answering 404.

It matters because conda asks every channel before it solves anything: one dead address stops all of it, with
CondaHTTPError or UnavailableInvalidChannel, or nothing new is seen.

It is mended by taking that channel out of the file that names it; a name that a file leads astray is led back to the
channel's own address.

It leaves alone channels about which the table knows nothing, and mirrors that are known to work.

Example: ~/.condarc has custom_channels that map nvidia to a mirror that never carried it.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Tuple

from ..compat import CompatTable, Mirror
from ..facts import Facts, Setting
from ..reading import need, value_or
from ..report import Evidence, Finding, NeedCommand, NotApplicable, Remedy
from ._common import finding, listed
from ._indexes import same_place

ID = "IDX104"
NAME = "conda-mirror-broken"
SEVERITY = "warning"
TAGS = ("conda", "index")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    settings = [one for one in need(facts.indexes.conda, "conda's configuration") if one.effective]
    addresses = list(channel_addresses(settings))
    if not addresses:
        raise NotApplicable("conda's channels are not given by address")
    mirrors = [mirror for mirror in table.mirrors("conda") if _dead(mirror)]
    found: Dict[str, Tuple[str, Setting, Mirror]] = {}
    for url, setting in addresses:
        for mirror in mirrors:
            if same_place(url, mirror.url):
                found.setdefault(mirror.url, (url, setting, mirror))
    for url, setting, mirror in found.values():
        yield _report(facts, table, url, setting, mirror)


def channel_addresses(settings: List[Setting]) -> Iterator[Tuple[str, Setting]]:
    """Every channel as an address: written out, by custom_channels, or by name under channel_alias."""
    alias = next((one.values[0] for one in settings if one.key == "channel_alias" and one.values), "")
    custom = {one.key.partition(".")[2]: one for one in settings if one.key.startswith("custom_channels.")}
    for name, setting in custom.items():
        for base in setting.values[:1]:
            yield f"{base.rstrip('/')}/{name}", setting
    for setting in settings:
        if setting.key in ("channels", "default_channels") or setting.key.startswith("custom_multichannels."):
            for channel in setting.values:
                if "://" in channel:
                    yield channel, setting
                elif alias and channel != "defaults" and channel not in custom:
                    yield f"{alias.rstrip('/')}/{channel}", setting


def _dead(mirror: Mirror) -> bool:
    return mirror.status == "retired" or any("404" in words for words in mirror.lacks)


def _report(facts: Facts, table: CompatTable, url: str, setting: Setting, mirror: Mirror) -> Finding:
    # Where conda manages this environment the next command meets it; elsewhere it lies in wait.
    ours = value_or(facts.python.manager, "") == "conda"
    return finding(
        ID,
        NAME,
        "warning" if ours else "note",
        f"the conda channel {url} does not work: {listed(mirror.lacks) or 'it has ended'}",
        "conda stops at a channel that does not answer, or finds nothing new on it.",
        (
            Evidence(f"{setting.key} has {url}", setting.source),
            Evidence(f"{mirror.name}: {mirror.status}, lacks {listed(mirror.lacks)}", str(mirror.origin)),
        ),
        _remedies(table, url, setting),
    )


def _remedies(table: CompatTable, url: str, setting: Setting) -> Iterator[Remedy]:
    if not setting.source.startswith("/"):
        return
    config = ("conda", "config", "--file", setting.source)
    if setting.key in ("channels", "default_channels"):
        yield Remedy("take the channel out", (NeedCommand(((*config, "--remove", setting.key, url),)),))
    name = setting.key.partition("custom_channels.")[2]
    for row in table.mirrors("conda"):
        if name and row.status == "official" and row.name == name:
            own = row.url.rsplit("/", 1)[0]
            title = f"lead {name} back to the channel's own address"
            yield Remedy(title, (NeedCommand(((*config, "--set", setting.key, own),)),))
