"""The dry run of each package manager's line, and what its answer means."""

from __future__ import annotations

import json
from typing import Any, Dict, Tuple

import pytest

from envdoctor.host import Output
from envdoctor.mending.answers import Change, resolution
from envdoctor.mending.questions import Question, made_by, question

PIP = ("-m", "pip", "install", "--dry-run", "--quiet", "--report", "-")


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("/e/bin/python -m pip install numpy<2", ("/e/bin/python", *PIP, "numpy<2")),
        (
            "uv pip install --python /e/bin/python a",
            ("uv", "pip", "install", "--dry-run", "--python", "/e/bin/python", "a"),
        ),
        (
            "conda install -n yolo -y pytorch",
            ("conda", "install", "-n", "yolo", "-y", "pytorch", "--dry-run", "--json"),
        ),
        (
            "/o/bin/mamba create -p /n -y python=3.11",
            ("/o/bin/mamba", "create", "-p", "/n", "-y", "python=3.11", "--dry-run", "--json"),
        ),
    ],
)
def test_the_very_line_is_asked(line: str, asked: Tuple[str, ...]) -> None:
    found = question(tuple(line.split()), {}, "/scratch")
    assert isinstance(found, Question) and found.argv == asked


@pytest.mark.parametrize(
    "line",
    [
        "rm -rf -- /e/x",
        "/e/bin/python -m pip uninstall -y torch",
        "unset PYTHONPATH",
        "python3.11 -m venv /n",
        "uv venv --python 3.11 /n",
    ],
)
def test_no_resolver_has_a_part(line: str) -> None:
    assert question(tuple(line.split()), {}, "/scratch") == ""


@pytest.mark.parametrize("line", ["pixi add pytorch", "poetry add torch", "uv sync", "uv add torch"])
def test_who_cannot_be_asked(line: str) -> None:
    assert question(tuple(line.split()), {}, "/scratch") not in ("", None)
    assert not isinstance(question(tuple(line.split()), {}, "/scratch"), Question)


def test_an_environment_that_is_not_made_yet_is_asked_through_its_maker() -> None:
    makers = dict([made_by(("/usr/bin/python3.11", "-m", "venv", "/n"))])
    found = question(("/n/bin/python", "-m", "pip", "install", "torch"), makers, "/scratch")
    assert isinstance(found, Question)
    assert found.argv == ("/usr/bin/python3.11", *PIP, "--ignore-installed", "torch")
    makers = dict([made_by(("uv", "venv", "--python", "3.11", "/n"))])
    found = question(("uv", "pip", "install", "--python", "/n/bin/python", "torch"), makers, "/scratch")
    assert isinstance(found, Question)
    assert found.argv == ("uv", "pip", "install", "--dry-run", "--python", "3.11", "--target", "/scratch", "torch")


def pip_report(**versions: str) -> str:
    installs = [{"metadata": {"name": name, "version": version}} for name, version in versions.items()]
    return json.dumps({"version": "1", "install": installs})


@pytest.mark.parametrize(
    ("language", "output", "status", "changes"),
    [
        (
            "pip",
            Output(0, pip_report(numpy="1.26.4", new="1.0"), ""),
            "resolves",
            (("numpy", "2.0", "1.26.4"), ("new", "", "1.0")),
        ),
        ("pip", Output(0, pip_report(numpy="2.0"), "WARNING: x"), "resolves", ()),
        ("pip", Output(1, "", "ERROR: No matching distribution found for torch==9.9"), "refused", ()),
        ("pip", Output(2, "", "\nUsage: pip\n\nno such option: --dry-run\n"), "cannot-tell", ()),
        ("pip", Output(1, "", "/e/bin/python: No module named pip\n"), "cannot-tell", ()),
        (
            "pip",
            Output(
                1,
                "",
                "WARNING: Retrying (Retry(total=0)) after NewConnectionError\nERROR: No matching distribution found\n",
            ),
            "cannot-tell",
            (),
        ),
        ("pip", Output(0, "garbage", ""), "cannot-tell", ()),
        ("pip", Output(0, '{"install": [{}]}', ""), "cannot-tell", ()),
        (
            "uv",
            Output(
                0,
                "",
                "Resolved 2 packages in 5ms\nWould uninstall 1 package\n - numpy==2.0\n + numpy==1.26.4\n + a-b==1\n",
            ),
            "resolves",
            (("numpy", "2.0", "1.26.4"), ("a-b", "", "1")),
        ),
        (
            "uv",
            Output(
                1, "", "  × No solution found when resolving dependencies:\n  ╰─▶ Because torch==9.9 was not found\n"
            ),
            "refused",
            (),
        ),
        ("uv", Output(2, "", "error: Failed to fetch: `https://x/`\n  Caused by: dns error\n"), "cannot-tell", ()),
        (
            "conda",
            Output(
                0,
                json.dumps(
                    {
                        "success": True,
                        "actions": {
                            "LINK": [{"name": "pytorch", "version": "2.5.1"}],
                            "UNLINK": [{"name": "pytorch", "version": "2.4.0"}, {"name": "old", "version": "1"}],
                        },
                    }
                ),
                "",
            ),
            "resolves",
            (("pytorch", "2.4.0", "2.5.1"), ("old", "1", "")),
        ),
        (
            "conda",
            Output(0, json.dumps({"success": True, "message": "All requested packages already installed."}), ""),
            "resolves",
            (),
        ),
        (
            "conda",
            Output(
                1,
                json.dumps(
                    {"error": "x", "exception_name": "PackagesNotFoundError", "message": "not available:\n  - y"}
                ),
                "",
            ),
            "refused",
            (),
        ),
        (
            "conda",
            Output(1, json.dumps({"exception_name": "CondaHTTPError", "error": "CondaHTTPError: HTTP 000"}), ""),
            "cannot-tell",
            (),
        ),
        ("conda", Output(1, "Traceback", ""), "refused", ()),
    ],
)
def test_what_an_answer_means(
    language: str, output: Output, status: str, changes: Tuple[Tuple[str, str, str], ...]
) -> None:
    here: Dict[str, str] = {"numpy": "2.0"}
    found: Any = resolution(("a", "line"), language, output, here)
    assert (found.status, found.changes) == (status, tuple(Change(*one) for one in changes))
    assert bool(found.why) == (status != "resolves")
