"""nvidia-smi's queries, its long form, its list, and gpustat."""

from __future__ import annotations

from typing import List

import pytest

from envdoctor.facts import Facts, Gpu
from envdoctor.reading import Absent, Known, Unknown

from .reading import facts, names, value

MIB = 1 << 20


def cards(found: Facts) -> List[Gpu]:
    return list(value(found.gpus.gpus))


def test_a_query_with_its_header() -> None:
    found = facts("""\
        name, pci.bus_id, driver_version, utilization.gpu [%], memory.total [MiB], memory.free [MiB], memory.used [MiB], temperature.gpu, clocks.current.graphics [MHz], power.draw [W], power.limit [W]
        NVIDIA GeForce RTX 3060 Laptop GPU, 00000000:01:00.0, 535.54.03, 0 %, 6144 MiB, 4821 MiB, 1116 MiB, 42, 472 MHz, 22.82 W, [N/A]
    """)  # noqa: E501
    (card,) = cards(found)
    assert value(card.name) == "NVIDIA GeForce RTX 3060 Laptop GPU"
    assert (value(card.memory_used), value(card.memory_free)) == (1116 * MIB, 4821 * MIB)
    assert value(card.power) == 22820
    assert isinstance(card.power_limit, Absent)
    assert value(found.driver.nvml_driver_version) == "535.54.03"


def test_a_query_without_its_header_is_read_by_the_command() -> None:
    found = facts("""\
        $ nvidia-smi --query-gpu=index,name,compute_cap,compute_mode,mig.mode.current --format=csv,noheader
        0, NVIDIA A100-SXM4-80GB, 8.0, Default, Enabled
        1, NVIDIA A100-SXM4-80GB, 8.0, Exclusive_Process, [N/A]
        $ echo done
        done, done, done, done, done
    """)
    assert [value(card.capability) for card in cards(found)] == ["8.0", "8.0"]
    assert [value(card.compute_mode) for card in cards(found)] == ["default", "exclusive-process"]
    assert [value(card.mig_mode) for card in cards(found)] == [True, "absent"]


def test_one_gpu_of_many() -> None:
    found = facts("""\
        $ nvidia-smi -i 3 --query-gpu=memory.used,memory.total --format=csv,noheader,nounits
        40112, 46068
    """)
    (card,) = cards(found)
    assert (card.index, value(card.memory_used)) == (3, 40112 * MIB)


def test_of_a_query_that_repeats_itself_the_last_row_counts() -> None:
    found = facts("""\
        index, temperature.gpu, clocks_throttle_reasons.hw_thermal_slowdown, clocks_throttle_reasons.sw_power_cap
        0, 58, Not Active, Not Active
        0, 92, Active, Active
    """)
    (card,) = cards(found)
    assert value(card.temperature) == 92
    assert value(card.throttle_reasons) == ("hw-thermal", "sw-power-cap")


def test_the_mask_of_reasons_and_a_lost_gpu() -> None:
    found = facts("""\
        index, clocks_throttle_reasons.active, pcie.link.width.current, pcie.link.width.max
        0, 0x0000000000000048, 8, 16
        1, [GPU is lost], [GPU is lost], [GPU is lost]
    """)
    first, second = cards(found)
    assert value(first.throttle_reasons) == ("hw-slowdown", "hw-thermal")
    assert (value(first.pcie_width), value(first.pcie_width_max)) == (8, 16)
    assert second.status == "GPU_IS_LOST"
    assert isinstance(second.pcie_width, Unknown)


def test_processes_go_to_the_gpu_of_their_uuid() -> None:
    found = facts("""\
        GPU 0: NVIDIA A40 (UUID: GPU-00000000-0000-0000-0000-00000000000a)
        GPU 1: NVIDIA A40 (UUID: GPU-00000000-0000-0000-0000-00000000000b)
        $ nvidia-smi --query-compute-apps=gpu_uuid,pid,used_memory,process_name --format=csv
        gpu_uuid, pid, used_gpu_memory [MiB], process_name
        GPU-00000000-0000-0000-0000-00000000000b, 4242, 2000 MiB, python
    """)
    assert names(found) == ["NVIDIA A40", "NVIDIA A40"]
    (holder,) = value(cards(found)[1].holders)
    assert (holder.pid, value(holder.memory), value(holder.command)) == (4242, 2000 * MIB, "python")
    assert value(cards(found)[0].holders) is None


def test_nobody_holds_a_gpu() -> None:
    found = facts("""\
        $ nvidia-smi --query-compute-apps=pid,used_memory --format=csv
        pid, used_gpu_memory [MiB]
    """)
    assert value(cards(found)[0].holders) == ()


def test_a_comma_list_that_is_no_header() -> None:
    assert value(facts("index, name\nfoo, memory.total is what we query\n").gpus.gpus) is None


LONG_FORM = """\
    ==============NVSMI LOG==============

    Timestamp                                 : Sat Oct 10 17:02:53 2020
    Driver Version                            : 450.66
    CUDA Version                              : 11.0

    Attached GPUs                             : 2
    GPU 00000000:01:00.0
        Product Name                          : Tesla V100-SXM2-32GB
        Persistence Mode                      : Enabled
        MIG Mode
            Current                           : N/A
            Pending                           : N/A
        GPU UUID                              : GPU-a230e637-c9e1-1b61-3830-a437b874d88d
        PCI
            Bus Id                            : 00000000:01:00.0
            GPU Link Info
                PCIe Generation
                    Max                       : 3
                    Current                   : 1
                Link Width
                    Max                       : 16x
                    Current                   : 8x
        Clocks Throttle Reasons
            Idle                              : Not Active
            SW Power Cap                      : Active
            HW Slowdown                       : Active
                HW Thermal Slowdown           : Active
                HW Power Brake Slowdown       : Not Active
        FB Memory Usage
            Total                             : 32510 MiB
            Used                              : 10 MiB
            Free                              : 32500 MiB
        BAR1 Memory Usage
            Total                             : 256 MiB
            Used                              : 5 MiB
        Compute Mode                          : Default
        Utilization
            Gpu                               : 7 %
            Memory                            : 0 %
        ECC Errors
            Volatile
                SRAM Uncorrectable            : 1
                DRAM Uncorrectable            : 2
            Aggregate
                DRAM Uncorrectable            : 40
        Remapped Rows
            Pending                           : Yes
            Remapping Failure Occurred        : No
        Temperature
            GPU Current Temp                  : 41 C
            GPU Shutdown Temp                 : 90 C
        Power Readings
            Power Draw                        : 43.52 W
            Enforced Power Limit              : 300.00 W
        Processes
            GPU instance ID                   : N/A
            Process ID                        : 4242
                Type                          : C
                Name                          : python
                Used GPU Memory               : 9 MiB
    GPU 00000000:41:00.0
        Product Name                          : Tesla V100-SXM2-32GB
        Compute Mode                          : Exclusive_Process
        Processes                             : None
"""


def test_the_long_form() -> None:
    found = facts(LONG_FORM)
    first, second = cards(found)
    assert (value(found.driver.nvml_driver_version), value(found.driver.cuda)) == ("450.66", "11.0")
    assert (value(first.name), value(first.uuid)) == (
        "Tesla V100-SXM2-32GB",
        "GPU-a230e637-c9e1-1b61-3830-a437b874d88d",
    )
    assert (value(first.memory_total), value(first.memory_used)) == (32510 * MIB, 10 * MIB)
    assert (value(first.pcie_generation), value(first.pcie_generation_max)) == (1, 3)
    assert (value(first.pcie_width), value(first.pcie_width_max)) == (8, 16)
    assert value(first.throttle_reasons) == ("sw-power-cap", "hw-slowdown", "hw-thermal")
    assert value(first.ecc_uncorrected) == 3  # volatile alone
    assert (value(first.remap_pending), value(first.remap_failed)) == (True, False)
    assert (value(first.temperature), value(first.power), value(first.power_limit)) == (41, 43520, 300000)
    assert value(first.utilisation) == 7
    assert value(first.mig_mode) == "absent"
    assert [(one.pid, value(one.memory)) for one in value(first.holders)] == [(4242, 9 * MIB)]
    assert (value(second.compute_mode), value(second.holders)) == ("exclusive-process", ())


def test_what_grep_leaves_of_the_long_form() -> None:
    found = facts("""\
        $ nvidia-smi -q -d COMPUTE | grep "Compute Mode"
            Compute Mode                          : Default
            Compute Mode                          : Exclusive_Process
    """)
    assert [value(card.compute_mode) for card in cards(found)] == ["default", "exclusive-process"]


def test_the_words_of_driver_610_in_the_long_form() -> None:
    found = facts("""\
        ==============NVSMI LOG==============
        Driver Version : 610.43.02 [Deprecated; will be removed in CUDA 14.0. Use KMD Version instead]
        KMD Version                               : 610.43.02
        CUDA UMD Version                          : 13.3
    """)
    assert (value(found.driver.nvml_driver_version), value(found.driver.cuda)) == ("610.43.02", "13.3")


def test_the_list_with_mig_devices() -> None:
    found = facts("""\
        GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-00000000-0000-0000-0000-000000000000)
          MIG 3g.20gb     Device  0: (UUID: MIG-00000000-0000-0000-0000-000000000001)
          MIG 1g.5gb+me   Device  1: (UUID: MIG-GPU-8a/7/0)
        GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-00000000-0000-0000-0000-000000000009)
    """)
    first, second = cards(found)
    assert [(one.profile, one.uuid) for one in value(first.mig_devices)] == [
        ("3g.20gb", "MIG-00000000-0000-0000-0000-000000000001"),
        ("1g.5gb+me", "MIG-GPU-8a/7/0"),
    ]
    assert (value(first.mig_mode), value(second.mig_mode)) == (True, None)
    assert found.gpus.gpus == Known(value(found.gpus.gpus), "lines 1-4")


def test_the_last_list_counts() -> None:
    found = facts("""\
        GPU 0: Tesla P100 (UUID: GPU-a)
        GPU 1: Tesla P100 (UUID: GPU-b)
        $ docker run --gpus device=1 nvidia/cuda nvidia-smi -L
        GPU 0: Tesla P100 (UUID: GPU-b)
    """)
    assert [value(card.uuid) for card in cards(found)] == ["GPU-b"]


@pytest.mark.parametrize(
    ("row", "temperature", "busy", "used", "total"),
    [
        ("[0] Tesla P100-PCIE-16GB | 27'C,   2 % |   103 / 16384 MB |", 27, 2, 103, 16384),
        ("[0] NVIDIA GeForce GTX TITAN X | 22\u00b0C,   0 % |     0 / 12212 MB |", 22, 0, 0, 12212),
        ("[0] NVIDIA A100 80GB PCIe | 52'C,  46 %, 100 %,  250 / 300 W | 10151 / 81920 MB |", 52, 100, 10151, 81920),
        ("[0] GeForce GTX 560       | 40'C,  ?? % |   100 /  1023 MB |", 40, None, 100, 1023),
    ],
)
def test_gpustat(row: str, temperature: int, busy: int, used: int, total: int) -> None:
    (card,) = cards(facts(row))
    assert (value(card.temperature), value(card.utilisation)) == (temperature, busy)
    assert (value(card.memory_used), value(card.memory_total)) == (used * MIB, total * MIB)
    assert value(card.holders) == ()


def test_gpustat_names_who_holds_what() -> None:
    found = facts("""\
        gpu-a-11.extreme         Mon Aug 22 15:23:57 2022  515.65.01
        [0] Tesla P100-PCIE-16GB | 27'C,   0 % |   103 / 16384 MB | ana(100M) bo:python/4242(2000M)
        [1] Tesla P100-PCIE-16GB | 27'C,   0 % |   103 / 16384 MB |
    """)
    assert value(found.driver.nvml_driver_version) == "515.65.01"
    first, second = value(cards(found)[0].holders)
    assert (value(first.user), value(first.memory), value(first.command)) == ("ana", 100 * MIB, None)
    assert (second.pid, value(second.user), value(second.command)) == (4242, "bo", "python")
