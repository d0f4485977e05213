"""Environments as the cure sees them, made from the healthy machine."""

from typing import Any, Tuple

from envdoctor.facts import CondaRecord, Facts, Manager
from envdoctor.reading import Absent, Known
from tests.healthy import ENV, change, healthy

PYTHON = f"{ENV}/bin/python"
CONDA = "/home/ana/miniconda3"


def tools(*names: str, at: str = "/usr/local/bin") -> Known[Tuple[Manager, ...]]:
    return Known(tuple(Manager(name, f"{at}/{name}", Known("1.0", name)) for name in names), "PATH")


def with_tools(facts: Facts, *names: str) -> Facts:
    return change(facts, "indexes", managers=tools(*names))


def without_pip(facts: Facts) -> Facts:
    return change(facts, "python", pip_version=Absent(("site-packages",)))


def record(name: str, version: str = "1.0", build: str = "py310_0") -> CondaRecord:
    return CondaRecord(name, version, build, "pytorch", "", False)


def conda(*records: CondaRecord, prefix: str = f"{CONDA}/envs/yolo", tool: str = "conda", root: str = CONDA) -> Facts:
    """A conda environment; `root` is where the conda on PATH lives."""
    facts = change(
        healthy(),
        "python",
        executable=Known(f"{prefix}/bin/python", "PATH"),
        prefix=Known(prefix, "ask"),
        base_prefix=Known(prefix, "ask"),
        kind=Known("conda-base" if prefix == root else "conda", "conda-meta"),
        manager=Known("conda", "conda-meta"),
        venv=Absent(("pyvenv.cfg",)),
    )
    facts = change(facts, "installs", conda=Known(records, f"{prefix}/conda-meta"))
    return change(facts, "indexes", managers=tools(tool, at=f"{root}/condabin"))


def project(manager: str, folder: str = "/home/ana/work") -> Facts:
    facts = change(
        healthy(), "python", manager=Known(manager, f"{manager}.lock"), project=Known(folder, f"{manager}.lock")
    )
    return with_tools(facts, manager)


def system(**changes: Any) -> Facts:
    """Debian's own Python, with its marker."""
    fields = {
        "executable": Known("/usr/bin/python3", "PATH"),
        "prefix": Known("/usr", "ask"),
        "base_prefix": Known("/usr", "ask"),
        "kind": Known("system", "ask"),
        "venv": Absent(("pyvenv.cfg",)),
        "externally_managed": Known("/usr/lib/python3.11/EXTERNALLY-MANAGED", "ask"),
        "site_packages": Known("/usr/lib/python3/dist-packages", "ask"),
        "site_packages_writable": Known(False, "access"),
        "environment_name": Absent(()),
    }
    return change(healthy(), "python", **{**fields, **changes})
