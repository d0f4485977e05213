"""Where packages would come from: pip, uv and conda settings, each with the file or variable that sets it."""

from __future__ import annotations

from typing import Optional, Tuple

from ..frozen import frozen
from ..reading import Reading


@frozen
class Setting:
    """Of uv's [[index]] tables the key is default-index, explicit-index or index, and a named one reads NAME=URL."""

    key: str  # index-url | extra-index-url | find-links | no-index | cert | channels | custom_channels.NAME | ...
    values: Tuple[str, ...]  # credentials removed
    source: str  # the file or variable
    effective: bool  # False: another source overrides it
    exists: Optional[bool] = None  # of a setting that names a file (a certificate): whether it is there


@frozen
class Manager:
    name: str  # conda | mamba | micromamba | uv | pixi | poetry
    path: str
    version: Reading[str]


@frozen
class IndexesFacts:
    pip: Reading[Tuple[Setting, ...]]
    uv: Reading[Tuple[Setting, ...]]
    conda: Reading[Tuple[Setting, ...]]
    managers: Reading[Tuple[Manager, ...]]
    proxies: Reading[Tuple[Setting, ...]]  # http_proxy, https_proxy, all_proxy, no_proxy, SSL_CERT_FILE, ...
