"""The lines for a uv project, run by uv itself against an index on loopback that is laid out like PyTorch's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Dict, Iterator, Tuple

import pytest

from envdoctor.cure import project
from envdoctor.cure.spot import spot_of
from tests.cure.cases import project as project_facts

UV = shutil.which("uv")
pytestmark = [pytest.mark.real, pytest.mark.skipif(UV is None, reason="uv is not here")]

TRIO = ("torch==2.5.1", "torchvision==0.20.1", "torchaudio==2.5.1")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def wheel(root: Path, name: str, version: str, *requires: str) -> None:
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as made:
        made.writestr(f"{name}/__init__.py", "")
        lines = "".join(f"Requires-Dist: {one}\n" for one in requires)
        made.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{lines}")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{info}/RECORD", "")
    links = (f'<a href="{one.name.replace("+", "%2B")}">{one.name}</a>' for one in sorted(folder.glob("*.whl")))
    (folder / "index.html").write_text("".join(links))


def trio(root: Path, tag: str = "") -> None:
    for torch, vision in (("2.4.1", "0.19.1"), ("2.5.1", "0.20.1")):
        wheel(root, "torch", torch + tag)
        wheel(root, "torchvision", vision + tag, f"torch=={torch}", "numpy")
        wheel(root, "torchaudio", torch + tag, f"torch=={torch}")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """PyPI at /simple; PyTorch's builds at /whl/cu118 and /whl/cu121, with an old NumPy beside them as there."""
    trio(tmp_path / "site" / "simple")
    wheel(tmp_path / "site" / "simple", "numpy", "2.1.0")
    for variant in ("cu118", "cu121"):
        trio(tmp_path / "site" / "whl" / variant, f"+{variant}")
        wheel(tmp_path / "site" / "whl" / variant, "numpy", "1.24.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "site")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def run(folder: Path, site: str, *argv: str) -> str:
    config = folder.parent / "uv.toml"
    config.write_text(f'[[index]]\nurl = "{site}/simple"\ndefault = true\n')
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent),
        "UV_CONFIG_FILE": str(config),
        "UV_CACHE_DIR": str(folder.parent / "cache"),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
    }
    done = subprocess.run(argv, env=env, capture_output=True, text=True, cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout


def installed(folder: Path) -> Dict[str, str]:
    found = (
        one.name[: -len(".dist-info")].rsplit("-", 1) for one in folder.glob(".venv/lib/*/site-packages/*.dist-info")
    )
    return {one[0]: one[1] for one in found}


def manifest(folder: Path, more: str = "") -> None:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "work"\nversion = "0"\nrequires-python = ">=3.8"\n'
        f'dependencies = ["torch==2.4.1", "torchvision", "torchaudio"]\n{more}'
    )


PINNED = (
    '\n[[tool.uv.index]]\nname = "gpu"\nurl = "{site}/whl/cu118"\nexplicit = true\n\n'
    '[tool.uv.sources]\ntorch = {{ index = "gpu" }}\n'
    'torchvision = {{ index = "gpu" }}\ntorchaudio = {{ index = "gpu" }}\n'
)


@pytest.mark.parametrize(("more", "name", "explicit"), [("", "pytorch-cu121", False), (PINNED, "gpu", True)])
def test_torch_changes_and_nothing_else(tmp_path: Path, site: str, more: str, name: str, explicit: bool) -> None:
    assert UV is not None
    folder = tmp_path / "work"
    manifest(folder, more.format(site=site))
    run(folder, site, UV, "sync", "--project", str(folder))
    before = installed(folder)
    assert (before["torch"], before["numpy"]) == ("2.4.1+cu118" if more else "2.4.1", "2.1.0")
    spot = spot_of(project_facts("uv", str(folder)))
    commands: Tuple[Tuple[str, ...], ...] = project.add_from(spot, TRIO, f"{site}/whl/cu121", name, explicit)
    for argv in commands:
        run(folder, site, *argv)
    after = installed(folder)
    assert after == {
        **before,
        "torch": "2.5.1+cu121",
        "torchvision": "0.20.1+cu121",
        "torchaudio": "2.5.1+cu121",
    }
    assert (folder / "pyproject.toml").read_text().count("explicit = true") == 1
    # A later sync, which resolves anew, changes nothing.
    (folder / "uv.lock").unlink()
    run(folder, site, UV, "sync", "--project", str(folder))
    assert installed(folder) == after
