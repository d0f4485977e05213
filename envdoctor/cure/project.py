"""uv, pixi and poetry projects: the manifest is what counts, so the change goes through the tool that owns it."""

from __future__ import annotations

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
        # `uv add --index NAME=URL` writes the index and pins these packages to it in [tool.uv.sources].
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
    return ((program, "add", "--manifest-path", folder, "--pypi", *requirements),)


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
