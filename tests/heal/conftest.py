"""The workshop that the environments share."""

from __future__ import annotations

import os
import shutil
from typing import Iterator

import pytest

from . import conda
from .bench import Workshop
from .proxy import Stage, stage


@pytest.fixture(scope="session")
def running_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The stand-in servers behind their proxy."""
    if shutil.which("openssl") is None or shutil.which("gcc") is None:
        pytest.skip("openssl and gcc are needed to make the stand-in servers and wheels")
    with stage(tmp_path_factory.mktemp("stage")) as running:
        yield running


@pytest.fixture(scope="session")
def workshop(running_stage: Stage, nvml_library: str) -> Workshop:
    """For virtual environments alone."""
    if os.geteuid() != 0:
        pytest.skip("needs root for mount namespaces")
    return Workshop(running_stage, nvml_library, {})


@pytest.fixture(scope="session")
def conda_workshop(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    pytest.importorskip("rattler", reason="py-rattler has no build for this Python")
    return Workshop(workshop.stage, workshop.nvml, conda.channels(tmp_path_factory.mktemp("channels")))
