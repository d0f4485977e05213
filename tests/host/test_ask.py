"""The user's interpreter, asked: through noise, from old Pythons, and when it is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any, Dict, List

import pytest

from envdoctor.host import LocalHost
from envdoctor.reading import Absent, Known, Reading, Unknown

pytestmark = pytest.mark.real


def ask(python: str, seconds: float = 20, **variables: str) -> Reading[str]:
    return LocalHost({"PATH": os.defpath, **variables}).ask(python, "ask", [], seconds)


def answer(reading: Reading[str]) -> Dict[str, Any]:
    assert isinstance(reading, Known), reading
    said: Dict[str, Any] = json.loads(reading.value)
    return said


def script(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def test_this_python() -> None:
    reading = ask(sys.executable)
    assert answer(reading)["interpreter"]["executable"] == sys.executable
    assert isinstance(reading, Known) and reading.source == sys.executable


def test_locale_stays_the_users() -> None:
    """Run in the C locale, an old Python would decode every path as if it had no letters."""
    said = answer(ask(sys.executable, LC_ALL="C.UTF-8", LANGUAGE="zh"))
    assert said["interpreter"]["version"]


@pytest.mark.parametrize(
    "noise",
    [
        "print('hello from sitecustomize')",
        "import sys; sys.stdout.write('no newline')",
        "import sys; sys.stdout.write('{\"interpreter\": 1}\\n' * 1000)",
        "import atexit; atexit.register(lambda: print('goodbye'))",
        "import os; os.write(1, bytes(range(256)))",
        "import sys; sys.stderr.write('x' * 300000)",
    ],
)
def test_noise_around_the_answer(noise: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(noise)
    assert answer(ask(sys.executable, PYTHONPATH=str(tmp_path)))["interpreter"]["executable"] == sys.executable


def test_arguments_arrive(tmp_path: Path) -> None:
    said = LocalHost().ask(sys.executable, "ask", ["some_module"], 20)
    assert list(answer(said)["modules"]) == ["some_module"]


def test_files_beside_the_user_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json", "os", "types", "_json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path)
    assert answer(ask(sys.executable))["cwd"] == os.path.realpath(tmp_path)


def pythons() -> List[str]:
    root = Path(os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))) / "versions"
    return sorted(str(path) for path in root.glob("*/bin/python"))


@pytest.mark.slow
@pytest.mark.parametrize("python", pythons())
def test_every_python_of_this_machine(python: str) -> None:
    said = answer(ask(python))
    assert said["interpreter"]["version"] == Path(python).parents[1].name


class TestNoPython:
    def test_missing(self) -> None:
        assert ask("/none/bin/python") == Absent(("/none/bin/python",))
        assert ask("no-such-python") == Absent(("no-such-python on PATH",))

    @pytest.mark.parametrize("program", ["/bin/true", "/bin/echo"])
    def test_program_that_is_content(self, program: str) -> None:
        assert ask(program) == Unknown("unparsable", "no answer (exit code 0)", program)

    def test_program_that_complains(self) -> None:
        reading = ask("/bin/ls")
        assert isinstance(reading, Unknown)
        assert reading.reason == "failed"
        assert "(exit code 2)" in reading.detail

    @pytest.mark.parametrize("shell", ["bash", "sh", "dash", "zsh"])
    def test_shell_runs_no_line_of_it(self, shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """`import os` is a program that takes screenshots, if a shell reads it."""
        found = LocalHost().which(shell)
        if not found:
            pytest.skip(f"no {shell} here")
        script(tmp_path / "import", f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        monkeypatch.chdir(tmp_path)
        reading = ask(found[0], PATH=f"{tmp_path}:{os.defpath}")
        assert isinstance(reading, Unknown)
        assert reading.reason == "failed"
        assert not (tmp_path / "ran").exists()

    def test_hangs(self, tmp_path: Path) -> None:
        python = script(tmp_path / "python", "#!/bin/sh\nexec sleep 60\n")
        started = time.monotonic()
        reading = ask(python, seconds=0.3)
        assert isinstance(reading, Unknown)
        assert (reading.reason, reading.source) == ("timeout", python)
        assert time.monotonic() - started < 1.5

    def test_says_why_it_fails(self, tmp_path: Path) -> None:
        python = script(tmp_path / "python", "#!/bin/sh\necho 'Fatal: no encodings' >&2\necho '  ' >&2\nexit 1\n")
        assert ask(python) == Unknown("failed", "Fatal: no encodings (exit code 1)", python)

    def test_only_noise(self, tmp_path: Path) -> None:
        python = script(tmp_path / "python", "#!/bin/sh\nhead -c 100000 /dev/urandom\n")
        assert ask(python) == Unknown("unparsable", "no answer (exit code 0)", python)

    def test_cut_off_in_the_middle(self, tmp_path: Path) -> None:
        python = script(tmp_path / "python", '#!/bin/sh\nprintf "%s\\n%s" "$3" "{"\nkill -9 $$\n')
        assert ask(python) == Unknown("failed", "no answer (exit code -9)", python)


def test_big_answer(tmp_path: Path) -> None:
    python = script(
        tmp_path / "python", '#!/bin/sh\necho "$3"; head -c 20000000 /dev/zero | tr "\\0" x; echo; echo "$3"\n'
    )
    reading = ask(python)
    assert isinstance(reading, Known)
    assert reading.value == "x" * 20_000_000


def test_from_a_zipapp(tmp_path: Path) -> None:
    """There the scripts are no files."""
    package = Path(__file__).resolve().parents[2] / "envdoctor"
    archive = tmp_path / "envdoctor.pyz"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in package.rglob("*.py"):
            zipped.write(path, path.relative_to(package.parent))
    code = (
        f"import sys; sys.path.insert(0, {str(archive)!r})\n"
        "from envdoctor import host\n"
        f"assert host.__file__.startswith({str(archive)!r})\n"
        "machine = host.LocalHost()\n"
        "print(type(machine.ask(sys.executable, 'ask', [], 20)).__name__)\n"
        "print(machine.nvml(20))\n"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], stdout=subprocess.PIPE, timeout=60, cwd=str(tmp_path))
    asked, nvml = done.stdout.decode().splitlines()
    assert asked == "Known"
    assert nvml.startswith(("Known(", "Absent("))
