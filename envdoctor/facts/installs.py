"""What is installed, by whom, how completely, and where else the same thing lies."""

from __future__ import annotations

from typing import Tuple

from ..frozen import frozen
from ..reading import Reading


@frozen
class Distribution:
    """One *.dist-info or *.egg-info on sys.path."""

    name: str  # as metadata spells it; the folder's name where metadata has none
    version: str  # "" where metadata has none
    location: str  # the sys.path entry it lies in
    metadata: str  # path of the dist-info or egg-info
    installer: str  # INSTALLER's text: pip | uv | conda | "" where there is none
    editable: bool
    direct_url: str  # PEP 610 url, credentials removed; "" where there is none
    requires: Tuple[str, ...]  # Requires-Dist lines, unparsed
    requires_python: str
    metadata_readable: bool  # False: METADATA is missing or carries no name
    record_entries: int  # lines of RECORD; 0 where there is none
    sampled: int  # how many of them were looked for
    missing: Tuple[str, ...]  # sampled files that are not there


@frozen
class Copy:
    """One place that would satisfy `import NAME`."""

    path: str
    kind: str  # package | namespace | module | extension
    entry: str  # the sys.path entry ("" is the current folder)
    origin: str  # as PathEntry.origin
    version: str  # from its version.py or __init__.py where one is written there, else ""


@frozen
class Module:
    """A module of the watched set (torch, torchvision, numpy, ultralytics, ...): every copy, the winner first."""

    name: str
    copies: Tuple[Copy, ...]


@frozen
class CondaRecord:
    """One conda-meta/*.json."""

    name: str
    version: str
    build: str
    channel: str
    dist_info: str  # the dist-info folder that it says it put there, relative to the prefix; ""
    dist_info_exists: bool


@frozen
class Elsewhere:
    """A watched package in another environment of the same user."""

    name: str
    version: str
    prefix: str
    executable: str  # its interpreter, "" where none was found
    # PATH | CONDA_PREFIX | VIRTUAL_ENV | environments.txt | envs_dirs | ~/.virtualenvs | sibling | pyenv | user-site
    found_by: str
    build: str  # CUDA tag or build string where known


@frozen
class InstallsFacts:
    distributions: Reading[Tuple[Distribution, ...]]
    leftovers: Reading[Tuple[str, ...]]  # paths that begin with "~" in a site-packages
    modules: Reading[Tuple[Module, ...]]  # the watched set; one without copies has an empty tuple
    unowned: Reading[Tuple[str, ...]]  # watched packages' folders in site-packages with no metadata of any kind
    conda: Reading[Tuple[CondaRecord, ...]]  # Absent where the prefix has no conda-meta
    conda_pins: Reading[Tuple[str, ...]]  # conda-meta/pinned
    elsewhere: Reading[Tuple[Elsewhere, ...]]
    requested: Reading[Tuple[str, ...]]  # lines of requirements.txt in the current folder; Absent where there is none
