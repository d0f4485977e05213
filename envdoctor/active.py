"""Which interpreter is meant: the flags, VIRTUAL_ENV, CONDA_PREFIX and PATH, and who wins."""

from __future__ import annotations

from .host import Host
from .target import Request, Target


def choose(host: Host, request: Request) -> Target:
    raise NotImplementedError
