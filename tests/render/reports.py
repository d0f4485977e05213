"""Reports made by hand, for whatever shows them."""

from typing import Any, Tuple

from envdoctor.report import Evidence, Finding, Fix, ProbeRun, Report, Verdict
from tests.healthy import ENV, healthy

PYTHON = f"{ENV}/bin/python"


def finding(**changes: Any) -> Finding:
    fields = {
        "rule": "DRV101",
        "name": "driver-too-old",
        "severity": "error",
        "title": "The driver 470.57.02 cannot run CUDA 12.1, for which torch 2.5.1 was built.",
        "meaning": "torch will find no GPU.",
        "because": (
            Evidence("the driver is 470.57.02", "/sys/module/nvidia/version"),
            Evidence("CUDA 12.1 needs at least 525.60.13", "CUDA release notes (read, 2026-11-22)"),
        ),
        "fixes": (
            Fix(
                "install torch 2.5.1 for CUDA 11.8",
                ((PYTHON, "-m", "pip", "install", "torch==2.5.1", "numpy<2"),),
                check=(PYTHON, "-c", "import torch; print(torch.cuda.is_available())"),
                note="The newest CUDA that this driver runs is 11.4.",
            ),
            Fix("renew the driver", (("apt-get", "install", "nvidia-driver-535"),), who="admin"),
        ),
    }
    return Finding(**{**fields, **changes})


def report(*findings: Finding, verdicts: Tuple[Verdict, ...] = (), probes: Tuple[ProbeRun, ...] = ()) -> Report:
    failed = tuple(Verdict(one.rule, one.name, "fail", (one,)) for one in findings)
    passed = (Verdict("TOR101", "cpu-only-build", "pass"),)
    runs = probes or (ProbeRun("python", "ok", 0.0123), ProbeRun("gpus", "timeout", 10.0, "no answer within 10 s"))
    return Report(healthy(), failed + verdicts + passed, runs, "2026-11-22", "0.1.0")
