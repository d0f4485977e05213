"""The same packages in the user's other environments."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

import pytest

from envdoctor.facts import Elsewhere
from envdoctor.probes.installs import look
from envdoctor.reading import Known
from tests.fakes import FakeHost

from .answers import ENV, answer, machine, target

ELF = b"\x7fELF\0"
INFO = "lib/python3.10/site-packages/torch-2.1.0+cu118.dist-info/METADATA"


def env(prefix: str, *infos: str, conda: bool = False) -> Dict[str, object]:
    sign = f"{prefix}/conda-meta/history" if conda else f"{prefix}/pyvenv.cfg"
    return {sign: "", f"{prefix}/bin/python": ELF, **{f"{prefix}/{info}": "" for info in infos or (INFO,)}}


def found(files: Mapping[str, object], said: Any = None, **fields: Any) -> List[Elsewhere]:
    host: FakeHost = machine(answer() if said is None else said, files=dict(files), **fields)
    elsewhere = look(host, target(host)).elsewhere
    assert isinstance(elsewhere, Known)
    return list(elsewhere.value)


def torch(prefix: str, found_by: str) -> Elsewhere:
    return Elsewhere("torch", "2.1.0+cu118", prefix, f"{prefix}/bin/python", found_by, "cu118")


@pytest.mark.parametrize(
    ("prefix", "files", "environ", "found_by"),
    [
        ("/opt/other", env("/opt/other"), {"PATH": f"{ENV}/bin:/opt/other/bin"}, "PATH"),
        ("/opt/c", env("/opt/c", conda=True), {"CONDA_PREFIX": "/opt/c"}, "CONDA_PREFIX"),
        (
            "/scratch/x",
            {**env("/scratch/x", conda=True), "/home/ana/.conda/environments.txt": "/scratch/x\n/gone\n"},
            {},
            "environments.txt",
        ),
        ("/opt/conda/envs/x", env("/opt/conda/envs/x", conda=True), {}, "envs_dirs"),
        ("/opt/conda", {**env("/opt/conda", conda=True), "/opt/conda/condabin/conda": ""}, {}, "envs_dirs"),
        ("/home/ana/.virtualenvs/x", env("/home/ana/.virtualenvs/x"), {}, "~/.virtualenvs"),
        ("/w/x", env("/w/x"), {"WORKON_HOME": "/w"}, "~/.virtualenvs"),
        ("/home/ana/envs/other", env("/home/ana/envs/other"), {}, "sibling"),
        ("/home/ana/work/.venv", env("/home/ana/work/.venv"), {}, "sibling"),
        ("/home/ana/.pyenv/versions/3.10.4", env("/home/ana/.pyenv/versions/3.10.4"), {}, "pyenv"),
    ],
)  # fmt: skip
def test_where_it_looks(prefix: str, files: Mapping[str, object], environ: Dict[str, str], found_by: str) -> None:
    assert found(files, environ=environ) == [torch(prefix, found_by)]


def test_the_environment_of_a_command_on_path() -> None:
    files = {**env("/opt/other"), "/usr/bin/pip": "#!/opt/other/bin/python\n"}
    assert found(files) == [torch("/opt/other", "PATH")]


def test_the_active_environment_is_not_elsewhere_under_any_name() -> None:
    files = {**env(ENV), "/home/ana/.conda/environments.txt": f"{ENV}\n/link/yolo\n"}
    assert found(files, links={"/link": "/home/ana/envs"}) == []


def test_an_environment_is_told_once() -> None:
    files = {
        **env("/opt/conda/envs/x", conda=True),
        "/home/ana/.conda/environments.txt": "/opt/conda/envs/x\n/link/x\n",
    }
    assert found(files, links={"/link": "/opt/conda/envs"}) == [torch("/opt/conda/envs/x", "environments.txt")]


def test_the_user_site_that_this_interpreter_does_not_read() -> None:
    files = {"/home/ana/.local/lib/python3.11/site-packages/torch-1.13.0.dist-info/METADATA": ""}
    (one,) = found(files)
    assert (one.name, one.version, one.found_by, one.executable) == ("torch", "1.13.0", "user-site", "")
    assert found(files, answer(site={"user_site_enabled": True})) == []


def test_the_user_sites_of_other_pythons() -> None:
    """What the pip of another Python put into ~/.local: found whether or not this Python reads its own."""
    prefixes = ["/home/ana/.local/lib/python2.7", "/home/ana/.local/lib/python3.9"]
    files = {f"{prefix}/site-packages/torch-1.13.0.dist-info/x": "" for prefix in prefixes}
    for on in (True, False):
        others = found(files, answer(site={"user_site_enabled": on}))
        assert [(one.prefix, one.found_by) for one in others] == [(prefix, "user-site") for prefix in prefixes]


def test_names_of_folders() -> None:
    site = "lib/python3.9/site-packages"
    files = env(
        "/home/ana/envs/other",
        f"{site}/flash_attn-2.5.6+cu122torch2.1.dist-info/x",
        f"{site}/mmcv_full-1.7.0-py3.9.egg-info",
        f"{site}/opencv_python_headless-4.9.0.80.dist-info/x",
        f"{site}/torch_geometric-2.5.dist-info/x",
        f"{site}/torchvision-0.16.0-py3.9-linux-x86_64.egg-info/x",
        f"{site}/~orch-2.0.0.dist-info/x",
        f"{site}/torch/__init__.py",
    )
    rows = [(one.name, one.version, one.build) for one in found(files)]
    assert rows == [
        ("flash-attn", "2.5.6+cu122torch2.1", "cu122torch2.1"),
        ("mmcv-full", "1.7.0", ""),
        ("opencv-python-headless", "4.9.0.80", ""),
        ("torchvision", "0.16.0", ""),
    ]


@pytest.mark.parametrize(
    ("version_py", "build"),
    [
        ("cuda: Optional[str] = '12.1'\nhip: Optional[str] = None\n", "cu121"),
        ("__version__ = '1.8.0'\ncuda = '11.1.1'\n", "cu111"),
        ("cuda: Optional[str] = None\nhip: Optional[str] = None\n", "cpu"),
        ("cuda = None\nhip = '5.6'\n", ""),
        ("nonsense", ""),
    ],
)
def test_the_build_of_a_torch_whose_version_does_not_tell(version_py: str, build: str) -> None:
    site = "lib/python3.9/site-packages"
    files = env("/home/ana/envs/other", f"{site}/torch-2.1.0.dist-info/METADATA")
    files[f"/home/ana/envs/other/{site}/torch/version.py"] = version_py
    assert [(one.version, one.build) for one in found(files)] == [("2.1.0", build)]


def test_an_environment_whose_python_is_gone_still_tells() -> None:
    files = env("/home/ana/envs/other")
    del files["/home/ana/envs/other/bin/python"]
    assert [one.executable for one in found(files)] == [""]


def test_thousands_of_environments_are_not_all_asked() -> None:
    files: Dict[str, object] = {}
    for number in range(150):
        files.update(env(f"/home/ana/envs/e{number:03}"))
    assert len(found(files)) == 40


def test_closed_and_silent_places_are_passed_over() -> None:
    files = {
        **env("/home/ana/envs/other"),
        **env("/opt/conda/envs/x", conda=True),
        **env("/opt/conda/envs/y", conda=True),
    }
    assert found(files, denied={"/home/ana/envs/other"}, stuck={"/opt/conda/envs/x"}) == [
        torch("/opt/conda/envs/y", "envs_dirs")
    ]
