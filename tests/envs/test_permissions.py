"""What an unprivileged user meets, with envdoctor as one file that the administrator put on a shared path."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterator, Optional, Sequence

import pytest

from . import wheels
from .portable import one_file
from .shell import loud

SYSTEM = "/usr/bin/python3"
NOBODY = 65534

pytestmark = [
    pytest.mark.slow,
    pytest.mark.real,
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv"),
    pytest.mark.skipif(not os.path.exists(SYSTEM), reason="needs a Python that every user may run"),
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that everybody may enter, with the zipapp and a lab environment that belongs to root."""
    folder = tmp_path_factory.mktemp("shared")
    for part in (folder, *(parent for parent in folder.parents if Path(tempfile.gettempdir()) in parent.parents)):
        part.chmod(0o755)
    one_file(folder)
    subprocess.run([SYSTEM, "-m", "venv", "--without-pip", str(folder / "lab")], check=True)
    site = next((folder / "lab" / "lib").glob("python*/site-packages"))
    for name, data in wheels.torch_files("2.1.0", None).items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(data)
    yield folder


def check(shared: Path, path: Sequence[Path], home: Optional[Path] = None, **more: str) -> Dict[str, Any]:
    """`envdoctor check` as nobody."""
    environ = {"PATH": ":".join([*map(str, path), "/usr/bin", "/bin"]), "LANG": "C.UTF-8", **more}
    environ.update({"HOME": str(home)} if home else {})
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    argv = [*drop, SYSTEM, "-I", str(shared / "envdoctor.pyz"), "check", "--format", "json"]
    done = subprocess.run(argv, env=environ, cwd="/", capture_output=True, timeout=60)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    report: Dict[str, Any] = json.loads(done.stdout)
    crashed = [v for v in [*report["verdicts"], *report["probes"]] if v["status"] == "crashed"]
    assert not crashed, crashed
    return report


def test_a_shared_environment_is_not_this_users_to_change(shared: Path) -> None:
    report = check(shared, [shared / "lab" / "bin"], shared)
    assert report["facts"]["python"]["site_packages_writable"]["known"] is False
    mending = [finding for finding in report["findings"] if finding["name"] == "broken-install"]
    assert mending, loud(report)
    for fix in mending[0]["fixes"]:
        assert not any(str(shared / "lab" / "bin" / "python") + " -m pip install" in line for line in fix["commands"])


def test_a_closed_folder_on_path_hides_nothing_behind_it(shared: Path) -> None:
    closed = shared / "closed"
    closed.mkdir(mode=0o700, exist_ok=True)
    report = check(shared, [closed, shared / "lab" / "bin"], shared)
    assert report["target"]["executable"] == str(shared / "lab" / "bin" / "python")


def test_closed_metadata_is_unknown_not_absent(shared: Path) -> None:
    """torch may not be called missing where the folder that would hold it cannot be read."""
    site = next((shared / "lab" / "lib").glob("python*/site-packages"))
    site.chmod(0o700)
    try:
        report = check(shared, [shared / "lab" / "bin"], shared)
    finally:
        site.chmod(0o755)
    verdicts = {verdict["name"]: verdict for verdict in report["verdicts"]}
    assert verdicts["torch-missing"]["status"] == "cannot-tell"
    assert "denied" in verdicts["torch-missing"]["why"]


def test_no_home(shared: Path) -> None:
    report = check(shared, [shared / "lab" / "bin"])
    assert report["target"]["executable"] == str(shared / "lab" / "bin" / "python")


def test_a_closed_home(shared: Path) -> None:
    home = shared / "home"
    home.mkdir(mode=0o700, exist_ok=True)
    report = check(shared, [shared / "lab" / "bin"], home)
    assert report["target"]["executable"] == str(shared / "lab" / "bin" / "python")
