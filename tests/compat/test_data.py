"""What must hold of the data, whoever changes it."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Set, Tuple

import pytest

from envdoctor.compat import CompatTable
from envdoctor.compat.kinds import HOW
from envdoctor.compat.loader import packaged
from envdoctor.compat.rows import Origin
from envdoctor.compat.subjects import SUBJECTS
from envdoctor.versions import capability, cuda_of_tag, numbers

TABLE = CompatTable()
RELEASES = TABLE.torch_releases()


def rows(name: str) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = json.loads(packaged(f"{name}.json"))["rows"]
    return found


def ascending(versions: List[str]) -> bool:
    return versions == sorted(versions, key=numbers)


@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_every_source_is_cited_and_none_is_private(name: str) -> None:
    whole = json.loads(packaged(f"{name}.json"))
    cited = {key for row in whole["rows"] for key in row["source"]}
    assert cited == set(whole["sources"])
    for source in whole["sources"].values():
        assert not source["where"].startswith("/")
        assert "file id" not in source["source"]


def test_date_is_the_newest_row() -> None:
    newest = ""
    for name in SUBJECTS:
        whole = json.loads(packaged(f"{name}.json"))
        newest = max([newest, *(source["checked"] for source in whole["sources"].values())])
        newest = max([newest, *(row.get("checked", "") for row in whole["rows"])])
    assert TABLE.date == newest


def test_releases_are_in_order_and_each_has_an_era() -> None:
    assert ascending([row["version"] for row in rows("torch")])
    for release in RELEASES:
        era = TABLE.wheel_index(release.version)
        assert numbers(era.first) <= numbers(release.version) <= numbers(era.last)
        assert "{variant}" in era.url or era.url.endswith("torch_stable.html")
        assert era.url.startswith("https://download.pytorch.org/whl/")


def test_eras_do_not_overlap_except_for_the_lts() -> None:
    every = [row for row in rows("wheel_index") if row["first"] != "1.8.2" and "only" not in row]
    eras = [(numbers(row["first"]), numbers(row["last"])) for row in every]
    assert all(first <= last for first, last in eras)
    assert all(before[1] < after[0] for before, after in zip(eras, eras[1:]))


def test_each_cuda_variant_has_a_cuda_row_and_a_known_lowest_driver() -> None:
    for release in RELEASES:
        for variant in release.variants:
            if variant.startswith("cu"):
                assert TABLE.cuda(cuda_of_tag(variant)).minimum_driver


def test_each_linux_cuda_build_has_an_arch_list() -> None:
    for release in RELEASES:
        for variant in release.variants:
            if variant.startswith("cu"):
                assert TABLE.arch_list(release.version, variant).archs


def test_arch_lists_are_sorted_and_of_releases_that_exist() -> None:
    def order(arch: str) -> Tuple[bool, Tuple[int, int]]:
        return arch.startswith("compute_"), capability(arch)

    platforms = {("linux", "x86_64"): "linux_x86_64", ("linux", "aarch64"): "linux_aarch64"}
    for row in rows("arch"):
        assert row["archs"] == sorted(row["archs"], key=order)
        release = TABLE.torch(row["torch"])
        platform = platforms.get((row["os"], row["machine"]), "win_amd64")
        there = release.variants if platform == "linux_x86_64" else release.variants_on[platform]
        assert row["variant"] in there, row


def test_variants_begin_with_cpu_and_the_pypi_default_is_one_of_them() -> None:
    for release in RELEASES:
        assert release.variants[0] == "cpu"
        assert set(release.unadvertised) < set(release.variants)
        if release.pypi:
            assert release.default_cuda is not None
            assert release.pypi_on["linux_x86_64"] == "cu" + release.default_cuda.replace(".", "")
            assert release.pypi_on["linux_x86_64"] in release.variants
        for platform, variant in release.pypi_on.items():
            if platform != "linux_x86_64" and not platform.startswith("macos"):
                assert variant in release.variants_on[platform]


def test_pairs_are_unique_where_the_companion_pins_torch() -> None:
    vision = [release.torchvision for release in RELEASES]
    assert None not in vision
    assert len(set(vision)) == len(vision)
    # torchaudio ended with 2.11.0, which stands beside every later torch.
    audio = [release.torchaudio for release in RELEASES if numbers(release.version) <= (2, 11, 0)]
    assert len(set(audio)) == len(audio)
    assert {release.torchaudio for release in RELEASES if numbers(release.version) > (2, 11, 0)} == {"2.11.0"}


def test_pythons_agree_with_each_other() -> None:
    for release in RELEASES:
        lists = (release.pythons, release.vision_pythons, release.audio_pythons)
        for by_platform in lists:
            for pythons in by_platform.values():
                plain = [one for one in pythons if not one.endswith("t")]
                assert ascending(plain)
                assert {one[:-1] for one in pythons if one.endswith("t")} <= set(plain)
        linux = [one for one in lists[0]["linux_x86_64"] if not one.endswith("t")]
        assert release.trio_pythons == tuple(one for one in linux if all(one in each["linux_x86_64"] for each in lists))


def test_glibc_and_abi_have_a_default() -> None:
    for release in RELEASES:
        assert set(release.glibc) <= {"default", *release.variants}
        assert set(release.cxx11_abi) <= {"default", *release.variants}
        assert "default" in release.glibc
        assert "default" in release.cxx11_abi


def test_lowest_drivers_never_fall() -> None:
    found = [row.minimum_driver for row in TABLE.cudas()]
    assert None not in found
    assert ascending([one for one in found if one is not None])
    for row in TABLE.cudas():
        if row.toolkit_driver and row.minimum_driver:
            assert numbers(row.minimum_driver) <= numbers(row.toolkit_driver)


def test_compiler_limits_never_fall() -> None:
    limits = [row.gcc_max for row in TABLE.cudas() if row.gcc_max is not None]
    assert limits == sorted(limits)
    assert ascending([row.min_capability for row in TABLE.cudas() if row.min_capability is not None])
    assert ascending([row.max_capability for row in TABLE.cudas() if row.max_capability is not None])


def test_branches_rise_and_so_does_their_cuda() -> None:
    found = rows("drivers")
    assert [row["branch"] for row in found] == sorted({row["branch"] for row in found})
    assert ascending([row["cuda"] for row in found])
    for row, after in zip(found, found[1:]):
        assert row.get("through", 0) < after["branch"]


def test_architectures_leave_no_gap_that_a_gpu_falls_into() -> None:
    for row in rows("gpus"):
        span = TABLE.architecture(row["capability"])
        assert span.name == row["architecture"], row
        if not row["name"].startswith("Jetson"):
            assert span.last_branch == row["last_driver_branch"], row


def test_a_pci_id_has_one_capability() -> None:
    found: Dict[str, Set[str]] = {}
    for row in rows("gpus"):
        for one in row["pci_ids"]:
            assert one == one.lower()
            assert len(one) == 4
            found.setdefault(one, set()).add(row["capability"])
    assert [one for one, capabilities in found.items() if len(capabilities) > 1] == []


def test_conda_recipes_name_their_release() -> None:
    for row in rows("conda"):
        release = TABLE.torch(row["torch"])
        if release.pypi:
            assert row["packages"][0] in {
                f"{name}=={release.version}" for name in ("pytorch", "pytorch-gpu", "pytorch-cpu")
            }
        cuda = next((one.split("=")[1] for one in row["packages"] if "cuda" in one), None)
        assert row["variant"] == ("cpu" if cuda is None else "cu" + cuda.replace(".", ""))
        if numbers(release.version) > (2, 5, 1):  # the channel pytorch ended there
            assert row["channels"] == ["conda-forge"]
        # Every Linux recipe of the channel pytorch takes an mkl that breaks it.
        wanted = ["mkl<2024.1"] if row["os"] == "linux" and row["channels"] != ["conda-forge"] else []
        assert row["extra"] == wanted


def test_downstream_pins_are_specifiers() -> None:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    for name in TABLE.downstream_names():
        row = TABLE.downstream(name)
        assert row.tie.endswith(".")
        for version, pin in row.requires_torch.items():
            assert str(Version(version))
            assert SpecifierSet(pin)
        for wheel in row.wheels:
            assert wheel.variant == "cpu" or wheel.variant.startswith("cu")
            assert [str(Version(one)) for one in wheel.versions] == list(wheel.versions)


def test_variables_are_single_names() -> None:
    for variable in TABLE.variables():
        assert variable.name.replace("_", "").isalnum()
        assert variable.name == variable.name.upper()


def test_mirrors_are_https_without_a_slash_at_the_end() -> None:
    for kind in ("pypi", "pytorch-wheels", "conda"):
        mirrors = TABLE.mirrors(kind)
        assert any(mirror.status == "official" for mirror in mirrors)
        for mirror in mirrors:
            assert mirror.url.startswith("https://")
            assert not mirror.url.endswith("/")
            assert mirror.lacks or mirror.status != "retired", mirror


@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_every_row_says_how_it_is_known(name: str) -> None:
    from envdoctor.compat.loader import load

    loaded = load(SUBJECTS[name])
    for row in loaded.rows:
        origin: Origin = loaded.build(row).origin
        assert origin.how in HOW
        assert origin.source
        assert origin.where
        assert len(origin.checked) == 10
