from __future__ import annotations

from envdoctor.facts import Facts, Library
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedPackages, NeedVariable

from .asking import (
    NOT_KNOWN,
    SITE,
    change,
    dist,
    evidence,
    foreign_library,
    gpu,
    healthy,
    needs,
    path_entries,
    silent,
    the_one,
    torch_build,
    with_dists,
    with_gpus,
)

OWN = f"{SITE}/nvidia/cudnn/lib/libcudnn.so.9"
TORCH = dist("torch", "2.5.1", requires=('nvidia-cudnn-cu12==9.1.0.70; platform_system == "Linux"', "sympy==1.13.1"))


def taken(version: str, folder: str = "/usr/local/cuda/lib64", by: str = "LD_LIBRARY_PATH") -> Facts:
    path = f"{folder}/libcudnn.so.9"
    libraries = (
        Library("cudnn", "libcudnn.so.9", OWN, Known("9.1.0", "metadata"), "wheel"),
        Library("cudnn", "libcudnn.so.9", path, Known(version, path) if version else NOT_KNOWN, by),
    )
    facts = change(
        healthy(), "libraries", libraries=Known(libraries, SITE), ld_library_path=path_entries(folder, "/opt")
    )
    return change(facts, "torch", foreign_libraries=Known((foreign_library("libcudnn.so.9", path, OWN, by),), SITE))


def test_another_copy_is_taken() -> None:
    finding = the_one("LIB101", taken("9.0.0"))
    assert finding.severity == "error" and finding.confidence == "certain"
    assert "cuDNN 9.0.0 from /usr/local/cuda/lib64" in finding.title and "9.1.0" in finding.title
    assert needs(finding) == [NeedVariable("LD_LIBRARY_PATH", "/opt")]


def test_a_part_of_another_copy_is_enough() -> None:
    part = foreign_library(
        "libcudnn_graph.so.9", "/usr/lib/x86_64-linux-gnu/libcudnn_graph.so.9.5.0", f"{SITE}/x.so.9.1.0"
    )
    finding = the_one("LIB101", change(healthy(), "torch", foreign_libraries=Known((part,), SITE)))
    assert "9.5.0" in finding.title and not needs(finding)


def test_its_version_is_not_known() -> None:
    assert the_one("LIB101", taken("")).confidence == "likely"


def test_ld_preload_is_unset() -> None:
    assert needs(the_one("LIB101", taken("9.0.0", by="LD_PRELOAD"))) == [NeedVariable("LD_PRELOAD", None)]


def test_the_same_version_from_elsewhere_fits() -> None:
    assert silent("LIB101", taken("9.1.0")) == "pass"


def test_copies_that_are_never_loaded_do_no_harm() -> None:
    system = Library("cudnn", "libcudnn.so.8", "/usr/lib/libcudnn.so.8", Known("8.9.7", "x"), "system")
    own = Library("cudnn", "libcudnn.so.9", OWN, Known("9.1.0", "metadata"), "wheel")
    assert silent("LIB101", change(healthy(), "libraries", libraries=Known((system, own), SITE))) == "pass"


def test_a_wheel_of_another_major_version() -> None:
    finding = the_one("LIB101", with_dists(healthy(), TORCH, dist("nvidia-cudnn-cu12", "8.9.7.29")))
    assert "8.9.7.29" in finding.title and "9.1.0.70" in finding.title
    assert needs(finding) == [NeedPackages(("nvidia-cudnn-cu12==9.1.0.70",))]


def test_a_wheel_without_code_for_the_gpu() -> None:
    facts = with_dists(torch_build("2.6.0+cu124", "12.4"), TORCH, dist("nvidia-cudnn-cu12", "9.11.0.98"))
    volta = with_gpus(facts, gpu(0, capability=Known("7.0", "nvml"), name=Known("Tesla V100-SXM2-16GB", "nvml")))
    finding = the_one("LIB101", volta)
    assert "V100" in finding.title and "from 7.5 on" in evidence(finding)
    assert silent("LIB101", facts) == "pass"  # an RTX 3090 is served
    last = with_dists(volta, dist("nvidia-cudnn-cu12", "9.10.2.21"))
    assert silent("LIB101", last) == "pass"  # the last version that serves a V100


def test_a_gpu_that_torch_itself_does_not_serve_is_another_matter() -> None:
    facts = with_dists(torch_build("2.6.0+cu124", "12.4"), TORCH, dist("nvidia-cudnn-cu12", "9.1.0.70"))
    kepler = with_gpus(facts, gpu(0, capability=Known("3.7", "nvml"), name=Known("Tesla K80", "nvml")))
    assert silent("LIB101", kepler) == "pass"


def test_a_newer_wheel_of_the_same_major_version() -> None:
    assert silent("LIB101", with_dists(healthy(), TORCH, dist("nvidia-cudnn-cu12", "9.5.1.17"))) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("LIB101", torch_build("2.5.1+cpu", "")) == "not-applicable"
    assert silent("LIB101", change(healthy(), "torch", build=Absent(("x",)))) == "not-applicable"
    assert silent("LIB101", change(healthy(), "torch", foreign_libraries=NOT_KNOWN)) == "cannot-tell"
    assert silent("LIB101", change(healthy(), "installs", distributions=NOT_KNOWN)) == "cannot-tell"


def test_what_is_not_known_of_one_hides_nothing_of_the_other() -> None:
    facts = with_dists(healthy(), TORCH, dist("nvidia-cudnn-cu12", "8.9.7.29"))
    the_one("LIB101", change(facts, "torch", foreign_libraries=NOT_KNOWN))
