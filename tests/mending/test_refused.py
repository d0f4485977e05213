"""Environments that are not changed without --yes, by what stands on the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from envdoctor.host import LocalHost
from envdoctor.mending.command import refused
from envdoctor.reading import Known

from ..healthy import change, healthy


def said(prefix: Path) -> str:
    facts = change(healthy(), "python", kind=Known("venv", "test"), prefix=Known(str(prefix), "test"))
    return refused(LocalHost(), facts)


@pytest.mark.skipif(os.getuid() != os.getgid(), reason="this user has no group of its own")
def test_a_group_of_ones_own_is_nobody_else(tmp_path: Path) -> None:
    """umask 002, as Ubuntu and Fedora give it."""
    tmp_path.chmod(0o775)
    assert said(tmp_path) == ""


def test_all_may_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    assert said(tmp_path) == f"others may write in {tmp_path}, so it is shared"


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_a_group_of_a_project(tmp_path: Path) -> None:
    os.chown(str(tmp_path), 0, 4242)
    tmp_path.chmod(0o775)
    assert said(tmp_path) == f"others may write in {tmp_path}, so it is shared"
    tmp_path.chmod(0o755)
    assert said(tmp_path) == ""


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_of_another_user(tmp_path: Path) -> None:
    os.chown(str(tmp_path), 4242, 4242)
    assert said(tmp_path) == f"{tmp_path} belongs to another user, who shares it"
