"""Where commands land: the interpreter, who installs into it, and what stands in the way."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Optional, Tuple

from ..facts import Facts
from ..reading import Absent, Known, value_or

CONDA_TOOLS = ("conda", "mamba", "micromamba")
PROJECT_TOOLS = ("uv", "pixi", "poetry")

#: What conda calls packages that have another name on PyPI.
CONDA_NAMES = {"torch": "pytorch"}


@dataclass(frozen=True)
class Spot:
    """One environment, as commands must name it."""

    python: Optional[str]  # absolute path; None: no interpreter is known
    version: Optional[str]  # its minor, "3.11"
    prefix: str
    manager: str  # who writes the commands: pip | uv | conda | mamba | micromamba | pixi | poetry
    has_pip: bool
    tools: Tuple[str, ...]  # managers found on PATH
    conda_words: Tuple[str, ...]  # how conda names it: ("-n", "yolo"), ("-p", "/opt/envs/yolo"); empty: no conda prefix
    conda_packages: Tuple[str, ...]  # names that conda has a record of
    project: Optional[str]  # folder of a uv, pixi or poetry project
    root: bool

    @property
    def conda_tool(self) -> str:
        """The program that answers for conda here; conda itself where none was found (it may be a shell function)."""
        if self.manager in CONDA_TOOLS:
            return self.manager
        return next((tool for tool in CONDA_TOOLS if tool in self.tools), "conda")

    @property
    def conda_owns_torch(self) -> bool:
        return bool({"pytorch", "pytorch-cpu", "pytorch-gpu", "libtorch"} & set(self.conda_packages))


def spot_of(facts: Facts, manager: Optional[str] = None) -> Spot:
    """`manager` is the user's wish; without one, whoever the environment is managed by."""
    python = facts.python
    prefix = str(value_or(python.prefix, "")) or (python.venv.value.path if isinstance(python.venv, Known) else "")
    tools = tuple(found.name for found in value_or(facts.indexes.managers, ()))
    conda_words = _conda_words(facts, prefix)
    return Spot(
        python=value_or(python.executable, None),
        version=_minor(value_or(python.version, None)),
        prefix=prefix,
        manager=_manager(facts, manager, tools, bool(conda_words)),
        has_pip=not isinstance(python.pip_version, Absent),
        tools=tools,
        conda_words=conda_words,
        conda_packages=tuple(record.name for record in value_or(facts.installs.conda, ())),
        project=value_or(python.project, None),
        root=bool(value_or(facts.session.is_root, False)),
    )


def _manager(facts: Facts, wish: Optional[str], tools: Tuple[str, ...], is_conda: bool) -> str:
    managed_by = wish or str(value_or(facts.python.manager, "pip"))
    if managed_by == "conda" and wish is None:
        # micromamba and mamba make environments that only they may be there to change.
        return next((tool for tool in CONDA_TOOLS if tool in tools), "conda")
    if managed_by == "uv" and wish is None and isinstance(facts.indexes.managers, Known) and "uv" not in tools:
        return "pip"  # made by uv, but uv is not on PATH here
    if managed_by in CONDA_TOOLS and not is_conda:
        return "pip"  # conda cannot install into a venv; new environments still follow the wish
    return managed_by


def _conda_words(facts: Facts, prefix: str) -> Tuple[str, ...]:
    """By name where the name can only mean this prefix, else by path: two condas may each have a `yolo`."""
    kind = value_or(facts.python.kind, "")
    if not prefix or (kind not in ("conda", "conda-base") and not isinstance(facts.installs.conda, Known)):
        return ()
    for found in value_or(facts.indexes.managers, ()):
        if found.name not in CONDA_TOOLS:
            continue
        root = posixpath.dirname(posixpath.dirname(found.path))
        if prefix == root:
            return ("-n", "base")
        name = posixpath.basename(prefix)
        if prefix == posixpath.join(root, "envs", name):
            return ("-n", name)
    return ("-p", prefix)


def _minor(version: Optional[str]) -> Optional[str]:
    found = re.match(r"\d+\.\d+", version or "")
    return found.group() if found else None


def blocked(facts: Facts) -> str:
    """Why nothing can be installed into this interpreter, as a sentence; "" where nothing is known to be in the way."""
    python = facts.python
    if not isinstance(python.executable, Known):
        return "No interpreter was found to install into."
    if isinstance(python.venv, Known):
        venv = python.venv.value
        if value_or(venv.executable_resolves, True) is False:
            return f"The interpreter of {venv.path} leads nowhere, so nothing can be installed into it."
    if isinstance(python.externally_managed, Known):
        return f"This Python belongs to the system and takes no pip installs ({python.externally_managed.value})."
    if value_or(python.site_packages_writable, True) is False:
        return f"You may not write {value_or(python.site_packages, 'its site-packages')}."
    return ""


def canonical(requirement: str) -> str:
    """The name in a requirement or a distribution's name, as PEP 503 normalises it."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
    return re.sub(r"[-_.]+", "-", name.group()).lower().rstrip("-") if name else ""
