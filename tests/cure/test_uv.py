"""uv: its own environments through `uv pip --python`, its projects through their manifest."""

from envdoctor.cure import pip, project
from envdoctor.cure.spot import spot_of
from envdoctor.reading import Known
from envdoctor.report import NeedPackages
from tests.cure.cases import PYTHON, with_tools, without_pip
from tests.cure.cases import project as project_facts
from tests.healthy import change, healthy

UV = ("uv", "pip", "install", "--python", PYTHON)
by_uv = with_tools(change(healthy(), "python", manager=Known("uv", "pyvenv.cfg")), "uv")


def test_an_environment_that_uv_made() -> None:
    assert pip.install_packages(spot_of(by_uv), NeedPackages(("numpy<2",))) == ((*UV, "numpy<2"),)


def test_a_reinstall_names_the_packages() -> None:
    need = NeedPackages(("torch==2.5.1", "numpy<2"), reinstall=True)
    again = ("--reinstall-package", "torch", "--reinstall-package", "numpy")
    assert pip.install_packages(spot_of(by_uv), need) == ((*UV, *again, "torch==2.5.1", "numpy<2"),)


def test_uninstall_has_no_yes() -> None:
    assert pip.uninstall(spot_of(by_uv), ("torch",)) == (("uv", "pip", "uninstall", "--python", PYTHON, "torch"),)


def test_where_uv_made_it_and_is_gone_pip_does_it() -> None:
    gone = with_tools(by_uv)
    assert spot_of(gone).manager == "pip"
    assert pip.install(spot_of(without_pip(gone)), ("numpy",))[0] == (PYTHON, "-m", "ensurepip", "--upgrade")


def test_the_user_may_choose() -> None:
    assert spot_of(healthy(), "uv").manager == "uv"
    assert pip.install(spot_of(by_uv, "pip"), ("numpy",)) == ((PYTHON, "-m", "pip", "install", "numpy"),)


def test_a_project_is_changed_through_its_manifest() -> None:
    spot = spot_of(project_facts("uv"))
    assert project.add(spot, ("numpy<2",)) == (("uv", "add", "--project", "/home/ana/work", "numpy<2"),)
    index = "https://download.pytorch.org/whl/cu121"
    assert project.add(spot, ("torch==2.5.1",), index, "pytorch-cu121") == (
        ("uv", "add", "--project", "/home/ana/work", "--index", f"pytorch-cu121={index}", "torch==2.5.1"),
    )
    assert project.again(spot, ("torch",)) == (
        ("uv", "sync", "--project", "/home/ana/work", "--reinstall-package", "torch"),
    )


def test_poetry_and_pixi_projects() -> None:
    poetry, folder = spot_of(project_facts("poetry")), "/home/ana/work"
    index = "https://download.pytorch.org/whl/cu121"
    assert project.add(poetry, ("torch==2.5.1",), index, "pytorch-cu121") == (
        ("poetry", "--directory", folder, "source", "add", "--priority", "explicit", "pytorch-cu121", index),
        ("poetry", "--directory", folder, "add", "--source", "pytorch-cu121", "torch==2.5.1"),
    )
    pixi = spot_of(project_facts("pixi"))
    assert project.add(pixi, ("numpy<2",)) == (("pixi", "add", "--manifest-path", folder, "--pypi", "numpy<2"),)
