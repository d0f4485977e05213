"""Machines worked out by hand, each from the facts that decide it.

What decides: the CUDA a driver reports and the minor-version rule (11.x from 450.80.02, 12.x from 525.60.13, 13.x from
580.65.06 on; 10.x and older by their own number), the code in each build (no cu126 for Blackwell, no cu128 for Volta
but in 2.8 to 2.10, no cu13x for Volta and older, Kepler's sm_37 last in cu118 of 2.4 with sm_37 in its list), wheels by
Python (3.8 ends with 2.4.1, 3.9 with 2.8.0, 3.10 with 2.14.1) and by C library (2.17 ends with 2.6.0; 2.28 from
2.6.0+cu126 and 2.7.0 on).
"""

from __future__ import annotations

from typing import Optional, Tuple

import pytest

from tests.plan.asking import TABLE, build, planned, refusal

WHEEL = "https://download.pytorch.org/whl"


@pytest.mark.parametrize(
    ("driver", "gpus", "python", "glibc", "expected"),
    [
        # Drivers, with a GPU that every build serves.
        ("418.87.00", ("sm_75",), None, None, "1.8.1+cu101"),
        ("440.33.01", ("sm_75",), None, None, "1.12.1+cu102"),
        ("450.80.02", ("A100",), None, None, "2.7.1+cu118"),
        ("470.57.02", ("A100",), None, None, "2.7.1+cu118"),
        ("515.43.04", ("A100",), None, None, "2.7.1+cu118"),
        ("525.60.13", ("A100",), None, None, "2.14.1+cu126"),
        ("525.60.12", ("A100",), None, None, "2.7.1+cu118"),
        ("535.129.03", ("A100",), None, None, "2.14.1+cu126"),
        ("550.54.15", ("A100",), None, None, "2.14.1+cu126"),
        ("560.35.03", ("A100",), None, None, "2.14.1+cu126"),
        ("580.65.06", ("A100",), None, None, "2.15.0+cu132"),
        # Blackwell: 570 is its first driver, 12.8 the first CUDA with its code; later cu129 stands in no official line.
        ("570.133.07", ("RTX 5090",), None, None, "2.11.0+cu128"),
        ("575.51.03", ("RTX 5090",), None, None, "2.11.0+cu128"),
        ("570.133.07", ("B200",), None, None, "2.11.0+cu128"),
        ("580.82.07", ("RTX 5090",), None, None, "2.15.0+cu132"),
        ("570.133.07", ("RTX 5090",), "3.9", None, "2.8.0+cu128"),
        # Volta, Pascal, Maxwell, whatever the driver: cu126, which ends with 2.14.1.
        ("580.82.07", ("V100",), None, None, "2.14.1+cu126"),
        ("535.129.03", ("V100",), None, None, "2.14.1+cu126"),
        ("580.82.07", ("Tesla P100",), None, None, "2.14.1+cu126"),
        ("550.54.15", ("GTX 1080 Ti",), None, None, "2.14.1+cu126"),
        ("470.57.02", ("Tesla M40",), None, None, "2.7.1+cu118"),
        # Mixed: what both can run. No build has code for Pascal and Blackwell alike.
        ("570.133.07", ("RTX 3090", "RTX 5090"), None, None, "2.11.0+cu128"),
        ("580.82.07", ("V100", "A100"), None, None, "2.14.1+cu126"),
        ("580.82.07", ("V100", "RTX 5090"), None, None, "2.10.0+cu128"),
        # Kepler: 470 is its last driver.
        ("470.57.02", ("Tesla K80",), "3.8", None, "2.4.1+cu118"),
        # The C library.
        ("550.54.15", ("A100",), None, "2.17", "2.6.0+cu124"),
        ("580.82.07", ("A100",), None, "2.17", "2.6.0+cu124"),
        ("470.57.02", ("A100",), None, "2.27", "2.6.0+cu118"),
        ("550.54.15", ("A100",), None, "2.28", "2.14.1+cu126"),
        # Python.
        ("550.54.15", ("A100",), "3.7", None, "1.13.1+cu117"),
        ("550.54.15", ("A100",), "3.8", None, "2.4.1+cu124"),
        ("550.54.15", ("A100",), "3.9", None, "2.8.0+cu126"),
        ("580.82.07", ("A100",), "3.10", None, "2.14.1+cu130"),
        ("550.54.15", ("A100",), "3.12", None, "2.14.1+cu126"),
        # No GPU.
        (None, ("none",), "3.8", "2.17", "2.4.1+cpu"),
        (None, ("none",), "3.10", "2.17", "2.6.0+cpu"),
        (None, ("none",), "3.12", "2.31", "2.15.0+cpu"),
    ],
)
def test_linux(
    driver: Optional[str], gpus: Tuple[str, ...], python: Optional[str], glibc: Optional[str], expected: str
) -> None:
    assert build(driver=driver, gpus=gpus, python=python, glibc=glibc) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"os": "mac"}, "2.15.0+cpu"),
        ({"os": "mac", "arch": "x86_64"}, "2.2.2+cpu"),
        ({"os": "mac", "python": "3.8"}, "2.4.1+cpu"),
        ({"os": "windows", "driver": "537.58", "gpus": ("RTX 3090",)}, "2.14.1+cu126"),
        ({"os": "windows", "driver": "472.12", "gpus": ("RTX 3090",)}, "2.7.1+cu118"),
        ({"os": "windows", "gpus": ("none",), "python": "3.9"}, "2.8.0+cpu"),
        # What 2.15.0 has code for there nobody has read yet.
        ({"arch": "aarch64", "driver": "580.82.07", "gpus": ("GH200",)}, "2.14.1+cu130"),
        # From 2.11.0 on the builds there that are known need driver 580.
        ({"arch": "aarch64", "driver": "550.54.15", "gpus": ("GH200",)}, "2.10.0+cu128"),
        ({"arch": "aarch64", "gpus": ("none",)}, "2.15.0+cpu"),
    ],
)
def test_other_systems(options: dict, expected: str) -> None:  # type: ignore[type-arg]
    assert build(**options) == expected


@pytest.mark.parametrize(
    ("options", "because"),
    [
        ({"driver": "535.129.03", "gpus": ("Tesla K80",)}, "470 is the last"),
        ({"driver": "550.54.15", "gpus": ("RTX 5090",)}, "570 is the first"),
        ({"driver": "580.82.07", "gpus": ("GTX 1080 Ti", "RTX 5090")}, "code for every GPU"),
        ({"driver": "570.133.07", "gpus": ("RTX 5090",), "glibc": "2.17"}, "glibc"),
        ({"driver": "570.133.07", "gpus": ("RTX 5090",), "python": "3.8"}, "Python 3.8"),
        ({"driver": "550.54.15", "gpus": ("A100",), "python": "3.6", "glibc": "2.12"}, "glibc"),
        ({"driver": "390.48", "gpus": ("GTX 1080 Ti",)}, "driver 390.48"),
        ({"os": "mac", "accelerator": "cu121"}, "cu121"),
        # Windows on ARM takes none of the wheels that are made for x86_64.
        ({"os": "windows", "arch": "aarch64", "python": "3.12"}, "win_arm64"),
    ],
)
def test_what_no_build_serves(options: dict, because: str) -> None:  # type: ignore[type-arg]
    described = {key: value for key, value in options.items() if key != "accelerator"}
    assert because in refusal(None, options.get("accelerator"), **described)


def test_no_line_leaves_the_build_to_pypi_where_its_own_does_not_run() -> None:
    """Of every release, driver and GPU: a line without an index is for the very build that PyPI has."""
    for release in TABLE.torch_releases():
        for driver in ("470.57.02", "535.129.03", "580.82.07"):
            for gpu in ("sm_70", "sm_86"):
                found = planned(f"torch=={release.version}", driver=driver, gpus=(gpu,))
                if found.plan is not None and not found.plan.flag:
                    assert release.pypi_on.get("linux_x86_64") == found.plan.variant, (release.version, driver, gpu)
