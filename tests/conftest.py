"""What all tests share: no real command without the mark, stand-ins for the driver, another user's eyes."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NoReturn, TypeVar

import pytest
from hypothesis import settings

from envdoctor._machine import commands

from . import fakenvml as stand_in

# A busy machine is slow, not wrong.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# What a shell starts in the background ignores Ctrl-C, and so would all that these tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

T = TypeVar("T")
NOBODY = 65534


class RealCommand(BaseException):
    """Not an Exception, so that nothing on the way takes it for a fault of the machine."""


@pytest.fixture(autouse=True)
def no_real_commands(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one thing that is patched: a test starts real commands through a host only if it is marked `real`."""
    if request.node.get_closest_marker("real") is None:

        def forbidden(argv: Any, *_: object) -> NoReturn:
            raise RealCommand(f"{argv[0]}: mark the test `real` if it means to start it")

        monkeypatch.setattr(commands, "start", forbidden)


def pytest_collection_modifyitems(config: pytest.Config, items: List[pytest.Item]) -> None:
    """What takes minutes or large downloads is run by those who ask for it."""
    if "big" in str(config.getoption("markexpr")):
        return
    for item in items:
        if item.get_closest_marker("big") is not None:
            item.add_marker(pytest.mark.skip(reason="takes minutes or downloads much: ask for it with -m big"))


def _stand_in(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], str]) -> str:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is needed to build the driver's stand-ins")
    return build(factory.mktemp(name))


@pytest.fixture(scope="session")
def nvml_library(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder that holds the stand-in libnvidia-ml.so.1."""
    return _stand_in(tmp_path_factory, "nvml", stand_in.build_nvml)


@pytest.fixture(scope="session")
def cuda_library(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder that holds the stand-in libcuda.so.1."""
    return _stand_in(tmp_path_factory, "cuda", stand_in.build_cuda)


@dataclass(frozen=True)
class FakeNvml:
    library: str
    state: Path

    def environ(self, state: str) -> Dict[str, str]:
        """The environment of a machine in this state (tests/fakenvml/README.md has the words)."""
        self.state.write_text(state)
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LD_LIBRARY_PATH": self.library,
            "FAKENVML": str(self.state),
            "FAKENVML_DEBUG": "1",
        }


@pytest.fixture
def fakenvml(nvml_library: str, tmp_path: Path) -> FakeNvml:
    return FakeNvml(nvml_library, tmp_path / "nvml.conf")


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A temporary folder that every user may enter; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="envdoctor-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def as_user() -> Callable[..., Any]:
    """Calls something in a child process of an unprivileged user and returns what it returned (or raises it).

    A second function is called in the child before, still as root.
    """
    if os.geteuid() != 0:
        pytest.skip("needs root to drop to another user")
    return _as_nobody


def _as_nobody(action: Callable[[], T], before: Callable[[], object] = lambda: None) -> T:
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a thread that a test left hanging is no matter here
        child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            before()
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            said = pickle.dumps((True, action()))
        except BaseException as error:  # noqa: BLE001 - raised again in the parent
            said = pickle.dumps((False, error))
        with open(writer, "wb") as pipe:
            pipe.write(said)
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        content = pipe.read()
    os.waitpid(child, 0)
    answered, answer = pickle.loads(content)
    if not answered:
        raise answer
    return answer  # type: ignore[no-any-return]
