"""Wheels that lie on a page of their own: OpenMMLab's, PyG's."""

from __future__ import annotations

import pytest

from envdoctor.compat import CompatTable
from envdoctor.cure import case_of, fix_of
from envdoctor.facts import Facts
from envdoctor.report import NeedPackages, Remedy
from tests.cure.cases import conda
from tests.healthy import healthy

PAGE = "https://download.openmmlab.com/mmcv/dist/cu121/torch2.1/index.html"


@pytest.mark.parametrize("facts", [healthy(), conda()], ids=["venv", "conda"])
def test_pip_is_told_of_the_page(facts: Facts) -> None:
    need = NeedPackages(("mmcv==2.1.0",), no_deps=True, build_isolation=False, find_links=PAGE)
    fix = fix_of(Remedy("install mmcv", (need,)), case_of(facts, CompatTable(), None))
    command = fix.commands[-1]
    assert command[command.index("--find-links") + 1] == PAGE
    assert command[-1] == "mmcv==2.1.0" and "install" in command
