from __future__ import annotations

from envdoctor.facts import Facts, Setting
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedTorch

from .asking import NOT_KNOWN, change, evidence, healthy, needs, silent, the_one
from .installed import fresh_venv

ID = "IDX102"
PAGES = "https://mirrors.aliyun.com/pytorch-wheels/cu121"  # lists files, but no index pages
NEVER = "https://mirrors.tuna.tsinghua.edu.cn/pytorch/whl/cu121"


def pip(facts: Facts, key: str, url: str, effective: bool = True) -> Facts:
    return change(facts, "indexes", pip=Known((Setting(key, (url,), "/home/ana/pip.conf", effective),), "pip"))


def test_a_mirror_that_never_had_it() -> None:
    finding = the_one(ID, pip(fresh_venv(), "extra-index-url", NEVER))
    assert finding.severity == "warning" and NEVER in finding.title
    assert "/home/ana/pip.conf" in evidence(finding)
    assert needs(finding) == [NeedTorch()]
    assert the_one(ID, pip(healthy(), "extra-index-url", NEVER)).severity == "note"


def test_a_folder_of_wheels_used_as_an_index() -> None:
    assert "index pages" in the_one(ID, pip(fresh_venv(), "index-url", PAGES)).title
    assert silent(ID, pip(fresh_venv(), "find-links", PAGES)) == "pass"


def test_uv_names_its_indexes() -> None:
    setting = Setting("index", (f"torch={NEVER}",), "/home/ana/work/pyproject.toml", True)
    assert NEVER in the_one(ID, change(fresh_venv(), "indexes", uv=Known((setting,), "uv"))).title


def test_links_that_are_no_longer_added_to() -> None:
    url = "https://mirror.sjtu.edu.cn/pytorch-wheels/torch_stable.html"
    assert "1.11" in the_one(ID, pip(fresh_venv(), "find-links", url)).title
    assert silent(ID, pip(fresh_venv(), "find-links", "https://mirror.sjtu.edu.cn/pytorch-wheels/cu121")) == "pass"


def test_healthy_mirrors_and_unknown_indexes() -> None:
    for url in ("https://pypi.tuna.tsinghua.edu.cn/simple/", "https://wheels.lab/simple"):
        assert silent(ID, pip(fresh_venv(), "index-url", url)) == "pass"
    assert silent(ID, pip(fresh_venv(), "index-url", "https://mirrors.tuna.tsinghua.edu.cn/pytorch/whl-else")) == "pass"


def test_only_pypi() -> None:
    assert silent(ID, healthy()) == "not-applicable"
    assert silent(ID, pip(healthy(), "index-url", "https://pypi.org/simple")) == "not-applicable"
    assert silent(ID, pip(healthy(), "index-url", NEVER, effective=False)) == "not-applicable"


def test_unknown_and_absent() -> None:
    for field in ("pip", "uv"):
        assert silent(ID, change(healthy(), "indexes", **{field: NOT_KNOWN})) == "cannot-tell"
    assert silent(ID, change(healthy(), "indexes", uv=Absent(("uv.toml",)))) == "not-applicable"
