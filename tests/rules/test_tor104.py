from __future__ import annotations

from envdoctor.reading import Absent, Known
from envdoctor.report import NeedPackages, NeedTorch

from .asking import (
    NOT_KNOWN,
    change,
    companion,
    dist,
    evidence,
    found,
    healthy,
    needs,
    silent,
    the_one,
    torch_build,
    with_companions,
    with_dists,
)


def test_another_torch_in_its_name() -> None:
    flash = companion("flash-attn", "2.5.8", built_for_torch=Known("2.1", "local version"), missing_symbols=NOT_KNOWN)
    finding = the_one("TOR104", with_companions(healthy(), flash))
    assert finding.severity == "error" and finding.confidence == "certain"
    assert "flash-attn 2.5.8" in finding.title and "torch 2.1" in finding.title


def test_its_symbols_are_all_there_so_it_is_only_likely() -> None:
    flash = companion("flash-attn", "2.5.8", built_for_torch=Known("2.1", "local version"))
    assert the_one("TOR104", with_companions(healthy(), flash)).confidence == "likely"


def test_missing_symbols_are_proof() -> None:
    lacking = companion("mmcv", "2.1.0", missing_symbols=Known(("_ZNK3c1010TensorImpl5sizesEv",), "_ext.so"))
    finding = the_one("TOR104", with_companions(healthy(), lacking))
    assert finding.confidence == "certain" and "TensorImpl" in evidence(finding)


def test_the_other_abi() -> None:
    finding = the_one(
        "TOR104", with_companions(healthy(), companion("mmcv", "2.1.0", cxx11_abi=Known(True, "_ext.so")))
    )
    assert "C++ ABI" in finding.title and "_GLIBCXX_USE_CXX11_ABI=1" in evidence(finding)


def test_another_cuda_major_version() -> None:
    scatter = companion("torch-scatter", "2.1.2+pt25cu118", cuda=Known("11.8", "local version"))
    assert "CUDA 11.8" in the_one("TOR104", with_companions(healthy(), scatter)).title
    lost = companion("mmcv", "2.1.0", missing_libraries=Known(("libcudart.so.11.0",), "_ext.so"))
    assert "libcudart.so.11.0" in the_one("TOR104", with_companions(healthy(), lost)).title


def test_near_misses() -> None:
    minor = companion("torch-scatter", "2.1.2+pt25cu124", cuda=Known("12.4", "x"), built_for_torch=Known("2.5", "x"))
    assert silent("TOR104", with_companions(healthy(), minor)) == "pass"
    # a range of torch versions is no tie
    ranged = with_dists(
        with_companions(healthy(), companion("xformers", "0.0.40", built_for_torch=Known("2.10", "metadata"))),
        dist("xformers", "0.0.40", requires=("torch>=2.4",)),
    )
    assert silent("TOR104", ranged) == "pass"
    # a library that is not torch's own is another matter
    other = companion("mmcv", "2.1.0", missing_libraries=Known(("libGL.so.1",), "_ext.so"))
    assert silent("TOR104", with_companions(healthy(), other)) == "pass"


def test_a_package_with_a_library_for_each_cuda_is_not_tied_to_one() -> None:
    bits = companion(
        "bitsandbytes", "0.45.5", cuda=Known("11.8", "x"), missing_libraries=Known(("libcudart.so.11.0",), "x")
    )
    assert silent("TOR104", with_companions(healthy(), bits)) == "pass"


def test_an_extension_with_cuda_beside_a_cpu_torch_needs_another_torch() -> None:
    lost = companion("flash-attn", "2.7.3", missing_libraries=Known(("libc10_cuda.so",), "x"))
    finding = the_one("TOR104", with_companions(torch_build("2.5.1+cpu", ""), lost))
    assert needs(finding) == [NeedTorch()]


def test_a_vendors_torch_is_not_compared_by_version() -> None:
    facts = torch_build("2.6.0a0+ecf3bae40a.nv25.01", "12.8")
    flash = companion("flash-attn", "2.7.3", built_for_torch=Known("2.5", "x"), cuda=Known("12.8", "x"))
    assert silent("TOR104", with_companions(facts, flash)) == "pass"


def test_a_wheel_for_this_torch_is_named() -> None:
    mmcv = companion("mmcv", "2.0.0", built_for_torch=Known("2.0", "x"), missing_symbols=NOT_KNOWN)
    finding = the_one("TOR104", with_companions(torch_build("2.1.0+cu121", "12.1"), mmcv))
    (wheel,) = needs(finding)
    assert isinstance(wheel, NeedPackages) and wheel.requirements[0].startswith("mmcv==2.")
    assert wheel.find_links == "https://download.openmmlab.com/mmcv/dist/cu121/torch2.1/index.html"
    assert "openmmlab.com/mmcv/dist/cu121/torch2.1" in finding.remedies[0].title


def test_a_release_that_pins_this_torch_is_named() -> None:
    xformers = companion("xformers", "0.0.23", missing_symbols=NOT_KNOWN, built_for_torch=Known("2.1.1", "metadata"))
    finding = the_one("TOR104", with_companions(healthy(), xformers))
    assert needs(finding)[0] == NeedPackages(("xformers==0.0.29",))


def test_ways_out() -> None:
    finding = the_one(
        "TOR104",
        with_companions(
            healthy(), companion("somebody-ext", "1.0", built_for_torch=Known("2.1.0", "m"), missing_symbols=NOT_KNOWN)
        ),
    )
    assert needs(finding) == [
        NeedPackages(("packaging", "setuptools", "wheel")),  # a fresh environment has none of them
        NeedPackages(("somebody-ext",), reinstall=True, no_deps=True, build_isolation=False),
        NeedTorch("2.1.0"),
    ]


def test_a_build_finds_what_it_needs() -> None:
    ext = companion("somebody-ext", "1.0", built_for_torch=Known("2.1.0", "m"), missing_symbols=NOT_KNOWN)
    facts = with_dists(
        with_companions(healthy(), ext), dist("setuptools", "65"), dist("wheel", "0.44"), dist("packaging", "24")
    )
    again = NeedPackages(("somebody-ext",), reinstall=True, no_deps=True, build_isolation=False)
    assert needs(the_one("TOR104", facts))[0] == again


def test_a_page_of_wheels_is_named_where_its_content_is_not_known() -> None:
    scatter = companion(
        "torch-scatter", "2.1.2+pt20cu118", missing_symbols=NOT_KNOWN, built_for_torch=Known("2.0", "v")
    )
    wheel = needs(the_one("TOR104", with_companions(torch_build("2.1.2+cu121", "12.1"), scatter)))[0]
    assert isinstance(wheel, NeedPackages) and wheel.requirements == ("torch-scatter",)
    assert wheel.find_links == "https://data.pyg.org/whl/torch-2.1.0+cu121.html"


def test_a_version_that_its_setup_has_for_this_cuda_is_kept() -> None:
    flash = companion("flash-attn", "2.5.8", built_for_torch=Known("2.0", "v"), missing_symbols=NOT_KNOWN)
    finding = the_one("TOR104", with_companions(torch_build("2.1.0+cu121", "12.1"), flash))
    assert [need.requirements for need in needs(finding)[:2] if isinstance(need, NeedPackages)] == [
        ("packaging", "setuptools", "wheel"),
        ("flash-attn==2.5.8",),
    ]


def test_the_trains_own_packages_are_another_rules() -> None:
    vision = companion("torchvision", "0.16.0+cu121", built_for_torch=Known("2.1.0", "metadata"))
    assert silent("TOR104", with_companions(healthy(), vision)) == "not-applicable"


def test_triton_is_held_against_torchs_pin() -> None:
    line = 'triton (==3.1.0) ; platform_system == "Linux" and platform_machine == "x86_64"'
    facts = with_dists(healthy(), dist("torch", "2.5.1", requires=("filelock", line)))
    other = companion("triton", "3.2.0", built_for_torch=Known("2.6.0", "metadata"), cuda=Known("12.4", "x"))
    finding = the_one("TOR104", with_companions(facts, other))
    assert finding.severity == "warning" and "triton 3.2.0" in finding.title
    assert needs(finding) == [NeedPackages(("triton==3.1.0",))]
    assert silent("TOR104", with_companions(facts, companion("triton", "3.1.0"))) == "pass"
    assert silent("TOR104", with_companions(healthy(), other)) == "pass"  # torch pins none
    later = with_dists(healthy(), dist("torch", "2.14.1", requires=("triton~=3.8.0",)))
    assert silent("TOR104", with_companions(later, companion("triton", "3.8.1"))) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("TOR104", with_companions(healthy())) == "not-applicable"
    assert silent("TOR104", change(healthy(), "torch", version=Absent(("x",)))) == "not-applicable"
    assert silent("TOR104", change(healthy(), "torch", companions=NOT_KNOWN)) == "cannot-tell"


def test_each_extension_has_its_own_finding() -> None:
    wrong = [companion(name, "1.0", cxx11_abi=Known(True, "x")) for name in ("mmcv", "flash-attn")]
    assert len(found("TOR104", with_companions(healthy(), *wrong))) == 2
