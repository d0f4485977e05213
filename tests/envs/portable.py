"""envdoctor with all it needs as one folder or one file, to be run by another Python or another user."""

from __future__ import annotations

import importlib.util
import shutil
import zipapp
from pathlib import Path

#: Top-level modules of the run-time dependencies, by import name; all are pure Python where it matters.
MODULES = (
    *("envdoctor", "packaging", "pynvml", "yaml"),
    *("rich", "markdown_it", "mdurl", "pygments"),
    *("typer", "annotated_doc", "click", "shellingham", "typing_extensions"),
)


def folder_of_everything(folder: Path) -> Path:
    """Copy envdoctor and its dependencies; those that this Python does without are left out."""
    folder.mkdir(parents=True)
    for name in MODULES:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            continue
        source = Path(found.origin)
        if found.submodule_search_locations:
            shutil.copytree(source.parent, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder


def one_file(folder: Path) -> Path:
    """A zipapp, as an administrator would put on a shared path."""
    file = folder / "envdoctor.pyz"
    zipapp.create_archive(folder_of_everything(folder / "everything"), file, main="envdoctor.cli:main")
    return file
