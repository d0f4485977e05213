"""Which environment managers this user has, and of what version: by files where they tell, else by `--version`."""

from __future__ import annotations

import posixpath
import re
import threading
from typing import Dict, List, Optional, Tuple

from ..facts import Manager
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, mapped
from ._conda_envs import roots
from ._prefix import home_of, there

NAMES = ("conda", "mamba", "micromamba", "uv", "pixi", "poetry")

#: Places off PATH: a variable that names it, and where its installer puts it.
_VARIABLES = {"conda": "CONDA_EXE", "micromamba": "MAMBA_EXE", "uv": "UV", "pixi": "PIXI_EXE"}
_IN_HOME = {
    "uv": (".local/bin/uv", ".cargo/bin/uv"),
    "pixi": (".pixi/bin/pixi",),
    "micromamba": (".local/bin/micromamba",),
    "poetry": (".local/bin/poetry",),
}
_IN_ROOT = ("conda", "mamba")

#: Compiled programs that say their version within milliseconds. conda, mamba 1 and poetry are Python and take seconds.
_QUICK = ("micromamba", "uv", "pixi")
_PATIENCE = 2.0


def look(host: Host) -> Reading[Tuple[Manager, ...]]:
    """Each program once, however many links lead to it, in the order of NAMES."""
    found = [(name, path) for name in NAMES for path in _places(host, name)]
    versions: Dict[str, Reading[str]] = {path: _by_files(host, name, path) for name, path in found}
    silent = [path for name, path in found if name in _QUICK and not isinstance(versions[path], Known)]
    threads = [threading.Thread(target=_run, args=(host, path, versions), daemon=True) for path in silent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Known(tuple(Manager(name, path, versions[path]) for name, path in found), "PATH")


def _run(host: Host, path: str, versions: Dict[str, Reading[str]]) -> None:
    said = host.run([path, "--version"], _PATIENCE)
    if isinstance(said, Known) and said.value.code != 0:
        versions[path] = Unknown("failed", f"exit {said.value.code}", f"{path} --version")
    else:
        versions[path] = mapped(said, lambda output: _number(output.out))


def _places(host: Host, name: str) -> List[str]:
    home = home_of(host)
    candidates = [host.environ.get(_VARIABLES.get(name, ""), ""), *host.which(name)]
    if name in _IN_ROOT:
        candidates += [posixpath.join(root, "bin", name) for root in roots(host)]
    candidates += [posixpath.join(home, path) for path in _IN_HOME.get(name, ()) if home]
    kept: Dict[str, str] = {}
    for path in candidates:
        real = host.realpath(path) if path.startswith("/") else Absent()
        if isinstance(real, Known) and host.access(path, "x") == Known(True, path):
            kept.setdefault(_program(host, real.value), path)
    return list(kept.values())


def _program(host: Host, real: str) -> str:
    """condabin/conda and bin/conda of one installation are one conda."""
    folder, name = posixpath.split(real)
    beside = posixpath.join(posixpath.dirname(folder), "bin", name)
    return beside if posixpath.basename(folder) == "condabin" and there(host, beside) else real


def _number(text: str) -> str:
    found = re.search(r"\b\d+\.\d+[\w.]*", text)
    if not found:
        raise ValueError(f"no version in {text[:60]!r}")
    return found.group()


def _by_files(host: Host, name: str, path: str) -> Reading[str]:
    """From conda-meta of the prefix it lies in, from the dist-info of the environment it lies in, or from a receipt."""
    looked: List[str] = []
    for program in dict.fromkeys((path, _real(host, path))):
        prefix = posixpath.dirname(posixpath.dirname(program))
        folders = [(posixpath.join(prefix, "conda-meta"), rf"{name}-([^-]+)-[^-]+\.json")]
        libraries = host.listdir(posixpath.join(prefix, "lib"))
        for library in libraries.value if isinstance(libraries, Known) else ():
            if library.startswith("python"):
                site = posixpath.join(prefix, "lib", library, "site-packages")
                folders.append((site, rf"{name}-([^-]+)\.dist-info"))
        for folder, pattern in folders:
            found = _named(host, folder, pattern)
            if found:
                return Known(found, folder)
            looked.append(folder)
    receipt = posixpath.join(home_of(host), ".config", "uv", "uv-receipt.json")
    if name == "uv" and path.startswith(home_of(host)):
        told = mapped(host.read(receipt, 1 << 16), _in_receipt)
        if isinstance(told, Known):
            return told
    return Unknown("not-looked", "no file tells it, and it is not run", ", ".join(looked))


def _named(host: Host, folder: str, pattern: str) -> Optional[str]:
    names = host.listdir(folder)
    for file in names.value if isinstance(names, Known) else ():
        found = re.fullmatch(pattern, file)
        if found:
            return found.group(1)
    return None


def _in_receipt(text: str) -> str:
    found = re.search(r'"version"\s*:\s*"(\d+\.\d+[\w.]*)"', text)
    if not found:
        raise ValueError("no version in the receipt")
    return found.group(1)


def _real(host: Host, path: str) -> str:
    real = host.realpath(path)
    return real.value if isinstance(real, Known) else path
