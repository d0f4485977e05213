"""torch by the manager that owns it: the planner's build in that manager's words."""

from typing import Optional, Tuple

from envdoctor.compat import CompatTable
from envdoctor.cure import prescribe
from envdoctor.facts import Facts, Setting
from envdoctor.reading import Absent, Known
from envdoctor.report import Finding, Fix, NeedRemoved, NeedTorch, Remedy
from tests.cure.cases import CONDA, PYTHON, conda, project, record, with_tools
from tests.healthy import SITE, change, dist, healthy

TABLE = CompatTable()
PIP = (PYTHON, "-m", "pip", "install")
TRIO = ("torch==2.5.1", "torchvision==0.20.1", "torchaudio==2.5.1")


def index(variant: str) -> Tuple[str, str]:
    return "--index-url", f"https://download.pytorch.org/whl/{variant}"


def fix(facts: Facts, need: NeedTorch, manager: Optional[str] = None) -> Fix:
    finding = Finding("AAA101", "a-rule", "error", "title", "", (), (Remedy("mend it", (need,)),))
    (only,) = prescribe(finding, facts, TABLE, manager)
    return only


def cpu_build(facts: Facts) -> Facts:
    return change(
        facts,
        "torch",
        version=Known("2.5.1+cpu", "version.py"),
        build=Known("cpu", "version.py"),
        cuda=Absent(("version.py",)),
    )


def test_another_version_is_one_plain_install() -> None:
    older = change(healthy(), "torch", version=Known("2.1.0+cu121", "version.py"), companions=Known((), SITE))
    older = change(older, "installs", distributions=Known((dist("torch", "2.1.0+cu121"),), "ask"))
    assert fix(older, NeedTorch("2.5.1", "cu121")).commands == ((*PIP, "torch==2.5.1", *index("cu121")),)


def test_another_build_of_the_same_version_is_forced_because_pip_would_take_it_for_the_same() -> None:
    made = fix(cpu_build(healthy()), NeedTorch(accelerator="cu121"))
    assert made.commands == (
        (*PIP, "--force-reinstall", "--no-deps", "torch==2.5.1", *index("cu121")),
        (*PIP, *TRIO, *index("cu121")),
    )
    assert made.check[0] == PYTHON and "torch.cuda.is_available()" in made.check[2]


def test_broken_files_are_forced_all() -> None:
    made = fix(healthy(), NeedTorch(reinstall=True))
    assert made.commands[0] == (*PIP, "--force-reinstall", "--no-deps", *TRIO, *index("cu121"))


def test_the_old_eras_find_links() -> None:
    old = change(healthy(), "python", version=Known("3.8.10", "ask"))
    (command,) = fix(old, NeedTorch("1.9.0")).commands
    assert command == (
        *PIP, "torch==1.9.0+cu111", "torchvision==0.10.0+cu111", "torchaudio==0.9.0",
        "-f", "https://download.pytorch.org/whl/torch_stable.html",
    )  # fmt: skip


def test_uv_does_it_in_one() -> None:
    by_uv = with_tools(change(cpu_build(healthy()), "python", manager=Known("uv", "pyvenv.cfg")), "uv")
    assert fix(by_uv, NeedTorch(accelerator="cu121")).commands == (
        ("uv", "pip", "install", "--python", PYTHON, "--reinstall-package", "torch", *TRIO, *index("cu121")),
    )


def test_a_uv_project_pins_torch_alone_to_an_index() -> None:
    url = index("cu121")[1]
    made = fix(cpu_build(project("uv")), NeedTorch(accelerator="cu121"))
    uv, folder = ("uv", "add", "--project", "/home/ana/work", "--frozen", "--index"), "/home/ana/work"
    mark = '\\|^url *= *"https://download\\.pytorch\\.org/whl/cu121"|a explicit = true'
    assert made.commands == (
        (*uv, f"pytorch-cu121={url}", *TRIO),
        ("sed", "-i", mark, f"{folder}/pyproject.toml"),
        ("uv", "sync", "--project", folder, "--inexact"),
    )


def test_a_uv_project_that_has_an_index_keeps_its_name() -> None:
    """[tool.uv.sources] pins torch to that name."""
    own = "/home/ana/work/pyproject.toml"
    wheels = "https://download.pytorch.org/whl"
    for key, values, name, marked in (
        ("explicit-index", (f"torch-gpu={wheels}/cu118",), "torch-gpu", False),
        ("index", (f"torch-gpu={wheels}/cpu/",), "torch-gpu", True),
        ("explicit-index", (f"a={wheels}/cu118", f"pytorch-cpu={wheels}/cpu"), "pytorch-cpu", False),
        ("explicit-index", ("lab=https://pypi.lab/simple",), "pytorch-cu121", True),
    ):
        facts = change(cpu_build(project("uv")), "indexes", uv=Known((Setting(key, values, own, True),), "uv"))
        made = fix(facts, NeedTorch(accelerator="cu121"))
        assert f"{name}={wheels}/cu121" in made.commands[0]
        assert (made.commands[1][0] == "sed") is marked
        assert ("other indexes" in made.note) is (len(values) > 1)


def test_a_poetry_project_names_the_index_in_its_manifest() -> None:
    poetry = fix(cpu_build(project("poetry")), NeedTorch(accelerator="cu121")).commands
    assert poetry[0][-2:] == ("pytorch-cu121", index("cu121")[1]) and poetry[1][-3:] == TRIO


def test_a_pixi_project_takes_what_conda_forge_has() -> None:
    none = Known((), "site-packages")
    made = fix(change(cpu_build(project("pixi")), "installs", distributions=none), NeedTorch(accelerator="cu121"))
    # What conda-forge's CUDA 12.6 build of 2.5.1 has code for is not known.
    assert made.commands == (
        ("pixi", "add", "--manifest-path", "/home/ana/work", "pytorch-gpu==2.11.0", "torchvision", "cuda-version=12.9"),
    )
    assert "system-requirements" in made.note


def test_a_pixi_project_with_torch_from_pypi_keeps_it_there() -> None:
    made = fix(cpu_build(project("pixi")), NeedTorch(accelerator="cu121"))
    pixi = ("pixi", "add", "--manifest-path", "/home/ana/work", "--pypi", "--index", index("cu121")[1])
    assert made.commands == ((*pixi, *TRIO),)


def test_what_conda_owns_conda_replaces_by_its_own_recipe() -> None:
    owned = cpu_build(conda(record("pytorch"), record("torchvision")))
    recipe = TABLE.conda_recipe("2.5.1", "cu121")
    assert fix(owned, NeedTorch(accelerator="cu121")).commands == (
        ("conda", "install", "-n", "yolo", "-y", *recipe.words),
    )
    assert "pytorch-cuda=12.1" in recipe.words and recipe.words[-4:] == ("-c", "pytorch", "-c", "nvidia")


def test_what_pip_put_into_a_conda_environment_pip_replaces() -> None:
    python = f"{CONDA}/envs/yolo/bin/python"
    made = fix(cpu_build(conda(record("numpy"))), NeedTorch(accelerator="cu121"))
    assert [argv[:4] for argv in made.commands] == [(python, "-m", "pip", "install")] * 2


def test_the_wish_for_conda_is_heard_there() -> None:
    made = fix(cpu_build(conda(record("numpy"))), NeedTorch(accelerator="cu121"), manager="mamba")
    assert made.commands[0][:4] == ("mamba", "install", "-n", "yolo")


def test_a_torchvision_that_pip_put_beside_condas_torch_goes_first() -> None:
    # conda would lay its own files over it, and both would own the folder.
    mixed = conda(record("pytorch"), record("numpy"))
    site = f"{CONDA}/envs/yolo/lib/python3.11/site-packages"
    by_pip = dist("torchvision", "0.19.1+cu121", location=site)
    dists = (dist("torch", "2.5.1", location=site, installer="conda"), by_pip)
    mixed = change(cpu_build(mixed), "installs", distributions=Known(dists, "ask"))
    removal, install = fix(mixed, NeedTorch(accelerator="cu121")).commands
    assert removal == (f"{CONDA}/envs/yolo/bin/python", "-m", "pip", "uninstall", "-y", "torchvision")
    assert install[:4] == ("conda", "install", "-n", "yolo")


def test_what_conda_no_longer_builds_comes_from_pip_after_condas_copy_is_gone() -> None:
    newer = conda(record("pytorch"), record("torchvision"), record("numpy"))
    newer = change(newer, "torch", version=Known("2.7.1", "version.py"))
    made = fix(newer, NeedTorch("2.7.1", "cu118"))
    assert made.commands[0] == ("conda", "remove", "-n", "yolo", "-y", "pytorch", "torchvision")
    assert made.commands[1][0] == f"{CONDA}/envs/yolo/bin/python"
    assert made.commands[1][-2:] == index("cu118") and "--force-reinstall" not in made.commands[1]
    assert len(made.commands) == 2
    assert made.safety == "removes" and "pip" in made.note


def test_where_no_build_fits_there_is_a_reason_and_no_command() -> None:
    nothing = change(healthy(), "python", version=Known("3.4.2", "ask"))
    made = fix(nothing, NeedTorch())
    assert made.commands == () and "3.4" in made.note


def test_cpuonly_goes_before_a_cuda_build_comes() -> None:
    owned = cpu_build(conda(record("pytorch"), record("cpuonly")))
    first, second = fix(owned, NeedTorch(accelerator="cu121")).commands
    assert first == ("conda", "remove", "-n", "yolo", "-y", "cpuonly")
    assert second[:2] == ("conda", "install")


def mixed() -> Facts:
    """conda's record of pytorch, and a torch that pip laid over it."""
    facts = conda(record("pytorch"), record("torchvision"))
    site = f"{CONDA}/envs/yolo/lib/python3.11/site-packages"
    return change(facts, "installs", distributions=Known((dist("torch", "2.5.1+cu121", location=site),), "ask"))


def test_where_both_have_a_copy_condas_goes_and_pips_is_put_in_place_again() -> None:
    made = fix(mixed(), NeedTorch())
    assert made.commands[0] == ("conda", "remove", "-n", "yolo", "-y", "pytorch", "torchvision")
    assert made.commands[1][3:6] == ("install", "--force-reinstall", "--no-deps")


def test_what_an_earlier_step_removed_is_neither_removed_again_nor_counted_on() -> None:
    remedy = Remedy("one of them", (NeedRemoved(("torch", "torchvision"), by="any"), NeedTorch(reinstall=True)))
    finding = Finding("AAA101", "a-rule", "error", "title", "", (), (remedy,))
    (made,) = prescribe(finding, mixed(), TABLE)
    python = f"{CONDA}/envs/yolo/bin/python"
    assert made.commands[:2] == (
        ("conda", "remove", "-n", "yolo", "-y", "pytorch", "torchvision"),
        (python, "-m", "pip", "uninstall", "-y", "torch"),
    )
    assert [argv[3] for argv in made.commands[2:]] == ["install"] * len(made.commands[2:])
    assert "torch==2.5.1" not in [word for argv in made.commands if "--force-reinstall" in argv for word in argv]
