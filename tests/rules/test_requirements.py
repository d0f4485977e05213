"""Requirement lines against packaging, which has the last word on what they mean."""

from __future__ import annotations

import pytest
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from envdoctor.reading import Known, Unknown
from envdoctor.rules._requirements import admits, applies, chosen, marker_environment, parse, pinned, requested
from tests.healthy import dist

from .asking import change, healthy
from .installed import requirements

SPECIFIERS = (
    ">=1.0", "<2", "<=1.10", ">1.9", "==1.10", "==1.10.0", "!=1.10", "~=1.9", "~=1.10.0", "==1.*", "!=1.10.*",
    "==1.1.*", ">=1,<2,!=1.10.1", "===1.10", "<2.0rc1", "> 1.2 , < 3",
)  # fmt: skip
VERSIONS = ("1.10", "1.10.0", "1.9.9", "1.10.1", "1.1", "2.0", "2.0rc1", "1.10.0.post1", "1.10+cu118", "0.9", "2024.1")


@pytest.mark.parametrize("specifier", SPECIFIERS)
@pytest.mark.parametrize("version", VERSIONS)
def test_versions_are_compared_as_packaging_compares_them(specifier: str, version: str) -> None:
    assert admits(specifier, version) is SpecifierSet(specifier).contains(version, prereleases=True)


@pytest.mark.parametrize(("specifier", "version"), [("@ https://x/y.whl", "1"), ("==what", "1"), (">=1", "odd!")])
def test_what_cannot_be_read_is_not_judged(specifier: str, version: str) -> None:
    assert admits(specifier, version) is None


@pytest.mark.parametrize(
    "marker",
    [
        'python_version < "3.8"',
        "python_version >= '3.10'",
        'python_full_version > "3.11.6" and python_version < "3.12"',
        'sys_platform == "win32"',
        'sys_platform != "darwin" and platform_machine == "x86_64"',
        'platform_system == "Linux"',
        'platform_python_implementation != "PyPy"',
        'implementation_name == "cpython"',
        '(os_name == "nt" or os_name == "posix") and python_version > "3"',
        '"linux" in sys_platform',
        'platform_release >= "5"',
    ],
)
def test_markers_hold_as_packaging_says(marker: str) -> None:
    environment = marker_environment(healthy())
    assert applies(marker, environment) is Marker(marker).evaluate(dict(environment))


def test_a_marker_on_something_unknown_is_not_judged() -> None:
    facts = change(healthy(), "session", os=Unknown("not-looked"))
    assert applies('sys_platform == "linux"', marker_environment(facts)) is None
    assert applies('python_version > "3.8"', marker_environment(facts)) is True
    assert applies("not a marker", marker_environment(facts)) is None


@pytest.mark.parametrize(
    ("line", "name", "specifier", "marker"),
    [
        ("numpy", "numpy", "", ""),
        ("NumPy (>=1.0,<2) ; python_version < '3.8'", "numpy", ">=1.0,<2", "python_version < '3.8'"),
        ("torch==2.1.0+cu118  # ours", "torch", "==2.1.0+cu118", ""),
        ("Foo_Bar.baz[extra,more]~=1.4", "foo-bar-baz", "~=1.4", ""),
        ("thing @ https://host/thing.whl", "thing", "@ https://host/thing.whl", ""),
    ],
)
def test_parts_of_a_line(line: str, name: str, specifier: str, marker: str) -> None:
    found = parse(line)
    assert found is not None
    assert (found.name, found.specifier, found.marker) == (name, specifier, marker)


@pytest.mark.parametrize(
    "line", ["", "# comment", "-e .", "./local", "https://host/x.whl", "???", "a b c", "x" * 5000, "\x00"]
)
def test_what_is_no_requirement(line: str) -> None:
    assert parse(line) is None


def test_hostile_lines_take_no_time() -> None:
    assert parse("a" + " " * 900 + "b") is None
    assert admits(">=" + "9" * 900, "9" * 900) in (True, None)
    assert admits("==" + "1," * 400, "1") is None


def test_a_requirements_file() -> None:
    facts = requirements(
        healthy(),
        "--extra-index-url https://download.pytorch.org/whl/cu118",
        "-f=https://x/y",
        "-r other.txt",
        "-e git+https://host/x",
        "torch==2.1.0+cu118 --hash=sha256:00",
        "numpy<2 \\",
        "\udcff not text",
    )
    found = requested(facts)
    assert [one.name for one in found.requirements] == ["torch", "numpy"]
    assert [one.specifier for one in found.requirements] == ["==2.1.0+cu118", "<2"]
    assert len(found.options) == 2
    assert requested(change(facts, "installs", requested=Known((), "requirements.txt"))).requirements == ()


def test_pins() -> None:
    assert pinned("==2.1.0+cu118") == "2.1.0+cu118" and pinned("=== 2.1") == "2.1"
    assert [pinned(text) for text in ("", ">=2", "==2.*", "==2,!=3")] == [None] * 4


def test_what_was_chosen_is_what_nothing_else_asks_for() -> None:
    installed = (
        dist("torch", "2.5.1", requires=("nvidia-cublas-cu12==12.1", "sympy")),
        dist("nvidia-cublas-cu12", "12.1"),
        dist("sympy", "1.13"),
        dist("ultralytics", "8.3.0", requires=("torch>=1.8", "numpy>=1.23")),
        dist("numpy", "1.26.4"),
        dist("pip", "24.2"),
        dist("mine", "0.1", editable=True),
        dist("fork", "2.0", direct_url="https://example.org/fork.zip"),
        dist("einops", "0.8.0"),
    )
    facts = change(healthy(), "installs", distributions=Known(installed, "site-packages"))
    assert chosen(facts) == ("einops==0.8.0", "ultralytics==8.3.0")
