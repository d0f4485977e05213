"""`plan` and `compat` as a user starts them: what goes to stdout, what to stderr, and the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.run import envdoctor


def test_print_cmd_writes_the_command_alone() -> None:
    done = envdoctor("plan", "torch==2.5.1", "--accelerator", "cu121", "--manager", "conda", "--print-cmd")
    assert done.code == 0
    assert done.out == (
        "conda install pytorch==2.5.1 torchvision==0.20.1 torchaudio==2.5.1 pytorch-cuda=12.1 'mkl<2024.1' "
        "-c pytorch -c nvidia\n"
    )
    assert "mkl" in done.err


def test_a_page_with_reasons() -> None:
    done = envdoctor("plan", "--driver", "535.129.03", "--gpu", "RTX 3090", "--python", "3.10")
    assert done.code == 0
    assert done.out.startswith("torch 2.14.1 for CUDA 12.6 (cu126), with torchvision 0.29.1\n")
    assert "  pip install torch==2.14.1 " in done.out
    assert "- CUDA 12.6 runs on driver 525.60.13 and newer, by minor-version compatibility  [" in done.out


def test_json() -> None:
    made = json.loads(envdoctor("plan", "torch==2.4.1", "--accelerator", "cu118", "--format", "json").out)
    assert made["format"] == "plan-v1"
    assert made["fits"] is True
    assert (made["torch"], made["torchvision"], made["torchaudio"]) == ("2.4.1", "0.19.1", "2.4.1")
    assert made["argv"][:2] == ["pip", "install"]
    assert made["command"] == " ".join(made["argv"])
    assert all(reason["source"] for reason in made["reasons"])


def test_json_of_no_plan() -> None:
    done = envdoctor("plan", "torch==2.6.0", "--driver", "470.57.02", "--gpu", "sm_120", "--format", "json")
    made = json.loads(done.out)
    assert done.code == made["exit_code"] == 1
    assert made["fits"] is False
    assert made["command"] is None
    assert made["reasons"]


def test_why_not() -> None:
    done = envdoctor("plan", "--why-not", "torch==2.15.0", "--driver", "535.129.03")
    assert done.code == 0
    assert "torch 2.15.0 is refused" in done.out
    assert "[row cuda 13.2: " in done.out
    made = json.loads(envdoctor("plan", "--why-not", "torch==2.15.0", "--driver", "535.129.03", "--format", "json").out)
    assert made["why_not"][0]["refused"] is True


def test_a_requirements_file(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("numpy<2\ntorch==2.1.0\n")
    done = envdoctor("plan", "-r", str(file), "--driver", "535.129.03", "--gpu", "A100", "--print-cmd")
    assert done.out == (
        "pip install torch==2.1.0 torchvision==0.16.0 torchaudio==2.1.0 "
        "--index-url https://download.pytorch.org/whl/cu121\n"
    )


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("plan", "torch==9.9"), 2),
        (("plan", "torch==2.5.1", "--os", "beos"), 2),
        (("plan", "-r", "/nonexistent/r.txt"), 2),
        (("plan", "torch>=9"), 2),
        (("plan", "torch==2.5.1", "--accelerator", "cu113"), 2),
        (("plan", "torch==2.5.1", "--driver", "470.57.02", "--gpu", "sm_120"), 1),
        (("plan", "torch==2.6.0", "--python", "3.8"), 1),
        (("plan", "torch>=2,<1", "--driver", "550.54.15"), 2),
        (("plan", "torch==2.1.0", "--build", "numpy"), 2),
        (("plan", "torch==2.1.0", "--mirror", "nowhere"), 2),
        (("compat", "torch", "9.9"), 2),
        (("compat", "gpu"), 2),
        (("compat", "weather", "2.5"), 2),
    ],
)
def test_one_sentence_where_there_is_no_answer(args: tuple[str, ...], code: int) -> None:
    done = envdoctor(*args)
    assert done.code == code
    assert done.out == ""
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err


def test_a_pinned_plan_loads_no_parser_of_requirements_and_no_rich() -> None:
    script = (
        "import sys; from envdoctor.cli import run; "
        "code = run(['plan', 'torch==2.5.1', '--accelerator', 'cu121', '--driver', '550.54.15', '--gpu', 'A100']); "
        "print(code, sorted({'packaging.specifiers', 'packaging.requirements', 'rich'} & set(sys.modules)))"
    )
    path = os.pathsep.join(one for one in sys.path if one)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env={"PYTHONPATH": path, "HOME": "/nonexistent"}
    )
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr


def test_compat() -> None:
    done = envdoctor("compat", "gpu", "RTX 3090")
    assert done.code == 0
    assert done.out.startswith("GeForce RTX 3090\n")
    assert "source: " in done.out
    assert json.loads(envdoctor("compat", "--format", "json").out)["format"] == "compat-v1"
