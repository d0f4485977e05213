"""Which table the commands use: this package's own, or a newer one that `compat update` verified and put in the user's
data folder; and before it the rows of the site's own in ENVDOCTOR_COMPAT, a file or a folder of files.

Without either it costs one look at a file that is not there.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, Optional, Tuple

from . import __version__
from .compat import BadTable, CompatTable
from .compat.loader import Loaded, Read, packaged, parse
from .compat.subjects import SUBJECTS
from .host import LocalHost
from .reading import Absent, Known, Unknown
from .voice import Unusable

VARIABLE = "ENVDOCTOR_COMPAT"
#: Of the manifest and of what the files may hold. A change that an older envdoctor cannot read raises it.
FORMAT = 1
MANIFEST = "current.json"
_MOST = 64 << 20  # bytes of one file


def table(host: Optional[LocalHost] = None) -> CompatTable:
    """Unusable where ENVDOCTOR_COMPAT names something that cannot be used; a damaged update is passed over."""
    host = host or LocalHost()
    said = host.environ.get(VARIABLE, "")
    return CompatTable(_updated(host) or packaged, _site(host, said) if said else None)


def folder(host: LocalHost) -> str:
    """Where `compat update` keeps a table: $XDG_DATA_HOME/envdoctor/compat."""
    base = host.environ.get("XDG_DATA_HOME", "")
    if not base.startswith("/"):  # the XDG specification: a relative one is to be ignored
        base = f"{host.identity().home}/.local/share"
    return f"{base}/envdoctor/compat"


def current(host: LocalHost) -> Optional[Mapping[str, Any]]:
    """The manifest of the update that lies there and counts; None where there is none, it is older than this package's
    own table, or another version of envdoctor verified it."""
    found = host.read(f"{folder(host)}/{MANIFEST}")
    if not isinstance(found, Known):
        return None
    try:
        manifest = json.loads(found.value)
        counts = (
            (manifest["format"], manifest["verified_with"]) == (FORMAT, __version__)
            and manifest["date"] > CompatTable().date
            and all(isinstance(one["sha256"], str) for one in manifest["files"])
            and "/" not in manifest["folder"]
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return manifest if counts else None


def _updated(host: LocalHost) -> Optional[Read]:
    manifest = current(host)
    if manifest is None:
        return None
    place = f"{folder(host)}/{manifest['folder']}"
    digests: Dict[str, str] = {one["name"]: one["sha256"] for one in manifest["files"]}

    def read(name: str) -> bytes:
        """The file, if it is what was verified; else this package's own."""
        import hashlib

        found = host.read_bytes(f"{place}/{name}", 0, _MOST)
        if isinstance(found, Known) and hashlib.sha256(found.value).hexdigest() == digests.get(name):
            return found.value
        return packaged(name)

    return read


def _site(host: LocalHost, said: str) -> Mapping[str, Tuple[Loaded, ...]]:
    """The files of ENVDOCTOR_COMPAT by subject, each through the loader at once: a wrong row is told, not met later."""
    found: Dict[str, List[Loaded]] = {}
    for path in _files(host, said):
        content = host.read_bytes(path, 0, _MOST)
        if not isinstance(content, Known):
            raise Unusable(f"{VARIABLE}: {path}: {_why(content)}")
        loaded = _parsed(path, content.value)
        found.setdefault(loaded.subject.name, []).append(loaded)
    return {name: tuple(files) for name, files in found.items()}


def _files(host: LocalHost, said: str) -> List[str]:
    there = host.stat(said)
    if not isinstance(there, Known):
        raise Unusable(f"{VARIABLE}: {said}: {_why(there)}")
    if there.value.kind != "dir":
        return [said]
    names = host.listdir(said)
    if not isinstance(names, Known):
        raise Unusable(f"{VARIABLE}: {said}: {_why(names)}")
    return [f"{said.rstrip('/')}/{name}" for name in names.value if name.endswith(".json")]


def _parsed(path: str, content: bytes) -> Loaded:
    try:
        name = json.loads(content.decode("utf-8"))["subject"]
        subject = SUBJECTS[name]
    except json.JSONDecodeError as error:
        raise Unusable(f"{VARIABLE}: {path}: not a file of the table: line {error.lineno}: {error.msg}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        known = ", ".join(SUBJECTS)
        raise Unusable(f"{VARIABLE}: {path}: not a file of the table: 'subject' must be one of {known}") from None
    try:
        loaded = parse(subject, content)
        for row in loaded.rows:
            loaded.build(row)
    except BadTable as error:
        # The loader speaks of cuda.json; the reader has to know which file that is.
        raise Unusable(f"{VARIABLE}: {path}{str(error)[len(subject.file) :]}") from None
    return loaded


def _why(reading: object) -> str:
    if isinstance(reading, Absent):
        return "no such file or folder"
    assert isinstance(reading, Unknown)
    return reading.sentence()
