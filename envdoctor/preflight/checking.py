"""`--check`: the rules whose findings would end a job in its first minutes, within two seconds."""

from __future__ import annotations

from typing import Optional, Tuple

from ..host import Host
from ..report import Finding, Report

#: Names of rules. What they say of GPUs themselves is this command's own business.
RULES = (
    "driver-too-old",
    "driver-missing-or-not-loaded",
    "driver-library-mismatch",
    "cuda-unknown-error",
    "forward-compat-unsupported",
    "fabric-manager",
    "torch-missing",
    "broken-install",
    "moved-venv",
    "shadowed-module",
    "cpu-only-build",
    "gpu-arch-not-in-build",
    "torch-torchvision-mismatch",
    "nvidia-pip-libs-missing",
    "libstdcxx-or-glibc-too-old",
    "mkl-ijit",
    "shm-too-small",
    "disk-full-or-quota",
)
PATIENCE = 2.0  # seconds


def examined(host: Host, program: Optional[str]) -> Report:
    """The report on the environment that the job will run in: `program`'s, where that is a Python."""
    from ..doctor import check
    from ..rules import all_rules
    from ..tables import table
    from ..target import Request

    name = (program or "").rpartition("/")[2]
    python = program if name.startswith(("python", "pypy")) else None
    wanted = [rule for rule in all_rules() if rule.name in RULES]
    return check(host, Request(python=python, patience=PATIENCE), table(), wanted)


def blocking(report: Report) -> Tuple[Finding, ...]:
    return tuple(finding for finding in report.findings if finding.severity == "error")


def told(report: Report) -> Tuple[Finding, ...]:
    return tuple(finding for finding in report.findings if finding.severity != "note")
