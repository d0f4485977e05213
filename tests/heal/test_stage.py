"""What the bench stands on: the recipes, what the stand-in servers publish, and how an outcome is judged."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename

from envdoctor.rules import all_rules

from . import bench, catalogue, stubs
from .index import FILES, PYPI, PYTORCH, Site
from .proxy import Stage
from .recipes import MINORS, machines, recipes


def test_the_recipes_cover_what_they_must() -> None:
    every = recipes()
    assert len(every) >= 40 and len({one.name for one in every}) == len(every)
    assert {one.python for one in every if one.kind == "venv"} == set(MINORS)
    assert {one.kind for one in every} == {"venv", "conda", "system"}
    assert {one.cause for one in every} <= {rule.name for rule in all_rules()}
    assert {one.machine for one in every} - {""} == set(machines())


@pytest.mark.parametrize(
    ("variant", "filename"),
    [
        ("cu111", "torch-1.9.0+cu111-cp38-cp38-linux_x86_64.whl"),
        ("cu117", "torchvision-0.14.1+cu117-cp310-cp310-linux_x86_64.whl"),
        ("cu121", "torch-2.1.0+cu121-cp310-cp310-linux_x86_64.whl"),
        ("cu128", "torch-2.7.1+cu128-cp313-cp313-manylinux_2_28_x86_64.whl"),
        ("cpu", "torchaudio-2.5.1+cpu-cp39-cp39-linux_x86_64.whl"),
        ("cu124", "nvidia_cublas_cu12-12.4.5.8-py3-none-manylinux1_x86_64.whl"),
    ],
)
def test_pytorchs_index_holds_files_of_these_names(variant: str, filename: str) -> None:
    files = [one.filename for group in catalogue.pytorch()[variant].values() for one in group]
    assert files.count(filename) == 1


def test_every_name_is_one_that_installers_read() -> None:
    groups = [*catalogue.pypi().values(), *catalogue.pages().values()]
    groups += [files for variant in catalogue.pytorch().values() for files in variant.values()]
    for one in (one for files in groups for one in files if one.tag):
        name, version, _, _ = parse_wheel_filename(one.filename)
        assert (name, str(version)) == (one.project, one.version)


def test_pypi_has_no_tagged_builds_and_marks_what_was_withdrawn() -> None:
    family = [one for name in ("torch", "torchvision", "torchaudio") for one in catalogue.pypi()[name]]
    assert not [one for one in family if "+" in one.version]
    assert {f"{one.project} {one.version}" for one in family if one.yanked} >= {"torchvision 0.15.0"}


def test_pages_are_laid_out_as_the_real_ones(tmp_path: Path) -> None:
    site = Site(tmp_path)

    def page(host: str, path: str) -> str:
        found = site.answer(host, path)
        assert found is not None and found[0] == "text/html"
        return found[1].decode()

    assert '<a href="torchvision/">' in page(PYTORCH, "/whl/cu121/")
    one = '<a href="/whl/cu121/torch-2.1.0%2Bcu121-cp310-cp310-linux_x86_64.whl">'
    assert one in page(PYTORCH, "/whl/cu121/torch/")
    assert "torch-1.9.0%2Bcu111-cp38-cp38" in page(PYTORCH, "/whl/torch_stable.html")
    assert "cu111" not in page(PYTORCH, "/whl/cu113/torch_stable.html")
    assert f"https://{FILES}/packages/" in page(PYPI, "/simple/torch/")
    assert 'data-yanked="' in page(PYPI, "/simple/torchvision/")
    for path in ("/whl/cu999/torch/", "/whl/cu121/ultralytics/", "/whl/cu121/torch-9.9-py3-none-any.whl", "/"):
        assert site.answer(PYTORCH, path) is None


def test_the_proxy_speaks_for_these_hosts_alone(running_stage: Stage) -> None:
    trusting = ssl.create_default_context(cafile=str(running_stage.authority))
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"https": running_stage.address}), urllib.request.HTTPSHandler(context=trusting)
    )
    with opener.open("https://download.pytorch.org/whl/cpu/", timeout=30) as answer:
        assert answer.status == 200 and b"torch" in answer.read()
    with pytest.raises(urllib.error.HTTPError) as missing:
        opener.open("https://pypi.org/simple/no-such-thing/", timeout=30)
    missing.value.close()
    assert missing.value.code == 404
    with pytest.raises(urllib.error.URLError):
        opener.open("https://example.org/", timeout=30)


def test_only_what_the_cause_makes_necessary_may_change() -> None:
    before = {"torch": "2.1.0+cpu", "numpy": "1.26.4", "nvidia-cublas-cu12": "12.1.3.1", "tqdm": "4.66.5"}
    after = {"torch": "2.1.0+cu121", "numpy": "2.1.3", "triton": "2.1.0"}
    assert bench.changes(before, after, ("torch", "nvidia-*")) == ["numpy 1.26.4 -> 2.1.3", "tqdm 4.66.5 -> removed"]


def test_nvidia_wheels_bring_the_libraries_that_torch_asks_for() -> None:
    assert stubs.nvidia_library("nvidia-cublas-cu12", "12.4.5.8") == ("cublas", "libcublas.so.12")
    assert stubs.nvidia_library("nvidia-cudnn-cu12", "9.1.0.70") == ("cudnn", "libcudnn.so.9")
    assert stubs.nvidia_library("nvidia-nccl-cu12", "2.21.5") == ("nccl", "libnccl.so.1")
