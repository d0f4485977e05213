"""Where commands land: the interpreter, who installs into it, and what stands in the way."""

from __future__ import annotations

import posixpath
import re
from typing import Dict, List, Mapping, Optional, Tuple

from ..facts import Facts
from ..frozen import frozen
from ..reading import Absent, Known, value_or

CONDA_TOOLS = ("conda", "mamba", "micromamba")
PROJECT_TOOLS = ("uv", "pixi", "poetry")

#: What conda calls packages that have another name on PyPI.
CONDA_NAMES = {"torch": "pytorch"}


@frozen
class Spot:
    """One environment, as commands must name it."""

    python: Optional[str]  # absolute path; None: no interpreter is known
    version: Optional[str]  # its minor, "3.11"
    prefix: str
    manager: str  # who writes the commands: pip | uv | conda | mamba | micromamba | pixi | poetry
    has_pip: bool
    programs: Mapping[str, str]  # managers that are there, and the word that starts each: `conda`, or a path off PATH
    conda_words: Tuple[str, ...]  # how conda names it: ("-n", "yolo"), ("-p", "/opt/envs/yolo"); empty: no conda prefix
    conda_packages: Tuple[str, ...]  # names that conda has a record of
    project: Optional[str]  # folder of a uv, pixi or poetry project
    root: bool

    @property
    def conda_tool(self) -> str:
        """Which program answers for conda here; conda itself where none was found (it may be a shell function)."""
        if self.manager in CONDA_TOOLS:
            return self.manager
        return next((tool for tool in CONDA_TOOLS if tool in self.programs), "conda")

    def program(self, name: str) -> str:
        """The word that starts a manager."""
        return self.programs.get(name, name)

    @property
    def conda_owns_torch(self) -> bool:
        return bool({"pytorch", "pytorch-cpu", "pytorch-gpu", "libtorch"} & set(self.conda_packages))


def spot_of(facts: Facts, manager: Optional[str] = None) -> Spot:
    """`manager` is the user's wish; without one, whoever the environment is managed by."""
    python = facts.python
    prefix = str(value_or(python.prefix, "")) or (python.venv.value.path if isinstance(python.venv, Known) else "")
    programs = _programs(facts, prefix)
    conda_words = _conda_words(facts, prefix)
    return Spot(
        python=value_or(python.executable, None),
        version=_minor(value_or(python.version, None)),
        prefix=prefix,
        manager=_manager(facts, manager, programs, bool(conda_words)),
        has_pip=not isinstance(python.pip_version, Absent),
        programs={name: word for name, (word, _) in programs.items()},
        conda_words=conda_words,
        conda_packages=tuple(record.name for record in value_or(facts.installs.conda, ())),
        project=value_or(python.project, None),
        root=bool(value_or(facts.session.is_root, False)),
    )


def _manager(facts: Facts, wish: Optional[str], tools: Mapping[str, object], is_conda: bool) -> str:
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
    programs = _programs(facts, prefix)
    tool = next((programs[name] for name in CONDA_TOOLS if name in programs), None)
    if tool is not None and prefix == root_of(tool[1]):
        return ("-n", "base")
    if tool is not None and _belongs(prefix, tool[1]):
        return ("-n", posixpath.basename(prefix))
    return ("-p", prefix)


def _programs(facts: Facts, prefix: str) -> Dict[str, Tuple[str, str]]:
    """Name -> (word, path) of each manager. Of several condas, the one that the prefix belongs to."""
    variables = dict(facts.session.variables.value) if isinstance(facts.session.variables, Known) else {}
    folders = variables["PATH"].split(":") if "PATH" in variables else None
    every = value_or(facts.indexes.managers, ())
    found: Dict[str, Tuple[str, str]] = {}
    for name in dict.fromkeys(manager.name for manager in every):
        paths = [manager.path for manager in every if manager.name == name]
        path = next((one for one in paths if _belongs(prefix, one)), paths[0])
        found[name] = (name if _is_bare(path, paths, folders, variables) else path, path)
    return found


def _is_bare(path: str, others: List[str], folders: Optional[List[str]], variables: Mapping[str, str]) -> bool:
    """Whether the name alone starts that program: it is the first on PATH, or `conda init` made the name a function."""
    if folders is None or variables.get("CONDA_EXE") == path:
        return True
    places = [folders.index(folder) for folder in map(posixpath.dirname, others) if folder in folders]
    own = posixpath.dirname(path)
    return own in folders and folders.index(own) == min(places)


def root_of(conda: str) -> str:
    """/opt/conda/condabin/conda -> /opt/conda."""
    return posixpath.dirname(posixpath.dirname(conda))


def _belongs(prefix: str, conda: str) -> bool:
    return prefix == root_of(conda) or posixpath.dirname(prefix) == posixpath.join(root_of(conda), "envs")


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
