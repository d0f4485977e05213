"""The words of pip install, era by era, as PyTorch publishes them.

Source of every line: https://pytorch.org/get-started/previous-versions/ (1.8.2: its LTS section; 2.12 on: the start
page's selector, with the version pinned). Where a published line does not work, the one that does stands here, with
the reason.
"""

from __future__ import annotations

import pytest

from envdoctor.compat import CompatTable
from envdoctor.cure.planner import pip_words, plan_torch
from envdoctor.reading import Known
from envdoctor.report import NeedTorch
from tests.cure.machines import machine
from tests.healthy import change

TABLE = CompatTable()
WHL = "https://download.pytorch.org/whl"

LINES = [
    # -f with a tag: to 1.10. What PyPI itself gave had no tag, so its line has neither tag nor index.
    ("3.8.10", "cu92", f"torch==1.4.0+cu92 torchvision==0.5.0+cu92 -f {WHL}/torch_stable.html"),
    ("3.8.10", "cu101", "torch==1.4.0 torchvision==0.5.0"),
    ("3.8.10", "cpu", f"torch==1.4.0+cpu torchvision==0.5.0+cpu -f {WHL}/torch_stable.html"),
    ("3.8.10", "cu101", f"torch==1.5.0+cu101 torchvision==0.6.0+cu101 -f {WHL}/torch_stable.html"),
    ("3.8.10", "cu102", "torch==1.5.1 torchvision==0.6.1"),
    ("3.8.10", "cu102", "torch==1.6.0 torchvision==0.7.0"),
    ("3.8.10", "cu92", f"torch==1.6.0+cu92 torchvision==0.7.0+cu92 -f {WHL}/torch_stable.html"),
    ("3.8.10", "cu110", f"torch==1.7.0+cu110 torchvision==0.8.0+cu110 torchaudio==0.7.0 -f {WHL}/torch_stable.html"),
    ("3.9.18", "cu102", "torch==1.7.1 torchvision==0.8.2 torchaudio==0.7.2"),
    ("3.9.18", "cu110", f"torch==1.7.1+cu110 torchvision==0.8.2+cu110 torchaudio==0.7.2 -f {WHL}/torch_stable.html"),
    ("3.9.18", "cu111", f"torch==1.8.0+cu111 torchvision==0.9.0+cu111 torchaudio==0.8.0 -f {WHL}/torch_stable.html"),
    ("3.9.18", "cu102", "torch==1.8.0 torchvision==0.9.0 torchaudio==0.8.0"),
    ("3.9.18", "cu102", f"torch==1.8.1+cu102 torchvision==0.9.1+cu102 torchaudio==0.8.1 -f {WHL}/torch_stable.html"),
    ("3.9.18", "cu101", f"torch==1.8.1+cu101 torchvision==0.9.1+cu101 torchaudio==0.8.1 -f {WHL}/torch_stable.html"),
    ("3.8.10", "cu111", f"torch==1.8.2 torchvision==0.9.2 torchaudio==0.8.2 --extra-index-url {WHL}/lts/1.8/cu111"),
    ("3.8.10", "cpu", f"torch==1.8.2 torchvision==0.9.2 torchaudio==0.8.2 --extra-index-url {WHL}/lts/1.8/cpu"),
    ("3.9.18", "cu111", f"torch==1.9.0+cu111 torchvision==0.10.0+cu111 torchaudio==0.9.0 -f {WHL}/torch_stable.html"),
    ("3.9.18", "cpu", f"torch==1.9.1+cpu torchvision==0.10.1+cpu torchaudio==0.9.1 -f {WHL}/torch_stable.html"),
    # Published with torchvision 0.11.0, which PyPI withdrew: it asks for a torch that PyPI never had.
    ("3.9.18", "cu113", f"torch==1.10.0+cu113 torchvision==0.11.1+cu113 torchaudio==0.10.0 -f {WHL}/torch_stable.html"),
    # -f by variant: 1.10.1 and 1.10.2.
    (
        "3.9.18",
        "cu111",
        f"torch==1.10.1+cu111 torchvision==0.11.2+cu111 torchaudio==0.10.1 -f {WHL}/cu111/torch_stable.html",
    ),
    (
        "3.9.18",
        "cu113",
        f"torch==1.10.2+cu113 torchvision==0.11.3+cu113 torchaudio==0.10.2 -f {WHL}/cu113/torch_stable.html",
    ),
    # --extra-index-url with a tag: 1.11 to 1.13. torchaudio has none.
    (
        "3.10.13",
        "cu113",
        f"torch==1.11.0+cu113 torchvision==0.12.0+cu113 torchaudio==0.11.0 --extra-index-url {WHL}/cu113",
    ),
    (
        "3.10.13",
        "cu102",
        f"torch==1.11.0+cu102 torchvision==0.12.0+cu102 torchaudio==0.11.0 --extra-index-url {WHL}/cu102",
    ),
    ("3.10.13", "cpu", f"torch==1.12.0+cpu torchvision==0.13.0+cpu torchaudio==0.12.0 --extra-index-url {WHL}/cpu"),
    (
        "3.10.13",
        "cu116",
        f"torch==1.12.1+cu116 torchvision==0.13.1+cu116 torchaudio==0.12.1 --extra-index-url {WHL}/cu116",
    ),
    (
        "3.10.13",
        "cu117",
        f"torch==1.13.0+cu117 torchvision==0.14.0+cu117 torchaudio==0.13.0 --extra-index-url {WHL}/cu117",
    ),
    (
        "3.10.13",
        "cu117",
        f"torch==1.13.1+cu117 torchvision==0.14.1+cu117 torchaudio==0.13.1 --extra-index-url {WHL}/cu117",
    ),
    # --index-url without a tag: from 2.0 on. Only 2.0's default had no index.
    ("3.11.7", "cu117", "torch==2.0.0 torchvision==0.15.1 torchaudio==2.0.1"),
    ("3.11.7", "cu117", "torch==2.0.1 torchvision==0.15.2 torchaudio==2.0.2"),
    ("3.11.7", "cu118", f"torch==2.0.1 torchvision==0.15.2 torchaudio==2.0.2 --index-url {WHL}/cu118"),
    ("3.11.7", "cu121", f"torch==2.1.0 torchvision==0.16.0 torchaudio==2.1.0 --index-url {WHL}/cu121"),
    ("3.11.7", "cu118", f"torch==2.1.2 torchvision==0.16.2 torchaudio==2.1.2 --index-url {WHL}/cu118"),
    ("3.12.1", "cpu", f"torch==2.2.2 torchvision==0.17.2 torchaudio==2.2.2 --index-url {WHL}/cpu"),
    ("3.12.1", "cu121", f"torch==2.3.1 torchvision==0.18.1 torchaudio==2.3.1 --index-url {WHL}/cu121"),
    ("3.12.1", "cu124", f"torch==2.4.1 torchvision==0.19.1 torchaudio==2.4.1 --index-url {WHL}/cu124"),
    ("3.12.1", "cu121", f"torch==2.5.1 torchvision==0.20.1 torchaudio==2.5.1 --index-url {WHL}/cu121"),
    ("3.13.0", "cu126", f"torch==2.6.0 torchvision==0.21.0 torchaudio==2.6.0 --index-url {WHL}/cu126"),
    ("3.13.0", "cu118", f"torch==2.7.1 torchvision==0.22.1 torchaudio==2.7.1 --index-url {WHL}/cu118"),
    ("3.13.0", "cu129", f"torch==2.8.0 torchvision==0.23.0 torchaudio==2.8.0 --index-url {WHL}/cu129"),
    ("3.14.0", "cu130", f"torch==2.9.1 torchvision==0.24.1 torchaudio==2.9.1 --index-url {WHL}/cu130"),
    ("3.14.0", "cu128", f"torch==2.10.0 torchvision==0.25.0 torchaudio==2.10.0 --index-url {WHL}/cu128"),
    ("3.14.0", "cu126", f"torch==2.11.0 torchvision==0.26.0 torchaudio==2.11.0 --index-url {WHL}/cu126"),
    # No torchaudio was made for these, and the selector no longer names it.
    ("3.14.0", "cu132", f"torch==2.12.0 torchvision==0.27.0 --index-url {WHL}/cu132"),
    ("3.14.0", "cu130", f"torch==2.14.1 torchvision==0.29.1 --index-url {WHL}/cu130"),
    # AMD builds are given out as asked for, without a look at the machine.
    ("3.11.7", "rocm6.2", f"torch==2.5.1 torchvision==0.20.1 torchaudio==2.5.1 --index-url {WHL}/rocm6.2"),
]


@pytest.mark.parametrize(("python", "variant", "line"), LINES)
def test_linux(python: str, variant: str, line: str) -> None:
    version = line.split()[0].split("==")[1].split("+")[0]
    plan = plan_torch(machine(None, python=python), TABLE, NeedTorch(version=version, accelerator=variant))
    assert " ".join(pip_words(plan)) == line


WINDOWS = [
    ("3.9.13", "cu111", f"torch==1.9.0+cu111 torchvision==0.10.0+cu111 torchaudio==0.9.0 -f {WHL}/torch_stable.html"),
    # Published without an index, which gives Windows a CPU build.
    ("3.11.7", "cu117", f"torch==2.0.1 torchvision==0.15.2 torchaudio==2.0.2 --index-url {WHL}/cu117"),
    ("3.11.7", "cu121", f"torch==2.5.1 torchvision==0.20.1 torchaudio==2.5.1 --index-url {WHL}/cu121"),
    ("3.12.1", "cu129", f"torch==2.8.0 torchvision==0.23.0 torchaudio==2.8.0 --index-url {WHL}/cu129"),
]


@pytest.mark.parametrize(("python", "variant", "line"), WINDOWS)
def test_windows(python: str, variant: str, line: str) -> None:
    version = line.split()[0].split("==")[1].split("+")[0]
    facts = change(machine(None, python=python), "session", os=Known("windows", "platform"))
    plan = plan_torch(facts, TABLE, NeedTorch(version=version, accelerator=variant))
    assert " ".join(pip_words(plan)) == line
