"""The active interpreter: which one it is, who says so, and what else on PATH belongs to another."""

from __future__ import annotations

from typing import Tuple

from ..frozen import frozen
from ..reading import Reading


@frozen
class Claim:
    """What one voice says the active Python is."""

    by: str  # --python | --env | VIRTUAL_ENV | CONDA_PREFIX | PATH
    says: str  # the prefix or executable named
    executable: Reading[str]  # the interpreter that it leads to (Absent: nothing there)


@frozen
class PathEntry:
    """One entry of sys.path, in order."""

    path: str
    origin: str  # cwd | pythonpath | stdlib | user-site | site-packages | pth | other
    exists: bool


@frozen
class Command:
    """A command on PATH that runs a Python: pip, pip3, yolo, torchrun, jupyter, ..."""

    name: str
    path: str
    form: str  # shebang | sh-exec | env-shebang | binary | shim | unreadable
    interpreter: Reading[str]  # the Python it starts, as written
    interpreter_exists: Reading[bool]
    prefix: Reading[str]  # the environment that this interpreter belongs to
    ours: Reading[bool]  # whether that is the active environment


@frozen
class Kernel:
    """A Jupyter kernel specification."""

    name: str
    spec: str  # path of kernel.json
    interpreter: str  # argv[0] as written
    exists: Reading[bool]
    ours: Reading[bool]


@frozen
class VenvFacts:
    """A virtual environment seen from outside, so that one in which nothing runs can still be described."""

    path: str
    home: Reading[str]  # `home` of pyvenv.cfg: the folder of the base interpreter
    home_exists: Reading[bool]
    version: Reading[str]  # `version` or `version_info` of pyvenv.cfg
    created_as: Reading[str]  # the path named by `command =` (3.11+) or by bin/activate's VIRTUAL_ENV
    activate_says: Reading[str]  # VIRTUAL_ENV in bin/activate
    system_site_packages: Reading[bool]
    executable_resolves: Reading[bool]  # bin/python leads to an existing file
    created_by: Reading[str]  # venv | virtualenv | uv


@frozen
class PythonFacts:
    executable: Reading[str]  # absolute path, links not followed
    chosen_by: Reading[str]  # which claim won
    claims: Reading[Tuple[Claim, ...]]  # every voice, the winner first
    version: Reading[str]  # 3.11.7
    implementation: Reading[str]  # CPython | PyPy
    prefix: Reading[str]
    base_prefix: Reading[str]
    kind: Reading[str]  # venv | conda | conda-base | system | pyenv | uv-managed | other
    manager: Reading[str]  # who manages the environment: pip | uv | conda | pixi | poetry
    environment_name: Reading[str]  # conda's name for it, else the folder's
    project: Reading[str]  # the project folder of a uv, pixi or poetry environment
    sys_path: Reading[Tuple[PathEntry, ...]]
    pythonpath: Reading[Tuple[str, ...]]  # as the variable says; Absent when unset
    user_site: Reading[str]  # the folder, whether or not it exists
    user_site_enabled: Reading[bool]
    site_packages: Reading[str]  # purelib: where pip installs
    site_packages_writable: Reading[bool]
    externally_managed: Reading[str]  # path of the PEP 668 marker that applies (Absent in a venv)
    bits: Reading[int]  # 64 | 32
    free_threaded: Reading[bool]
    machine: Reading[str]  # x86_64 | aarch64 | ...
    platform_tag: Reading[str]  # sysconfig.get_platform(), e.g. linux-x86_64
    libc: Reading[str]  # "glibc 2.31" | "musl 1.2.4"
    pip_version: Reading[str]  # the pip that `python -m pip` runs; Absent when there is none
    # Absent when it is none. Where VIRTUAL_ENV names another that was moved or in which nothing runs: that one.
    venv: Reading[VenvFacts]
    commands: Reading[Tuple[Command, ...]]
    kernels: Reading[Tuple[Kernel, ...]]
