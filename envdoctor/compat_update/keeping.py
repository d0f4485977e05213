"""The user's own copy of the table: written beside the old one, and only then named as the one that counts.

    $XDG_DATA_HOME/envdoctor/compat/2026-11-24-0f3a9c21/*.json    a table, complete and verified
    $XDG_DATA_HOME/envdoctor/compat/current.json                  which one counts

Whoever reads the old one meanwhile goes on reading it: it is removed by the next update.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import suppress
from typing import Any, Mapping, Set

from .. import __version__
from ..tables import FORMAT, MANIFEST
from ..voice import Unusable
from .manifest import Manifest


def keep(home: str, manifest: Manifest, files: Mapping[str, bytes], origin: str) -> None:
    """Unusable where it cannot be written: what counted before goes on counting, and nothing is left behind."""
    made = ""
    try:
        os.makedirs(home, exist_ok=True)
        made = tempfile.mkdtemp(prefix=f"{manifest.date}-", dir=home)
        os.chmod(made, 0o755)
        for name, content in files.items():
            _write(os.path.join(made, name), content)
        said: Mapping[str, Any] = {
            "format": FORMAT,
            "date": manifest.date,
            "from": origin,
            "verified_with": __version__,
            "folder": os.path.basename(made),
            "files": [{"name": one.name, "size": one.size, "sha256": one.sha256.lower()} for one in manifest.files],
        }
        before = named(home)
        new = os.path.join(made, MANIFEST)
        _write(new, json.dumps(said, indent=1).encode("utf-8"))
        os.replace(new, os.path.join(home, MANIFEST))
    except OSError as error:
        if made:
            shutil.rmtree(made, ignore_errors=True)
        raise Unusable(f"{home} cannot be written: {error.strerror or error}") from None
    _tidy(home, {os.path.basename(made), before})


def named(home: str) -> str:
    """The folder that counts; "" where none does."""
    try:
        with open(os.path.join(home, MANIFEST), encoding="utf-8") as file:
            return str(json.load(file)["folder"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _tidy(home: str, kept: Set[str]) -> None:
    with suppress(OSError):
        for name in os.listdir(home):
            if name not in kept and name[:4].isdigit() and os.path.isdir(os.path.join(home, name)):
                shutil.rmtree(os.path.join(home, name), ignore_errors=True)
