"""pip commands name their interpreter, and force no more than is broken."""

from typing import Any

import pytest

from envdoctor.cure import pip
from envdoctor.cure.spot import spot_of
from envdoctor.facts import Facts
from envdoctor.reading import Absent
from envdoctor.report import NeedPackages
from tests.cure.cases import PYTHON, with_tools, without_pip
from tests.healthy import change, healthy

PIP = (PYTHON, "-m", "pip")


def packages(facts: Facts, *requirements: str, **options: Any) -> "tuple[tuple[str, ...], ...]":
    return pip.install_packages(spot_of(facts), NeedPackages(requirements, **options))


def test_the_interpreter_is_named_by_its_path() -> None:
    assert packages(healthy(), "numpy<2") == ((*PIP, "install", "numpy<2"),)


def test_options() -> None:
    assert packages(healthy(), "pip", upgrade=True) == ((*PIP, "install", "--upgrade", "pip"),)
    assert packages(healthy(), "mmcv==2.1.0", no_deps=True) == ((*PIP, "install", "--no-deps", "mmcv==2.1.0"),)
    assert packages(healthy(), "flash-attn", build_isolation=False) == (
        (*PIP, "install", "--no-build-isolation", "flash-attn"),
    )


def test_a_reinstall_forces_the_package_alone_and_then_completes_it() -> None:
    assert packages(healthy(), "torchvision==0.20.1", reinstall=True) == (
        (*PIP, "install", "--force-reinstall", "--no-deps", "torchvision==0.20.1"),
        (*PIP, "install", "torchvision==0.20.1"),
    )
    assert packages(healthy(), "torchvision==0.20.1", reinstall=True, no_deps=True) == (
        (*PIP, "install", "--force-reinstall", "--no-deps", "torchvision==0.20.1"),
    )


def test_without_pip_it_is_brought_first() -> None:
    assert packages(without_pip(healthy()), "numpy<2") == (
        (PYTHON, "-m", "ensurepip", "--upgrade"),
        (*PIP, "install", "numpy<2"),
    )


def test_without_pip_uv_stands_in_where_it_is_there() -> None:
    assert packages(without_pip(with_tools(healthy(), "uv")), "numpy<2") == (
        ("uv", "pip", "install", "--python", PYTHON, "numpy<2"),
    )


def test_uninstall_never_asks_and_takes_every_copy() -> None:
    spot = spot_of(healthy())
    assert pip.uninstall(spot, ("torch",)) == ((*PIP, "uninstall", "-y", "torch"),)
    assert pip.uninstall(spot, ("torch",), times=2) == ((*PIP, "uninstall", "-y", "torch"),) * 2


def test_no_interpreter_is_no_command() -> None:
    spot = spot_of(change(healthy(), "python", executable=Absent(("PATH",))))
    with pytest.raises(ValueError, match="no interpreter"):
        pip.install(spot, ("numpy",))
    with pytest.raises(ValueError, match="no interpreter"):
        pip.uninstall(spot, ("numpy",))
