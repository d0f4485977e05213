"""Ways out that follow from the text: their figures are those of the text, and what it does not say is not guessed."""

from __future__ import annotations

from typing import List, Tuple

import pytest

from envdoctor.compat import CompatTable
from envdoctor.explain.explaining import explain
from envdoctor.explain.names import DECIDES, PROBLEMS, SHOWS
from envdoctor.explain.page import explanation_page
from envdoctor.pasted import blocks
from envdoctor.render.plain import plain
from envdoctor.report import Fix

TABLE = CompatTable()


def fixes(text: str) -> Tuple[Fix, ...]:
    return explain(blocks([text.encode("utf-8")]), TABLE).findings[0].fixes


def commands(text: str) -> List[str]:
    return [" ".join(argv) for fix in fixes(text) for argv in fix.commands]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (
            "RuntimeError: The detected CUDA version (12.4) mismatches the version that was used to compile\n"
            "PyTorch (13.0). Please make sure to use the same CUDA versions.\n",
            "export CUDA_HOME=/usr/local/cuda-13.0",
        ),
        (
            "#error -- unsupported GNU version! gcc versions later than 10 are not supported!\n",
            "conda install -c conda-forge gxx_linux-64=10",
        ),
        ("nvcc warning\nWe need GCC 9 or later.\ntoo old version of GCC. We need GCC 9 or later.\n", "gxx_linux-64=9"),
        (
            "$ /data/envs/torch/bin/pip list\n-bash: /data/envs/torch/bin/pip: /home/old/envs/torch/bin/python3: "
            "bad interpreter: No such file or directory\n",
            "python3 -m venv --clear /data/envs/torch",
        ),
        ('docker: could not select device driver "" with capabilities: [[gpu]].\n', "nvidia-ctk runtime configure"),
        ("ValueError: invalid literal for int() with base 10: 'NoDevFiles'\n", "srun --gres=gpu:1"),
        (
            "ImportError: /x/lib/python3.10/site-packages/flash_attn_2_cuda.cpython-310-x86_64-linux-gnu.so: "
            "undefined symbol: _ZN3c105ErrorC2ENS_14SourceLocationESs\n",
            "flash-attn",
        ),
        (
            "  Uninstalling torch-2.1.0+cu118:\n      Successfully uninstalled torch-2.1.0+cu118\n"
            "$ pip install easyocr\n    Uninstalling torch-2.1.0+cu118:\n"
            "Successfully installed easyocr-1.7.1 torch-2.3.0\nPython 3.10.12\n",
            "torch==2.1.0",
        ),
    ],
)
def test_the_command_has_the_figures_of_the_text(text: str, command: str) -> None:
    assert any(command in one for one in commands(text)), commands(text)


def test_what_the_text_does_not_say_is_left_to_the_machine() -> None:
    """Without a Python and GPUs no build of torch can be named."""
    found = fixes("AssertionError: Torch not compiled with CUDA enabled\n")
    assert found[0].commands == (("envdoctor", "fix"),)
    assert "the text does not say" in found[0].note


def test_an_environment_that_is_not_named_is_not_made_anew() -> None:
    assert not [one for one in commands("No Python at 'C:\\Python310\\python.exe'\n") if "venv" in one]


def test_what_only_looks_is_told_as_such() -> None:
    shown = plain(explanation_page(explain(blocks([b"CondaSSLError: CERTIFICATE_VERIFY_FAILED\n"]), TABLE)))
    assert "No command mends this." in shown or "To mend it" in shown
    assert "This command shows more:" in shown
    undecided = plain(explanation_page(explain(blocks([b"RuntimeError: No CUDA GPUs are available\n"]), TABLE)))
    assert "This command decides it:" in undecided
    assert "To mend it" not in undecided


def test_every_problem_has_a_command_that_decides() -> None:
    for problem in PROBLEMS.values():
        assert [remedy.title for remedy in problem.decides] == [DECIDES]
        assert problem.decides[0].needs
    assert DECIDES != SHOWS
