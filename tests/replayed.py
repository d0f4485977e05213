"""What a recorded machine says: in short, to be read and corrected by a person, and kept as its expected.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from envdoctor.compat import CompatTable
from envdoctor.cure.plan import plan
from envdoctor.doctor import check
from envdoctor.facts import Facts
from envdoctor.reading import Absent, Known, Reading, Unknown, value_or
from envdoctor.record import ReplayHost
from envdoctor.render.plan_page import commands_text
from envdoctor.report import Report
from envdoctor.target import Request

MACHINES = Path(__file__).resolve().parent / "machines"
EXPECTED = "expected.json"


def names() -> List[str]:
    """Every recorded machine."""
    return sorted(folder.name for folder in MACHINES.iterdir() if (folder / "answers.json").is_file())


def replay(name: str, asked: Optional[Dict[str, Any]] = None) -> Report:
    """The report on a recorded machine; `asked` are the fields of Request that it was recorded with."""
    return check(ReplayHost(str(MACHINES / name)), Request(**(asked or {})), CompatTable())


def summary(name: str, asked: Dict[str, Any]) -> Dict[str, Any]:
    """What expected.json holds of a machine, all of it plain JSON."""
    report = replay(name, asked)
    root = ReplayHost(str(MACHINES / name)).identity().uid == 0
    mending = plan(report, CompatTable())
    return {
        "asked": asked,
        "facts": _facts(report.facts),
        "findings": [f"{finding.severity} {finding.name}" for finding in report.findings],
        "cannot-tell": [verdict.name for verdict in report.verdicts if verdict.status == "cannot-tell"],
        "commands": commands_text(mending, admin=False, root=root).splitlines(),
        "commands-with-admin": commands_text(mending, admin=True, root=root).splitlines(),
        "no-command-for": [finding.name for finding, _ in mending.unmended],
    }


def _facts(facts: Facts) -> Dict[str, Any]:
    gpus = value_or(facts.gpus.gpus, ())
    return {
        "distro": _told(facts.session.distro),
        "libc": _told(facts.session.libc),
        "python": _told(facts.python.version),
        "chosen-by": _told(facts.python.chosen_by),
        "kind": _told(facts.python.kind),
        "manager": _told(facts.python.manager),
        "pip": _told(facts.python.pip_version),
        "torch": _told(facts.torch.version),
        "cuda": _told(facts.torch.cuda),
        "driver": _told(facts.driver.nvml_driver_version),
        "driver-cuda": _told(facts.driver.cuda),
        "module": _told(facts.driver.module_version),
        "cards-on-the-bus": _count(facts.driver.pci_gpus),
        "gpus": [f"{gpu.index} {gpu.status}: {_told(gpu.name)}, {_told(gpu.capability)}" for gpu in gpus],
    }


def _told(reading: Reading[str]) -> str:
    if isinstance(reading, Known):
        return str(reading.value)
    return f"unknown: {reading.reason}" if isinstance(reading, Unknown) else "absent"


def _count(reading: Reading[Tuple[Any, ...]]) -> Any:
    return len(reading.value) if isinstance(reading, Known) else _told(reading)


def unrecorded(value: Any, where: str = "facts") -> Iterator[str]:
    """Where in facts an answer is missing because its question was never asked on the machine."""
    if isinstance(value, Unknown):
        if "not in the recording" in value.detail:
            yield f"{where}: {value.source}"
    elif isinstance(value, Known):
        yield from unrecorded(value.value, where)
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from unrecorded(item, f"{where}[{number}]")
    elif not isinstance(value, (str, int, float, type(None), Absent)):
        for name in type(value).__annotations__:
            yield from unrecorded(getattr(value, name), f"{where}.{name}")
