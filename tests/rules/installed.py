"""Machines for the rules about interpreters, installs, indexes and disks."""

from __future__ import annotations

import dataclasses
from typing import Any, Iterable, Tuple

from envdoctor.facts import Claim, CondaRecord, Copy, Distribution, Elsewhere, Facts, Module
from envdoctor.reading import Absent, Known

from ..healthy import SITE, change, healthy

OTHER = "/home/ana/envs/other"
CONDA = "/home/ana/miniconda3"
CONDA_SITE = f"{CONDA}/envs/lab/lib/python3.11/site-packages"


def with_distributions(facts: Facts, *extra: Distribution, without: Iterable[str] = ()) -> Facts:
    assert isinstance(facts.installs.distributions, Known)
    kept = tuple(one for one in facts.installs.distributions.value if one.name not in set(without))
    return change(facts, "installs", distributions=Known((*kept, *extra), "ask"))


def with_modules(facts: Facts, *modules: Module) -> Facts:
    """Some modules in place of those of the same name."""
    assert isinstance(facts.installs.modules, Known)
    names = {one.name for one in modules}
    kept = tuple(one for one in facts.installs.modules.value if one.name not in names)
    return change(facts, "installs", modules=Known((*kept, *modules), "ask"))


def copies(name: str, *found: Tuple[str, str, str]) -> Module:
    """A module by (path, origin, version); kind and entry follow from the path: .py is a module, a bare folder a
    namespace."""
    made = []
    for path, origin, version in found:
        folder = path[: -len("/__init__.py")] if path.endswith("/__init__.py") else path
        kind = "package" if folder != path else "module" if path.endswith(".py") else "namespace"
        made.append(Copy(path, kind, folder.rsplit("/", 1)[0] if origin != "cwd" else "", origin, version))
    return Module(name, tuple(made))


def own_copy(name: str, version: str) -> Tuple[str, str, str]:
    return (f"{SITE}/{name}/__init__.py", "site-packages", version)


def without_torch(facts: Facts, *keep: str) -> Facts:
    """Nothing of torch's family, and nothing that asks for it."""
    gone = {"torch", "torchvision", "torchaudio", "ultralytics"} - set(keep)
    facts = with_distributions(facts, without=gone)
    facts = with_modules(facts, *(Module(name, ()) for name in gone))
    looked = Absent((SITE,))
    return change(facts, "torch", path=looked, version=looked, build=looked, cuda=looked, arch_list=looked)


def elsewhere(facts: Facts, prefix: str = OTHER, found_by: str = "sibling", version: str = "2.1.0") -> Facts:
    one = Elsewhere("torch", version, prefix, f"{prefix}/bin/python", found_by, "cu121")
    return change(facts, "installs", elsewhere=Known((one,), "listings"))


def requirements(facts: Facts, *lines: str) -> Facts:
    return change(facts, "installs", requested=Known(lines, "/home/ana/work/requirements.txt"))


def system_python(facts: Facts) -> Facts:
    """Debian's own Python with nothing in it."""
    facts = without_torch(facts)
    return change(
        facts,
        "python",
        executable=Known("/usr/bin/python3", "PATH"),
        claims=Known((Claim("PATH", "/usr/bin/python3", Known("/usr/bin/python3", "PATH")),), "PATH"),
        prefix=Known("/usr", "ask"),
        kind=Known("system", "/usr"),
        venv=Absent(("/usr/pyvenv.cfg",)),
        site_packages=Known("/usr/lib/python3/dist-packages", "ask"),
        site_packages_writable=Known(False, "/usr/lib/python3/dist-packages"),
        commands=Known((), "PATH"),
    )


def record(name: str, version: str, build: str = "py3.11_0", info: str = "", exists: bool = True) -> CondaRecord:
    """`info`: the dist-info's folder name, if the package brought one."""
    path = f"lib/python3.11/site-packages/{info}" if info else ""
    return CondaRecord(name, version, build, "pytorch", path, bool(info) and exists)


def conda_env(*records: CondaRecord) -> Facts:
    """The healthy machine as a conda environment; everything that is installed there is conda's."""
    facts = healthy()
    assert isinstance(facts.installs.distributions, Known)
    prefix = f"{CONDA}/envs/lab"
    moved = tuple(
        dataclasses.replace(
            one,
            location=CONDA_SITE,
            metadata=one.metadata.replace(SITE, CONDA_SITE),
            installer="conda",
            version=one.version.split("+")[0],
        )
        for one in facts.installs.distributions.value
    )
    facts = change(facts, "installs", distributions=Known(moved, "ask"), conda=Known(records, f"{prefix}/conda-meta"))
    torch = f"{CONDA_SITE}/torch"
    facts = change(facts, "torch", path=Known(torch, "ask"), version=Known("2.5.1", f"{torch}/version.py"))
    return change(
        facts,
        "python",
        executable=Known(f"{prefix}/bin/python", "PATH"),
        claims=Known(
            (
                Claim("PATH", f"{prefix}/bin/python", Known(f"{prefix}/bin/python", "PATH")),
                Claim("CONDA_PREFIX", prefix, Known(f"{prefix}/bin/python", "CONDA_PREFIX")),
            ),
            "PATH",
        ),
        prefix=Known(prefix, "ask"),
        base_prefix=Known(prefix, "ask"),
        kind=Known("conda", f"{prefix}/conda-meta"),
        manager=Known("conda", f"{prefix}/conda-meta"),
        environment_name=Known("lab", prefix),
        site_packages=Known(CONDA_SITE, "ask"),
        venv=Absent((f"{prefix}/pyvenv.cfg",)),
        commands=Known((), "PATH"),
    )


def installed_by_pip(name: str, version: str, **changes: Any) -> Distribution:
    """pip's copy in that conda environment."""
    folder = f"{CONDA_SITE}/{name}-{version}.dist-info"
    base = Distribution(name, version, CONDA_SITE, folder, "pip", False, "", (), "", True, 100, 20, ())
    return dataclasses.replace(base, **changes)


def fresh_venv() -> Facts:
    """A virtual environment with pip alone."""
    return without_torch(healthy())
