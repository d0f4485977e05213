"""GPU names as machines and people give them: matched, or said to be unknown; never guessed."""

from __future__ import annotations

import pytest

from envdoctor.compat import CompatTable, NoRow

TABLE = CompatTable()


@pytest.mark.parametrize(
    ("name", "capability"),
    [
        # as NVML gives them
        ("NVIDIA GeForce RTX 3090", "8.6"),
        ("GeForce RTX 3090", "8.6"),
        ("NVIDIA A100-SXM4-80GB", "8.0"),
        ("NVIDIA A100 80GB PCIe", "8.0"),
        ("NVIDIA H100 80GB HBM3", "9.0"),
        ("NVIDIA H200", "9.0"),
        ("NVIDIA GH200 480GB", "9.0"),
        ("NVIDIA B200", "10.0"),
        ("NVIDIA L40S", "8.9"),
        ("NVIDIA RTX A6000", "8.6"),
        ("NVIDIA RTX 6000 Ada Generation", "8.9"),
        ("Quadro RTX 6000", "7.5"),
        ("Tesla T4", "7.5"),
        ("Tesla V100-SXM2-16GB", "7.0"),
        ("Tesla K80", "3.7"),
        ("NVIDIA TITAN Xp", "6.1"),
        ("NVIDIA GeForce RTX 3050 A Laptop GPU", "8.9"),
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", "8.0"),
        # as people write them
        ("RTX 3090", "8.6"),
        ("rtx 3090", "8.6"),
        ("3090", "8.6"),
        ("A100", "8.0"),
        ("V100", "7.0"),
        ("T4", "7.5"),
        ("A6000", "8.6"),
        ("RTX 5090", "12.0"),
        ("GTX 1080 Ti", "6.1"),
        ("GB300", "10.3"),
        ("K80", "3.7"),
    ],
)
def test_known(name: str, capability: str) -> None:
    assert TABLE.gpu(name).capability == capability


@pytest.mark.parametrize(
    "name",
    [
        "GeForce GT 730",  # three chips under one name
        "GeForce GTX 860M",
        "GeForce 820M",  # also a Fermi card, which the table has no id of
        "TITAN X",  # Maxwell or Pascal
        "RTX 4000",  # Quadro RTX 4000 or an Ada card
        "RTX 6000",
        "6000",
    ],
)
def test_a_name_of_several_chips(name: str) -> None:
    with pytest.raises(NoRow, match="may be several chips: only its PCI device id tells which"):
        TABLE.gpu(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "NVIDIA",
        "NVIDIA Graphics Device",
        "GeForce",
        "RTX",
        "Quadro 2000",  # Fermi, and none of "RTX 2000 Ada Generation"
        "GTX 4090",
        "GeForce RTX 309",
        "GRID V100D-8Q",  # a slice of a V100: a name of its own
        "NVIDIA A100-SXM4-40GB something else",
        "Radeon RX 7900 XTX",
        "NVIDIA GeForce RTX 9090",
        "\x00\n'; rm -rf /",
    ],
)
def test_unknown(name: str) -> None:
    with pytest.raises(NoRow, match="the table has no row for GPU") as caught:
        TABLE.gpu(name)
    assert "\n" not in str(caught.value)


def test_a_family_carries_the_ids_of_all_its_members() -> None:
    family = TABLE.gpu("A100")
    assert set(TABLE.gpu("A100-SXM4-80GB").pci_ids) < set(family.pci_ids)


@pytest.mark.parametrize("device_id", ["2204", "0x2204", " 2204 "])
def test_by_pci_id(device_id: str) -> None:
    assert [model.name for model in TABLE.gpu_by_pci(device_id)] == ["GeForce RTX 3090"]


def test_the_id_tells_what_the_name_does_not() -> None:
    assert [model.capability for model in TABLE.gpu_by_pci("0FC9")] == ["3.0"]
    assert [model.capability for model in TABLE.gpu_by_pci("1287")] == ["3.5"]
    assert TABLE.gpu_by_pci("ffff") == ()
    assert TABLE.gpu_by_pci("") == ()
