"""conda's own records of a prefix. They hold every file of every package, so most of them is never read."""

from __future__ import annotations

import posixpath
import re
from typing import Dict, List, Tuple

from ..facts import CondaRecord, Distribution
from ..host import Host
from ..reading import Absent, Known, Reading, value_or
from ..urls import strip_credentials
from ._prefix import there

_CHANNEL = re.compile(r'"channel":\s*"([^"]*)"')
_DIST_INFO = r'lib/python[0-9.]+t?/site-packages/[^"/]+\.(?:dist|egg)-info'


def records(host: Host, prefix: str, distributions: Tuple[Distribution, ...]) -> Reading[Tuple[CondaRecord, ...]]:
    """Name, version and build are the file's name; only the channel stands at the head of the file.

    The dist-info that a package brought is the one of its name and version where there is one; only where not (pytorch
    brings torch; or pip replaced it) is the file searched for it, and only if it was built for a Python.
    """
    folder = posixpath.join(prefix, "conda-meta")
    names = host.listdir(folder)
    if not isinstance(names, Known):
        return names
    metadata: Dict[Tuple[str, str], str] = {}
    for one in distributions:
        if one.metadata.startswith(prefix + "/"):
            metadata.setdefault((canonical(one.name), one.version), one.metadata[len(prefix) + 1 :])
    found: List[CondaRecord] = []
    for file in names.value:
        parts = file[:-5].rsplit("-", 2) if file.endswith(".json") else ()
        if len(parts) == 3:
            name, version, build = parts
            path = posixpath.join(folder, file)
            info = metadata.get((canonical(name), version), "")
            exists = bool(info)
            if not info and "py" in build:
                info = _brought(host, path)
                exists = bool(info) and there(host, posixpath.join(prefix, info))
            found.append(CondaRecord(name, version, build, _channel(host, path), info, exists))
    return Known(tuple(found), folder)


def canonical(name: str) -> str:
    """'Torch_Vision' -> 'torch-vision' (PEP 503). Without a regex: it is asked for every distribution."""
    text = name.lower().replace("_", "-").replace(".", "-")
    while "--" in text:
        text = text.replace("--", "-")
    return text


def _channel(host: Host, path: str) -> str:
    """conda sorts the keys, rattler begins with what the package says of itself: either way it comes early."""
    head = host.read_bytes(path, 0, 4096)
    found = _CHANNEL.search(head.value.decode("utf-8", "replace")) if isinstance(head, Known) else None
    if found is None:
        later = value_or(host.search(path, _CHANNEL.pattern, 1), ())
        found = _CHANNEL.search(later[0]) if later else None
    return strip_credentials(found.group(1)) if found else ""


def _brought(host: Host, path: str) -> str:
    found = value_or(host.search(path, _DIST_INFO, 1), ())
    return found[0] if found else ""


def pins(host: Host, prefix: str) -> Reading[Tuple[str, ...]]:
    path = posixpath.join(prefix, "conda-meta", "pinned")
    text = host.read(path)
    if not isinstance(text, Known):
        return text if not isinstance(text, Absent) else Absent((path,))
    lines = [line.split("#")[0].strip() for line in text.value.splitlines()]
    return Known(tuple(line for line in lines if line), path)
