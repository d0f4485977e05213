"""uv, pixi and poetry projects: the manifest is what counts, so the change goes through the tool that owns it."""

from __future__ import annotations

import re
from typing import Sequence, Tuple

from .spot import Spot

Argv = Tuple[str, ...]


def add(spot: Spot, requirements: Sequence[str], index: str = "", index_name: str = "pytorch") -> Tuple[Argv, ...]:
    """Commands that add requirements to the project; `index` is a URL that they, and only they, come from."""
    folder = spot.project
    if folder is None:
        raise ValueError("no project")
    program = spot.program(spot.manager)
    if spot.manager == "uv":
        extra = ("--index", f"{index_name}={index}") if index else ()
        return ((program, "add", "--project", folder, *extra, *requirements),)
    if spot.manager == "poetry":
        poetry = (program, "--directory", folder)
        if not index:
            return ((*poetry, "add", *requirements),)
        return (
            (*poetry, "source", "add", "--priority", "explicit", index_name, index),
            (*poetry, "add", "--source", index_name, *requirements),
        )
    extra = ("--index", index) if index else ()
    return ((program, "add", "--manifest-path", folder, "--pypi", *extra, *requirements),)


def add_from(spot: Spot, requirements: Sequence[str], index: str, name: str, explicit: bool) -> Tuple[Argv, ...]:
    """Commands that make a uv project take these requirements, and nothing else, from an index.

    `name` is what the project calls the index, where it has one of PyTorch's: [tool.uv.sources] pins to names, and an
    index under another name would change nothing. `explicit`: that index is for packages pinned to it alone. Without
    that, uv takes NumPy and whatever else the index has from it too, in other versions than before; `uv add` itself
    does so once, for which reason it only writes here, and `uv sync` resolves.
    """
    folder = spot.project
    if folder is None:
        raise ValueError("no project")
    program = spot.program("uv")
    write = (program, "add", "--project", folder, "--frozen", "--index", f"{name}={index}", *requirements)
    plain = re.sub(r"([.*\[\]^$\\])", r"\\\1", index)
    mark = ("sed", "-i", f'\\|^url *= *"{plain}"|a explicit = true', f"{folder}/pyproject.toml")
    sync = (program, "sync", "--project", folder, "--inexact")
    return (write, sync) if explicit else (write, mark, sync)


def again(spot: Spot, names: Sequence[str]) -> Tuple[Argv, ...]:
    """Commands that put packages in place again as the lock file has them."""
    folder = spot.project
    if folder is None:
        raise ValueError("no project")
    program = spot.program(spot.manager)
    if spot.manager == "uv":
        return ((program, "sync", "--project", folder, *(w for name in names for w in ("--reinstall-package", name))),)
    if spot.manager == "pixi":
        return ((program, "reinstall", "--manifest-path", folder, *names),)
    poetry = (program, "--directory", folder)
    return ((*poetry, "run", "python", "-m", "pip", "uninstall", "-y", *names), (*poetry, "install"))
