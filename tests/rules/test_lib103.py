from __future__ import annotations

from typing import Tuple

from envdoctor.facts import Distribution, Facts, MissingLibrary
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedPackages, NeedTorch

from .asking import NOT_KNOWN, SITE, change, dist, evidence, healthy, needs, silent, the_one, torch_build, with_dists

LINUX = '; platform_system == "Linux" and platform_machine == "x86_64"'
TORCH = dist(
    "torch",
    "2.5.1",
    requires=(
        "filelock",
        f"nvidia-cublas-cu12 (==12.1.3.1) {LINUX}",
        f"nvidia-cudnn-cu12==9.1.0.70{LINUX}",
        f"nvidia-nccl-cu12==2.21.5{LINUX}",
        f"nvidia-nccl-cu11==2.19.3{LINUX.replace('Linux', 'Windows')}",
        'nvidia-cufft-cu12==11.0.2.54; extra == "all"',
    ),
)
ALL = (
    TORCH,
    dist("nvidia-cublas-cu12", "12.1.3.1"),
    dist("nvidia-cudnn-cu12", "9.1.0.70"),
    dist("nvidia-nccl-cu12", "2.21.5"),
)


def lacking(*sonames: str, dists: Tuple[Distribution, ...] = ALL) -> Facts:
    lost = tuple(MissingLibrary(name, f"{SITE}/torch/lib/libtorch_cuda.so", ("/usr/lib",)) for name in sonames)
    return with_dists(change(healthy(), "torch", missing_libraries=Known(lost, SITE)), *dists)


def test_libraries_that_the_loader_does_not_find() -> None:
    finding = the_one("LIB103", lacking("libcublas.so.12", "libcublasLt.so.12", dists=(TORCH,)))
    assert finding.severity == "error" and "libcublas.so.12" in finding.title
    assert "not installed: nvidia-cublas-cu12==12.1.3.1" in evidence(finding)
    assert needs(finding)[0] == NeedPackages(("nvidia-cublas-cu12==12.1.3.1",))
    assert needs(finding)[1] == NeedTorch(version="2.5.1", reinstall=True)


def test_a_wheel_whose_files_are_gone_is_installed_again() -> None:
    finding = the_one("LIB103", lacking("libcublas.so.12"))
    assert needs(finding)[0] == NeedPackages(("nvidia-cublas-cu12==12.1.3.1",), reinstall=True)


def test_without_pins_torch_is_installed_again() -> None:
    assert needs(the_one("LIB103", lacking("libcudart.so.12", dists=()))) == [NeedTorch("2.5.1", reinstall=True)]


def test_an_older_wheel_than_pinned() -> None:
    finding = the_one("LIB103", with_dists(healthy(), *ALL[:3], dist("nvidia-nccl-cu12", "2.18.1")))
    assert finding.severity == "warning" and "2.18.1" in finding.title and "2.21.5" in finding.title
    assert needs(finding) == [NeedPackages(("nvidia-nccl-cu12==2.21.5",))]


def test_a_newer_wheel_is_a_note() -> None:
    assert the_one("LIB103", with_dists(healthy(), *ALL[:3], dist("nvidia-nccl-cu12", "2.25.1"))).severity == "note"


def test_near_misses() -> None:
    assert silent("LIB103", with_dists(healthy(), *ALL)) == "pass"
    # a wheel that is absent while its library is found elsewhere
    assert silent("LIB103", with_dists(healthy(), TORCH)) == "pass"
    # another cuDNN is another rule's matter
    assert silent("LIB103", with_dists(healthy(), *ALL[:2], dist("nvidia-cudnn-cu12", "9.5.1.17"), ALL[3])) == "pass"
    other = lacking("libcudnn.so.9", dists=(*ALL[:2], dist("nvidia-cudnn-cu12", "8.9.7.29"), ALL[3]))
    assert silent("LIB103", other) == "pass"
    # the driver's own library, and what is none of NVIDIA's
    assert silent("LIB103", lacking("libcuda.so.1", "libgomp.so.1")) == "pass"


def test_cudnn_that_is_not_there_at_all() -> None:
    finding = the_one("LIB103", lacking("libcudnn.so.9", dists=(TORCH,)))
    assert needs(finding)[0] == NeedPackages(("nvidia-cudnn-cu12==9.1.0.70",))


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("LIB103", torch_build("2.5.1+cpu", "")) == "not-applicable"
    assert silent("LIB103", change(healthy(), "torch", missing_libraries=Absent(("x",)))) == "not-applicable"
    assert silent("LIB103", change(healthy(), "torch", missing_libraries=NOT_KNOWN)) == "cannot-tell"
    # not knowing the packages does not hide what the loader does not find
    the_one("LIB103", change(lacking("libcublas.so.12"), "installs", distributions=NOT_KNOWN))
