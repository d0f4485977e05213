"""Prompts: what was typed, and what was printed after it."""

from __future__ import annotations

import pytest

from envdoctor.pasted.sessions import exchanges, typed

from .reading import kept, pasted


@pytest.mark.parametrize(
    ("line", "text", "environment"),
    [
        ("$ pip list", "pip list", ""),
        ("(torch) $ which python", "which python", "torch"),
        ("(base) u@host:~/work$ nvidia-smi", "nvidia-smi", "base"),
        ("(venv) (base) u@host:~$ pip -V", "pip -V", "base"),
        ("root@4f3a:/# nvidia-smi -L", "nvidia-smi -L", ""),
        ("root@4f3a:/workspace# python train.py", "python train.py", ""),
        ("[u@login1 work]$ sbatch job.sh", "sbatch job.sh", ""),
        ("u@host ~/x (main) $ pip list", "pip list", ""),
        ("bash-4.2$ ls", "ls", ""),
        ("sh-4.4# ls", "ls", ""),
        ("(base) C:\\Users\\u>conda list", "conda list", "base"),
        ("C:\\> pip install torch", "pip install torch", ""),
        ("PS C:\\Users\\u> wsl -l -v", "wsl -l -v", ""),
        ("❯ conda list", "conda list", ""),
        ("➜ python -V", "python -V", ""),
        ("# which python", "which python", ""),
        ("> pip install torch==2.0", "pip install torch==2.0", ""),
        ("% python3 train.py", "python3 train.py", ""),
        ("host% python train.py", "python train.py", ""),
    ],
)
def test_shell_prompts(line: str, text: str, environment: str) -> None:
    (one,) = typed(kept(line + "\n"))
    assert (one.text, one.environment, one.kind) == (text, environment, "shell")


@pytest.mark.parametrize(
    "line",
    [
        "# Name                    Version                   Build  Channel",
        "# packages in environment at /home/u/miniconda3:",
        "it costs $ 100 a month",
        "> quoted words of a mail",
        "100% done",
        "|   0  Tesla T4  Off  | 00000000:00:04.0 Off |                    0 |",
        "train: 50%|#####     | 5/10 [00:01<00:01,  4.9it/s]",
        "PyTorch version: 2.1.0",
        "",
    ],
)
def test_what_is_no_prompt(line: str) -> None:
    assert typed(kept(line + "\n")) == ()


def test_python_prompts_and_notebooks() -> None:
    found = typed(
        kept("""\
        >>> import torch
        >>> for i in range(2):
        ...     print(i)
        ...
        0
        In [3]: torch.__version__
        Out[3]: '2.1.0'
        !pip install torch
        %pip install numpy
        """)
    )
    assert [(one.kind, one.text) for one in found] == [
        ("python", "import torch"),
        ("python", "for i in range(2):\n    print(i)\n"),
        ("notebook", "torch.__version__"),
        ("notebook", "pip install torch"),
        ("notebook", "pip install numpy"),
    ]
    assert found[3].commands == (("pip", "install", "torch"),)
    assert found[0].commands == ()


def test_words_of_a_command_line() -> None:
    (one,) = typed(kept("$ CUDA_VISIBLE_DEVICES=0,1 sudo python -c 'print(\"a b\")' | tail -1; echo rc=$?\n"))
    assert one.variables == (("CUDA_VISIBLE_DEVICES", "0,1"),)
    assert one.commands == (("python", "-c", 'print("a b")'), ("tail", "-1"), ("echo", "rc=$?"))


def test_an_open_quotation_mark_and_a_continued_line() -> None:
    (one,) = typed(kept("$ echo 'it is\n"))
    assert one.commands == (("echo", "'it", "is"),)
    (one,) = typed(kept("$ pip install \\\n    torch \\\n    numpy\nCollecting torch\n"))
    assert one.commands == (("pip", "install", "torch", "numpy"),)


def test_output_goes_up_to_the_next_prompt() -> None:
    first, second = exchanges(kept("before\n$ a\none\ntwo\n$ b\n"))
    assert [line.text for line in first.output] == ["one", "two"]
    assert (first.typed.number, second.typed.number, list(second.output)) == (2, 5, [])


def test_of_very_many_prompts_the_first_and_the_last_are_kept() -> None:
    found = pasted("".join(f"$ run {number}\n" for number in range(10_000))).typed
    assert len(found) == 2000
    assert (found[0].text, found[-1].text) == ("run 0", "run 9999")


def test_a_line_that_only_sets_variables_has_no_command() -> None:
    (only_set,) = typed(kept("$ CUDA_VISIBLE_DEVICES=0\n"))
    assert only_set.commands == ()
    assert only_set.variables == (("CUDA_VISIBLE_DEVICES", "0"),)
