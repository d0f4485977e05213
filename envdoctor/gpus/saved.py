"""A file that is replaced in one step: a reader (a textfile collector) sees the old one or the new one, never half."""

from __future__ import annotations

import contextlib
import os

from ..voice import Unusable


def replace_file(path: str, text: str) -> None:
    """Readable for all, whatever the umask. Unusable: it cannot be written; the old one stands."""
    folder, name = os.path.split(path)
    # Hidden, and with an ending of its own: a collector takes every *.prom, a half written one too.
    fresh = os.path.join(folder, f".{name}.{os.getpid()}")
    try:
        try:
            with open(fresh, "w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            os.replace(fresh, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.remove(fresh)
            raise
    except OSError as error:
        raise Unusable(f"{path} cannot be written: {error.strerror or error}") from None
