"""Real broken environments, checked from outside by the real command: the fault comes first, health is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

from . import conda_situations, gpu_situations, situations
from .shell import check, loud

pytestmark = [pytest.mark.slow, pytest.mark.real]


def judge(report: Dict[str, Any], expected: Tuple[str, ...]) -> None:
    names = loud(report)
    assert set(expected) <= set(names), (names, report["probes"])
    assert names[:1] == [] if not expected else names[0] in expected, names


@pytest.mark.parametrize("name", situations.SITUATIONS)
def test_environment(name: str, tmp_path: Path) -> None:
    builder, expected = situations.SITUATIONS[name]
    judge(check(builder(tmp_path)), expected)


@pytest.mark.parametrize("name", gpu_situations.SITUATIONS)
def test_environment_beside_a_gpu(name: str, tmp_path: Path, nvml_library: str) -> None:
    builder, expected = gpu_situations.SITUATIONS[name]
    judge(check(builder(tmp_path), nvml=nvml_library), expected)


@pytest.fixture(scope="session")
def channel(tmp_path_factory: pytest.TempPathFactory) -> str:
    pytest.importorskip("rattler", reason="py-rattler has no build for this Python")
    from .conda import pytorch_channel

    return pytorch_channel(tmp_path_factory.mktemp("channels") / "pytorch")


@pytest.mark.parametrize("name", conda_situations.SITUATIONS)
def test_conda_environment(name: str, tmp_path: Path, channel: str, nvml_library: str) -> None:
    builder, expected = conda_situations.SITUATIONS[name]
    judge(check(builder(tmp_path, channel), nvml=nvml_library), expected)
