"""inside/ask.py, run by real interpreters from 2.7 on in environments that are broken on purpose."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .stubs import MINORS, SOURCE, TOKEN, ask, copies, home_python, named, package, python_of, run, site_of, venv

every_python = pytest.mark.parametrize("minor", MINORS)
python_3 = pytest.mark.parametrize("minor", [minor for minor in MINORS if minor != "2.7"])


@every_python
def test_it_says_what_it_is(minor: str, tmp_path: Path) -> None:
    python = python_of(minor)
    answer = ask(python, tmp_path)
    about = answer["interpreter"]
    assert about["version"].startswith(f"{minor}.")
    assert about["implementation"] == "CPython"
    assert Path(about["executable"]).samefile(python)
    assert about["prefix"] == about["base_prefix"] == str(Path(python).resolve().parents[1])
    assert about["bits"] == 64 and about["free_threaded"] is False
    assert about["platform"] == f"linux-{about['machine']}" == f"linux-{os.uname().machine}"
    assert about["libc"].startswith("glibc 2.")
    assert answer["cwd"] == str(tmp_path)
    assert answer["site"]["purelib"] == f"{about['prefix']}/lib/python{minor}/site-packages"
    assert answer["site"]["user_site"] == f"{tmp_path}/.local/lib/python{minor}/site-packages"
    assert answer["site"]["user_site_enabled"] is True
    origins = [entry["origin"] for entry in answer["path"]]
    assert origins[0] == "cwd" and set(origins[1:-1]) == {"stdlib"} and origins[-1] == "site-packages"
    assert answer["notes"] == []


@python_3
def test_a_virtual_environment(minor: str, tmp_path: Path) -> None:
    python = venv(tmp_path / "env", minor)
    package(site_of(tmp_path / "env"), "torch", "2.1.0+cu121", ["numpy>=1.2 ; python_version < '4'", "sympy"])
    answer = ask(python, tmp_path)
    assert answer["interpreter"]["prefix"] == str(tmp_path / "env") != answer["interpreter"]["base_prefix"]
    assert answer["interpreter"]["executable"] == str(python)
    assert answer["site"]["user_site_enabled"] is False
    (torch,) = named(answer, "torch")
    assert torch["version"] == "2.1.0+cu121"
    assert torch["requires"] == ["numpy>=1.2 ; python_version < '4'", "sympy"]
    assert torch["installer"] == "pip" and torch["readable"] and not torch["editable"]
    assert torch["record"] == 6 and torch["sampled"] >= 1 and torch["missing"] == []
    assert copies(answer) == [("site-packages", "package", "2.1.0+cu121")]


@every_python
def test_files_of_the_user_named_like_the_standard_library_are_not_imported(minor: str, tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    for name in ("json", "_json", "ctypes", "gc", "zipimport", "torch"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('taken from the current folder')\n")
        (tmp_path / "dir" / f"{name}.py").write_text("raise RuntimeError('taken from PYTHONPATH')\n")
    (tmp_path / "sysconfig.py").write_text("raise RuntimeError('taken from the current folder')\n")
    answer = ask(python_of(minor), tmp_path, {"PYTHONPATH": str(tmp_path / "dir")})
    assert copies(answer) == [("cwd", "module", ""), ("pythonpath", "module", "")]
    assert answer["modules"]["torch"][0]["path"] == str(tmp_path / "torch.py")
    assert answer["environ"]["PYTHONPATH"] == str(tmp_path / "dir")


@every_python
def test_noise_does_not_reach_the_answer(minor: str, tmp_path: Path) -> None:
    (tmp_path / "noise").mkdir()
    noise = "import atexit, sys\nsys.stdout.write('no newline')\natexit.register(lambda: sys.stdout.write('bye'))\n"
    (tmp_path / "noise" / "sitecustomize.py").write_text(noise)
    said = run(python_of(minor), tmp_path, {"PYTHONPATH": str(tmp_path / "noise")})
    before, token, rest = said.partition(f"\n{TOKEN}\n")
    assert before == "no newline" and token
    assert rest.endswith(f"\n{TOKEN}\n")
    assert json.loads(rest[: -len(TOKEN) - 2])["interpreter"]["version"].startswith(minor)


@python_3
def test_pythonpath_comes_before_the_environment(minor: str, tmp_path: Path) -> None:
    python = venv(tmp_path / "env", minor)
    package(site_of(tmp_path / "env"), "torch", "2.1.0")
    package(tmp_path / "old", "torch", "1.8.0")
    answer = ask(python, tmp_path, {"PYTHONPATH": str(tmp_path / "old")})
    assert copies(answer) == [("pythonpath", "package", "1.8.0"), ("site-packages", "package", "2.1.0")]
    assert [one["version"] for one in named(answer, "torch")] == ["1.8.0", "2.1.0"]


@every_python
def test_the_user_site_comes_before_site_packages_and_can_be_switched_off(minor: str, tmp_path: Path) -> None:
    env = {**home_python(tmp_path / "base", minor), "HOME": str(tmp_path / "home")}
    package(tmp_path / "base" / "lib" / f"python{minor}" / "site-packages", "torch", "2.1.0")
    package(tmp_path / "home" / ".local" / "lib" / f"python{minor}" / "site-packages", "torch", "1.13.0")
    answer = ask(python_of(minor), tmp_path, env)
    assert copies(answer) == [("user-site", "package", "1.13.0"), ("site-packages", "package", "2.1.0")]
    off = ask(python_of(minor), tmp_path, {**env, "PYTHONNOUSERSITE": "1"})
    assert copies(off) == [("site-packages", "package", "2.1.0")]
    assert off["site"]["user_site_enabled"] is False
    assert off["site"]["user_site"] == answer["site"]["user_site"]


@pytest.mark.parametrize("minor", ["3.11", "3.13"])
def test_the_mark_of_an_externally_managed_python(minor: str, tmp_path: Path) -> None:
    env = home_python(tmp_path / "base", minor)
    assert ask(python_of(minor), tmp_path, env)["site"]["externally_managed"] is None
    mark = tmp_path / "base" / "lib" / f"python{minor}" / "EXTERNALLY-MANAGED"
    mark.write_text("[externally-managed]\n")
    assert ask(python_of(minor), tmp_path, env)["site"]["externally_managed"] == str(mark)


@every_python
def test_a_folder_without_init_yields_to_a_package(minor: str, tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    package(tmp_path / "dir", "torch", "2.1.0")
    alone = ask(python_of(minor), tmp_path)
    beside = ask(python_of(minor), tmp_path, {"PYTHONPATH": str(tmp_path / "dir")})
    namespace = [] if minor == "2.7" else [("cwd", "namespace", "")]  # Python 2 knows no such packages
    assert copies(alone) == namespace
    assert copies(beside) == [("pythonpath", "package", "2.1.0"), *namespace]


@python_3
def test_the_current_folder_is_no_shadow_of_itself(minor: str, tmp_path: Path) -> None:
    python = venv(tmp_path / "env", minor)
    site = site_of(tmp_path / "env")
    package(site, "torch", "2.1.0")
    assert copies(ask(python, site)) == [("site-packages", "package", "2.1.0")]
    os.symlink(site, tmp_path / "link")
    assert copies(ask(python, tmp_path / "link")) == [("site-packages", "package", "2.1.0")]


@pytest.mark.parametrize("minor", ["3.11", "3.13"])
def test_a_safe_path_has_no_current_folder(minor: str, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("")
    answer = ask(python_of(minor), tmp_path, {"PYTHONSAFEPATH": "1"})
    assert answer["interpreter"]["flags"]["safe_path"] == 1
    assert answer["path"][0]["origin"] == "stdlib" and copies(answer) == []


def test_the_current_folder_is_gone(tmp_path: Path) -> None:
    script = 'cd "$1" && rmdir "$1" && exec "$2" -c "$3" "$4"'
    (tmp_path / "gone").mkdir()
    command = ["sh", "-c", script, "sh", str(tmp_path / "gone"), python_of("3.11"), SOURCE, TOKEN]
    said = subprocess.run(command, env={"HOME": "/"}, stdout=subprocess.PIPE, timeout=60).stdout.decode().split("\n")
    answer = json.loads(said[2])
    assert answer["cwd"] is None and answer["interpreter"]["version"].startswith("3.11")


@python_3
def test_extension_modules_count_for_their_own_python_only(minor: str, tmp_path: Path) -> None:
    (tmp_path / "cv2.cpython-27-x86_64-linux-gnu.so").write_bytes(b"")
    answer = ask(python_of(minor), tmp_path)
    assert copies(answer, "cv2") == []
    (tmp_path / "cv2.so").write_bytes(b"")
    (tmp_path / "cv2.py").write_text("")
    answer = ask(python_of(minor), tmp_path)
    assert copies(answer, "cv2") == [("cwd", "extension", "")]


@every_python
def test_versions_are_read_where_a_package_states_them(minor: str, tmp_path: Path) -> None:
    stated = {
        "torch": ("version.py", "__all__ = []\n__version__ = '2.6.0+cu124'\ncuda: str = '12.4'\n", "2.6.0+cu124"),
        "cv2": ("version.py", 'opencv_version = "4.9.0.80"\nci_build = True\n', "4.9.0.80"),
        "scipy": ("version.py", 'version_info = "9.9"\nversion = "1.11.1"  # a note\n', "1.11.1"),
        "matplotlib": ("_version.py", "version: str\n__version__ = version = '3.8.0'\n", "3.8.0"),
        "ultralytics": ("__init__.py", '# AGPL\n__version__ = "8.3.0"\nimport os\n', "8.3.0"),
        "numpy": ("__init__.py", "from .version import __version__\n__version__ = get()\n", ""),
    }
    for name, (file, text, _) in stated.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        (tmp_path / name / file).write_text(text)
    answer = ask(python_of(minor), tmp_path)
    assert {name: copies(answer, name)[0][2] for name in stated} == {name: row[2] for name, row in stated.items()}


@every_python
def test_damaged_metadata(minor: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    info = package(site, "torch", "2.1.0")
    (site / "torch-1.8.0.dist-info").mkdir()  # pip over conda, then conda remove: this alone is left
    (site / "torch-1.8.0.dist-info" / "REQUESTED").write_text("")
    (site / "broken-1.0.dist-info").mkdir()
    (site / "broken-1.0.dist-info" / "METADATA").write_bytes(b"\x00\xff\xfeName\n" * 1000)
    (site / "broken-1.0.dist-info" / "RECORD").write_bytes(b"\x00\xff,,\n\xfe\n" * 1000)
    (site / "a file.dist-info").write_text("")
    (info / "METADATA").write_bytes(b"Metadata-Version: 2.1\r\nName: torch\r\nVersion: 2.1.0\r\n\r\nName: readme\r\n")
    answer = ask(python_of(minor), tmp_path, {"PYTHONPATH": str(site)})
    rows = [(one["name"], one["version"], one["readable"]) for one in answer["distributions"]]
    expected = [("a file", "", False), ("broken", "", False), ("torch", "", False), ("torch", "2.1.0", True)]
    assert [row for row in rows if row in expected] == expected


@every_python
def test_files_that_a_record_promises(minor: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    info = package(site, "torch", "2.1.0")
    present = "torch/core.py,,\n" * 200
    record = "torch/__init__.py,,\n" + "torch/__pycache__/x.pyc,,\n../../bin/torchrun,,\n" + present
    (info / "RECORD").write_text(record)
    whole = named(ask(python_of(minor), tmp_path, {"PYTHONPATH": str(site)}), "torch")[0]
    assert (whole["record"], whole["missing"]) == (203, [])
    (site / "torch" / "__init__.py").unlink()
    torn = named(ask(python_of(minor), tmp_path, {"PYTHONPATH": str(site)}), "torch")[0]
    assert torn["missing"] == ["torch/__init__.py"]
    assert torn["sampled"] == whole["sampled"] >= 2


@every_python
def test_eggs_and_editable_installs(minor: str, tmp_path: Path) -> None:
    home = home_python(tmp_path / "base", minor)
    site = tmp_path / "base" / "lib" / f"python{minor}" / "site-packages"
    source = tmp_path / "src"
    (source / "mmcv").mkdir(parents=True)
    (source / "mmcv" / "__init__.py").write_text("")
    (source / "mmcv.egg-info").mkdir()
    (source / "mmcv.egg-info" / "PKG-INFO").write_text("Name: mmcv\nVersion: 1.7.0\n")
    (source / "mmcv.egg-info" / "requires.txt").write_text("yapf\n\n[all:python_version > '2']\nonnx\n\n[test]\npy\n")
    (site / "easy-install.pth").write_text(f"# a note\nimport sys\n{source}\n")
    (site / "mmcv.egg-link").write_text(f"{source}\n.")
    (site / "apt_1-2.0-py3.egg-info").write_text("Name: apt-1\nVersion: 2.0\n")
    info = package(site, "lab", "0.1")
    (info / "direct_url.json").write_text(
        json.dumps({"dir_info": {"editable": True}, "url": "https://me:secret@host/lab"}, indent=1)
    )
    answer = ask(python_of(minor), tmp_path, home)
    (mmcv,), (apt,), (lab,) = (named(answer, name) for name in ("mmcv", "apt-1", "lab"))
    assert (mmcv["version"], mmcv["editable"], mmcv["location"]) == ("1.7.0", True, str(source))
    assert mmcv["requires"] == ["yapf", "onnx; (python_version > '2') and extra == \"all\"", 'py; extra == "test"']
    assert (apt["version"], apt["editable"]) == ("2.0", False)
    assert (lab["url"], lab["editable"]) == ("https://host/lab", True)
    assert copies(answer, "mmcv") == [("pth", "package", "")]
    assert copies(ask(python_of(minor), source, home), "mmcv") == [("pth", "package", "")]


@python_3
def test_an_editable_finder_comes_after_the_path(minor: str, tmp_path: Path) -> None:
    python = venv(tmp_path / "env", minor)
    site = site_of(tmp_path / "env")
    source = tmp_path / "repo"
    (source / "ultralytics").mkdir(parents=True)
    (source / "ultralytics" / "__init__.py").write_text("__version__ = '8.1.0'\n")
    (site / "__editable__.ultralytics-8.1.0.pth").write_text("import __editable___ultralytics_finder\n")
    finder = f"MAPPING = {{'ultralytics': {str(source / 'ultralytics')!r}}}\n"
    (site / "__editable___ultralytics_finder.py").write_text(finder)
    assert copies(ask(python, tmp_path), "ultralytics") == [("pth", "package", "8.1.0")]
    # A clone in the current folder is the same files: no shadow. Another folder of that name is one.
    assert copies(ask(python, source), "ultralytics") == [("pth", "package", "8.1.0")]
    other = tmp_path / "other"
    (other / "ultralytics").mkdir(parents=True)
    (other / "ultralytics" / "__init__.py").write_text("__version__ = '8.0.0'\n")
    assert [row[2] for row in copies(ask(python, other), "ultralytics")] == ["8.0.0", "8.1.0"]


@every_python
def test_leftovers_and_odd_names(minor: str, tmp_path: Path) -> None:
    home = home_python(tmp_path / "base", minor)
    site = tmp_path / "base" / "lib" / f"python{minor}" / "site-packages"
    (site / "~orch").mkdir()
    (site / "~orch-2.0.1.dist-info").mkdir()
    (site / "~orch-2.0.1.dist-info" / "METADATA").write_text("Name: torch\nVersion: 2.0.1\n")
    os.mkdir(os.fsencode(site) + b"/~\xff\xe9")
    (site / 'it\'s "odd"\n\x1b[31m-1.0.dist-info').mkdir()
    answer = ask(python_of(minor), tmp_path, home)
    names = [Path(path).name for path in answer["leftovers"]]
    assert names[:2] == ["~orch", "~orch-2.0.1.dist-info"]
    assert names[2] == "~\udcff\udce9"
    assert named(answer, "torch") == []
    assert [one["name"] for one in answer["distributions"] if "odd" in one["name"]] == ['it\'s "odd"\n\x1b[31m']


@pytest.mark.parametrize("minor", ["2.7", "3.6"])
def test_paths_that_the_locale_cannot_spell(minor: str, tmp_path: Path) -> None:
    place = tmp_path / "donn\u00e9es"
    package(place, "torch", "2.1.0")
    answer = ask(python_of(minor), tmp_path, {"PYTHONPATH": str(place), "LC_ALL": "C"})
    found: Any = answer["modules"]["torch"][0]["path"]
    assert found.encode("utf-8", "surrogateescape") == os.fsencode(place / "torch" / "__init__.py")


def test_a_part_that_fails_does_not_take_the_others_along(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os\ndel os.getcwd\nimport site\nsite.getsitepackages = None\n")
    lines = run(python_of("3.11"), tmp_path, {"PYTHONPATH": str(tmp_path)}).split("\n")
    answer = json.loads(lines[lines.index(TOKEN) + 1])
    assert "error" in answer["cwd"] and "error" in answer["site"]
    assert answer["interpreter"]["version"].startswith("3.11")
    assert answer["distributions"] != []
