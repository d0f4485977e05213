"""A log beside the machine that it came from: what the machine says confirms a reading of it, or refutes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Tuple

import pytest

from envdoctor.compat import CompatTable
from envdoctor.explain.explaining import Explanation, explain
from envdoctor.pasted import blocks

from ..replayed import EXPECTED, MACHINES, replay

NO_KERNEL = b"RuntimeError: CUDA error: no kernel image is available for execution on the device\n"


def on(machine: str, text: bytes) -> Explanation:
    asked = json.loads((Path(MACHINES) / machine / EXPECTED).read_text(encoding="utf-8"))["asked"]
    return explain(blocks([text]), CompatTable(), replay(machine, asked).facts)


def told(found: Explanation) -> Tuple[Tuple[str, str, str], ...]:
    return tuple((one.name, one.severity, one.confidence) for one in found.findings)


@pytest.mark.parametrize(("machine", "words"), [("debian12-v100-cu130", "7.0"), ("ubuntu2204-rtx5090-cu121", "12.0")])
def test_no_kernel_image_is_confirmed_with_the_machine_s_figures(machine: str, words: str) -> None:
    found = on(machine, NO_KERNEL)
    assert told(found)[0] == ("gpu-arch-not-in-build", "error", "certain")
    assert any(words in evidence.says for evidence in found.findings[0].because)
    assert any("pip" in argv for fix in found.findings[0].fixes for argv in fix.commands)


def test_no_kernel_image_is_refuted_where_torch_serves_the_gpu() -> None:
    found = on("debian12-healthy-3090", NO_KERNEL)
    name, severity, _ = told(found)[0]
    assert (name, severity) == ("extension-abi-mismatch", "error")
    assert not [one for one in told(found) if one[0] == "gpu-arch-not-in-build" and one[1] != "note"]


def test_a_healthy_machine_and_a_fault_of_the_program() -> None:
    found = on("debian12-healthy-h100", b"RuntimeError: CUDA error: device-side assert triggered\n")
    assert [one for one in told(found) if one[1] != "note"] == []
    assert found.in_the_code
