"""Files that envdoctor keeps for the user: a folder of their own that nobody else reads."""

from __future__ import annotations

import os
from typing import Mapping


def keep(folder: str, files: Mapping[str, str]) -> None:
    """Write the files into a new folder. OSError: it cannot be written; then nothing of it counts."""
    os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
    os.mkdir(folder, 0o700)
    for name, text in files.items():
        descriptor = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
