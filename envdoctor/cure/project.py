"""uv, pixi and poetry projects: the manifest is what counts, so the change goes through the tool that owns it."""

from __future__ import annotations

from typing import Dict, Sequence, Tuple

from .spot import Spot

Argv = Tuple[str, ...]


def add(spot: Spot, requirements: Sequence[str], index: str = "", index_name: str = "pytorch") -> Tuple[Argv, ...]:
    """Commands that add requirements to the project; `index` is a URL that they, and only they, come from."""
    folder = spot.project
    if folder is None:
        raise ValueError("no project")
    if spot.manager == "uv":
        # `uv add --index NAME=URL` writes the index and pins these packages to it in [tool.uv.sources].
        extra = ("--index", f"{index_name}={index}") if index else ()
        return (("uv", "add", "--project", folder, *extra, *requirements),)
    if spot.manager == "poetry":
        poetry = ("poetry", "--directory", folder)
        if not index:
            return ((*poetry, "add", *requirements),)
        return (
            (*poetry, "source", "add", "--priority", "explicit", index_name, index),
            (*poetry, "add", "--source", index_name, *requirements),
        )
    return (("pixi", "add", "--manifest-path", folder, "--pypi", *requirements),)


def again(spot: Spot, names: Sequence[str]) -> Tuple[Argv, ...]:
    """Commands that put packages in place again as the lock file has them."""
    folder = spot.project
    if folder is None:
        raise ValueError("no project")
    commands: Dict[str, Argv] = {
        "uv": (
            "uv",
            "sync",
            "--project",
            folder,
            *(word for name in names for word in ("--reinstall-package", name)),
        ),
        "pixi": ("pixi", "reinstall", "--manifest-path", folder, *names),
    }
    if spot.manager == "poetry":
        return (("poetry", "--directory", folder, "run", "python", "-m", "pip", "uninstall", "-y", *names),)
    return (commands[spot.manager],)
