"""nvidia-smi's tables of every generation."""

from __future__ import annotations

from typing import Any, List

import pytest

from envdoctor.facts import Facts, Gpu
from envdoctor.reading import Absent, Known, Unknown

from .reading import facts, names, value

MIB = 1 << 20

TABLE_340 = """\
    +------------------------------------------------------+
    | NVIDIA-SMI 331.62     Driver Version: 331.62         |
    |-------------------------------+----------------------+----------------------+
    | GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
    | Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |
    |===============================+======================+======================|
    |   0  GeForce GTX 680     Off  | 0000:03:00.0     N/A |                  N/A |
    | 30%   35C  N/A     N/A /  N/A |      9MiB /  4095MiB |     N/A      Default |
    +-------------------------------+----------------------+----------------------+

    +-----------------------------------------------------------------------------+
    | Compute processes:                                               GPU Memory |
    |  GPU       PID  Process name                                     Usage      |
    |=============================================================================|
    |    0            Not Supported                                               |
    +-----------------------------------------------------------------------------+
"""

TABLE_384 = """\
    Tue Jan  9 10:11:12 2018
    +-----------------------------------------------------------------------------+
    | NVIDIA-SMI 384.111                Driver Version: 384.111                   |
    |-------------------------------+----------------------+----------------------+
    | GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
    | Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |
    |===============================+======================+======================|
    |   0  GeForce GTX 108...  Off  | 00000000:02:00.0  On |                  N/A |
    | 44%   73C    P2   223W / 250W |  10761MiB / 11170MiB |     98%   E. Process |
    +-------------------------------+----------------------+----------------------+
    |   1  Tesla K80           Off  | 00000000:8A:00.0 Off |                    3 |
    | N/A   41C    P8    29W / 149W |     11MiB / 11439MiB |      0%   Prohibited |
    +-------------------------------+----------------------+----------------------+

    +-----------------------------------------------------------------------------+
    | Processes:                                                       GPU Memory |
    |  GPU       PID   Type   Process name                             Usage      |
    |=============================================================================|
    |    0      1184      G   /usr/lib/xorg/Xorg                           115MiB |
    |    0     20331      C   python                                     10635MiB |
    +-----------------------------------------------------------------------------+
"""

TABLE_535_WITH_MIG = """\
    +---------------------------------------------------------------------------------------+
    | NVIDIA-SMI 535.104.05             Driver Version: 535.104.05   CUDA Version: 12.2     |
    |-----------------------------------------+----------------------+----------------------+
    | GPU  Name                 Persistence-M | Bus-Id        Disp.A | Volatile Uncorr. ECC |
    | Fan  Temp   Perf          Pwr:Usage/Cap |         Memory-Usage | GPU-Util  Compute M. |
    |                                         |                      |               MIG M. |
    |=========================================+======================+======================|
    |   0  NVIDIA A100-SXM4-40GB          On  | 00000000:07:00.0 Off |                   On |
    | N/A   33C    P0              61W / 400W |   9837MiB / 40960MiB |     N/A      Default |
    |                                         |                      |              Enabled |
    +-----------------------------------------+----------------------+----------------------+
    |   1  NVIDIA A100-SXM4-40GB          On  | 00000000:0F:00.0 Off |                    0 |
    | N/A   31C    P0              55W / 400W |      4MiB / 40960MiB |      0%      Default |
    |                                         |                      |            Disabled* |
    +-----------------------------------------+----------------------+----------------------+

    +---------------------------------------------------------------------------------------+
    | MIG devices:                                                                          |
    +------------------+--------------------------------+-----------+-----------------------+
    | GPU  GI  CI  MIG |                   Memory-Usage |        Vol|      Shared           |
    |      ID  ID  Dev |                     BAR1-Usage | SM     Unc| CE ENC DEC OFA JPG    |
    |                  |                                |        ECC|                       |
    |==================+================================+===========+=======================|
    |  0    3   0   0  |            9826MiB / 19968MiB  | 42      0 |  3   0    2    0    0 |
    |                  |               2MiB / 32767MiB  |           |                       |
    +------------------+--------------------------------+-----------+-----------------------+
    |  0    9   0   1  |              11MiB /  9856MiB  | 14      0 |  1   0    0    0    0 |
    |                  |               0MiB / 16383MiB  |           |                       |
    +------------------+--------------------------------+-----------+-----------------------+

    +---------------------------------------------------------------------------------------+
    | Processes:                                                                            |
    |  GPU   GI   CI        PID   Type   Process name                            GPU Memory |
    |        ID   ID                                                             Usage      |
    |=======================================================================================|
    |    0    3    0      17967      C   python3                                    9821MiB |
    +---------------------------------------------------------------------------------------+
"""

TABLE_610 = """\
    +-----------------------------------------------------------------------------------------+
    | NVIDIA-SMI 610.43.02              KMD Version: 610.43.02     CUDA UMD Version: 13.3     |
    +-----------------------------------------+------------------------+----------------------+
    | GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
    | Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
    |                                         |                        |               MIG M. |
    |=========================================+========================+======================|
    |   0  NVIDIA B200                    On  |   00000000:63:00.0 Off |                    0 |
    | N/A   26C    P0            139W / 1000W |       0MiB / 183359MiB |      0%      Default |
    |                                         |                        |             Disabled |
    +-----------------------------------------+------------------------+----------------------+

    +-----------------------------------------------------------------------------------------+
    | Processes:                                                                              |
    |  GPU   GI   CI              PID   Type   Process name                        GPU Memory |
    |        ID   ID                                                               Usage      |
    |=========================================================================================|
    |  No running processes found                                                             |
    +-----------------------------------------------------------------------------------------+
"""

TABLE_LOST = """\
    +-----------------------------------------------------------------------------+
    | NVIDIA-SMI 470.82.01    Driver Version: 470.82.01    CUDA Version: 11.4     |
    |-------------------------------+----------------------+----------------------+
    |   0  NVIDIA GeForce ...  Off  | 00000000:01:00.0 Off |                  N/A |
    |ERR!   ERR! ERR!    ERR! / ERR! |   1MiB / 11019MiB |     ERR!      Default |
    |                               |                      |                 ERR! |
    +-------------------------------+----------------------+----------------------+
    |   1  Tesla V100-PCIE...  On   | 00008ED0:00:00.0 Off |                    0 |
    | N/A   29C    P0   ERR! / 250W |    593MiB / 16160MiB |      0%      Default |
    |                               |                      |                  N/A |
    +-------------------------------+----------------------+----------------------+
"""


def cards(found: Facts) -> List[Gpu]:
    return list(value(found.gpus.gpus))


def memory(gpu: Gpu) -> Any:
    return value(gpu.memory_used), value(gpu.memory_total), value(gpu.memory_free)


def held(gpu: Gpu) -> Any:
    found = value(gpu.holders)
    return None if found is None else [(one.pid, one.kind, value(one.command), value(one.memory)) for one in found]


def test_the_first_tables_have_no_cuda_and_no_processes() -> None:
    found = facts(TABLE_340)
    (card,) = cards(found)
    assert value(found.driver.nvml_driver_version) == "331.62"
    assert value(found.driver.cuda) is None
    assert (value(card.name), value(card.pci_bus_id)) == ("GeForce GTX 680", "0000:03:00.0")
    assert memory(card) == (9 * MIB, 4095 * MIB, 4086 * MIB)
    assert isinstance(card.utilisation, Absent) and isinstance(card.power, Absent)
    assert held(card) is None  # "Not Supported" is no empty list


def test_a_table_of_2018() -> None:
    found = facts(TABLE_384)
    first, second = cards(found)
    assert value(found.driver.library_version) == "384.111"
    assert value(found.driver.nvml_status) == "SUCCESS"
    assert names(found) == ["GeForce GTX 108...", "Tesla K80"]
    assert (value(first.compute_mode), value(second.compute_mode)) == ("exclusive-process", "prohibited")
    assert (value(first.utilisation), value(first.temperature)) == (98, 73)
    assert (value(first.power), value(first.power_limit)) == (223_000, 250_000)
    assert value(second.ecc_uncorrected) == 3
    assert held(first) == [(1184, "G", "/usr/lib/xorg/Xorg", 115 * MIB), (20331, "C", "python", 10635 * MIB)]
    assert held(second) == []
    assert isinstance(first.mig_mode, Unknown)  # there was no third row yet
    assert isinstance(found.gpus.gpus, Known) and found.gpus.gpus.source == "lines 3-20"


def test_mig_devices_belong_to_their_gpu() -> None:
    found = facts(TABLE_535_WITH_MIG)
    first, second = cards(found)
    assert value(found.driver.cuda) == "12.2"
    assert (value(first.mig_mode), value(second.mig_mode)) == (True, False)
    devices = value(first.mig_devices)
    assert [(value(one.memory_used), value(one.memory_total)) for one in devices] == [
        (9826 * MIB, 19968 * MIB),
        (11 * MIB, 9856 * MIB),
    ]
    assert value(second.mig_devices) is None
    assert held(first) == [(17967, "C", "python3", 9821 * MIB)]


def test_the_words_of_driver_610() -> None:
    found = facts(TABLE_610)
    assert value(found.driver.nvml_driver_version) == "610.43.02"
    assert value(found.driver.cuda) == "13.3"
    assert memory(cards(found)[0]) == (0, 183359 * MIB, 183359 * MIB)
    assert held(cards(found)[0]) == []


def test_a_gpu_that_gives_errors_and_one_that_gives_a_single_one() -> None:
    lost, well = cards(facts(TABLE_LOST))
    assert (lost.status, well.status) == ("UNKNOWN", "ok")
    assert isinstance(lost.utilisation, Unknown) and lost.utilisation.reason == "failed"
    assert value(well.memory_used) == 593 * MIB
    assert isinstance(well.power, Unknown)


def test_windows_columns() -> None:
    found = facts("""\
        | NVIDIA-SMI 572.83                 Driver Version: 572.83         CUDA Version: 12.8     |
        | GPU  Name                  Driver-Model | Bus-Id          Disp.A | Volatile Uncorr. ECC |
        |=========================================+========================+======================|
        |   0  NVIDIA GeForce RTX 4070      WDDM  |   00000000:01:00.0  On |                  N/A |
        |  0%   36C    P8             12W /  200W |    1361MiB /  12282MiB |      2%      Default |
        |                                         |                        |                  N/A |
        | Processes:                                                                              |
        |    0   N/A  N/A            1532    C+G   C:\\Program Files\\App\\a.exe                  N/A |
        |    0   N/A  N/A            1600    C+G   ...5n1h2txyewy\\Search host.exe               N/A |
    """)
    (card,) = cards(found)
    assert [(one[0], one[1], one[3]) for one in held(card)] == [(1532, "C+G", None), (1600, "C+G", None)]
    assert held(card)[0][2] == "C:\\Program Files\\App\\a.exe"
    assert isinstance(card.persistence, Unknown)


def test_a_card_whose_memory_is_the_systems() -> None:
    found = facts("""\
        | NVIDIA-SMI 580.95.05              Driver Version: 580.95.05      CUDA Version: 13.0     |
        |   0  NVIDIA GB10                    On  |   0000000F:01:00.0 Off |                  N/A |
        | N/A   44C    P0              9W /  N/A  | Not Supported          |      3%      Default |
        |                                         |                        |                  N/A |
        | Processes:                                                                              |
        |    0   N/A  N/A              33      G   /Xwayland                             N/A      |
    """)
    (card,) = cards(found)
    assert memory(card) == (None, None, None)
    assert (value(card.utilisation), value(card.compute_mode)) == (3, "default")
    assert held(card) == [(33, "G", "/Xwayland", None)]


def test_of_two_tables_the_last_counts() -> None:
    later = TABLE_384.replace("10761MiB", "    2MiB").replace("20331", "    7")
    found = facts(TABLE_384 + "\n" + later)
    assert value(cards(found)[0].memory_used) == 2 * MIB
    assert [one[0] for one in held(cards(found)[0])] == [1184, 7]


def test_a_table_of_one_gpu_after_one_of_two_leaves_one() -> None:
    assert names(facts(TABLE_384 + TABLE_610)) == ["NVIDIA B200"]


def test_the_list_completes_cut_names() -> None:
    listing = """\
    $ nvidia-smi -L
    GPU 0: GeForce GTX 1080 Ti (UUID: GPU-11111111-2222-3333-4444-555555555555)
    GPU 1: Tesla K80 (UUID: GPU-21111111-2222-3333-4444-555555555555)
"""
    for text in (TABLE_384 + listing, listing + TABLE_384):
        found = facts(text)
        assert names(found) == ["GeForce GTX 1080 Ti", "Tesla K80"]
        assert value(cards(found)[0].memory_total) == 11170 * MIB
        assert value(cards(found)[0].uuid) == "GPU-11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize("damage", ["> ", "| ", "    ", "\t"])
def test_a_forum_may_indent_or_quote(damage: str) -> None:
    lines = [damage + line.strip() for line in TABLE_384.splitlines()]
    found = facts("\n".join(lines))
    assert [memory(card)[0] for card in cards(found)] == [10761 * MIB, 11 * MIB]
    assert len(held(cards(found)[0])) == 2


@pytest.mark.parametrize(
    ("sentence", "status"),
    [
        ("Failed to initialize NVML: Driver/library version mismatch", "LIB_RM_VERSION_MISMATCH"),
        ("Failed to initialize NVML: Unknown Error", "UNKNOWN"),
        ("Failed to initialize NVML: Insufficient Permissions", "NO_PERMISSION"),
        ("Failed to initialize NVML: GPU access blocked by the operating system", "OPERATING_SYSTEM"),
        ("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest "
         "NVIDIA driver is installed and running.", "DRIVER_NOT_LOADED"),
        ("No devices were found", "SUCCESS"),
    ],
)  # fmt: skip
def test_what_it_says_instead_of_a_table(sentence: str, status: str) -> None:
    found = facts(sentence)
    assert found.driver.nvml_status == Known(status, "line 1")
    assert value(found.gpus.gpus) == (() if status == "SUCCESS" else None)


@pytest.mark.parametrize(
    ("sentence", "index", "bus", "status"),
    [
        ("Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.  Reboot the system to recover this "
         "GPU", -1, "0000:02:00.0", "GPU_IS_LOST"),
        ("Unable to determine the device handle for GPU0000:01:00.0: Unknown Error", -1, "0000:01:00.0", "UNKNOWN"),
        ("Unable to determine the device handle for GPU0: 0000:65:00.0: Unknown Error", 0, "0000:65:00.0", "UNKNOWN"),
    ],
)  # fmt: skip
def test_a_lost_gpu(sentence: str, index: int, bus: str, status: str) -> None:
    (card,) = cards(facts(sentence))
    assert (card.index, value(card.pci_bus_id), card.status) == (index, bus, status)


def test_a_lost_gpu_is_the_one_that_the_table_had() -> None:
    (card, *others) = cards(
        facts(TABLE_384 + "Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.")
    )
    assert (card.index, card.status, len(others)) == (0, "GPU_IS_LOST", 1)


def test_compute_mode_that_was_set() -> None:
    found = facts("Set compute mode to EXCLUSIVE_PROCESS for GPU 00000000:01:00.0.\nAll done.")
    assert value(cards(found)[0].compute_mode) == "exclusive-process"
