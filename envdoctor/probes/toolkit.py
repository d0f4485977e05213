"""CUDA toolkits: every folder that could be CUDA_HOME, with its version and nvcc, and the one that torch would take.

Roots are told by the path that leads to them, not by the one they resolve to, so that the one which torch's extension
builder takes (`_find_cuda_home` in torch/utils/cpp_extension.py) is found among them by name.
"""

from __future__ import annotations

import posixpath
import re
from typing import Dict, Iterator, List, Optional, Tuple

from ..facts import Toolkit, ToolkitFacts
from ..frozen import frozen
from ..host import Host
from ..reading import Absent, Known, Reading, mapped
from ..target import Answer, Target
from ..versions import from_nvml, minor
from . import _answer

_PLACES = ("/usr/local/cuda", "/opt/cuda", "/usr/lib/cuda")
_NVCC_SECONDS = 3.0
_START = 1 << 16  # cuda.h says its version within its first 20 kB
_HEADER = r"#define CUDA_VERSION \d+"
_SCRIPT_LIMIT = 4096


@frozen
class _Root:
    """A folder, who leads to it, and where the files that tell its version lie: elsewhere if its nvcc is a link."""

    path: str
    by: str
    home: str


def look(host: Host, target: Target) -> ToolkitFacts:
    answer = target.answer()
    found: Dict[str, _Root] = {}
    by: Dict[str, List[str]] = {}
    for root in _roots(host, answer):
        real = host.realpath(root.path)
        key = real.value if isinstance(real, Known) else root.path
        found.setdefault(key, root)
        if root.by not in by.setdefault(key, []):
            by[key].append(root.by)
    toolkits = tuple(_toolkit(host, answer, root, tuple(by[key])) for key, root in found.items())
    on_path = host.which("nvcc")
    return ToolkitFacts(
        toolkits=Known(toolkits, "CUDA_HOME, CUDA_PATH, PATH, /usr/local, the environment"),
        nvcc_on_path=Known(on_path[0], "PATH") if on_path else Absent(("nvcc on PATH",)),
        cuda_home=_cuda_home(host),
    )


def _cuda_home(host: Host) -> Reading[str]:
    """What torch takes: a variable, whether or not it leads anywhere, else the nvcc on PATH, else /usr/local/cuda."""
    for name in ("CUDA_HOME", "CUDA_PATH"):
        if host.environ.get(name):
            return Known(posixpath.normpath(host.environ[name]), name)
    on_path = host.which("nvcc")
    if on_path:
        return Known(_root_of(on_path[0]), "nvcc on PATH")
    return mapped(host.stat(_PLACES[0]), lambda _: _PLACES[0])


def _roots(host: Host, answer: Reading[Answer]) -> Iterator[_Root]:
    for name in ("CUDA_HOME", "CUDA_PATH"):
        if host.environ.get(name):
            path = posixpath.normpath(host.environ[name])
            yield _Root(path, name, path)
    for nvcc in host.which("nvcc"):
        yield _Root(_root_of(nvcc), "PATH", _root_of(_really(host, nvcc)))
    local = host.listdir("/usr/local")
    versions = [name for name in (local.value if isinstance(local, Known) else ()) if name.startswith("cuda-")]
    for path in (*_PLACES, *(f"/usr/local/{name}" for name in versions)):
        if isinstance(host.stat(path), Known):
            yield _Root(path, "/usr/local" if path.startswith("/usr/local/") else path, path)
    for prefix in _prefixes(host, answer):
        if isinstance(host.stat(f"{prefix}/bin/nvcc"), Known) or _conda_version(host, prefix) is not None:
            yield _Root(prefix, "conda", prefix)
    yield from _wheels(host, answer)


def _root_of(nvcc: str) -> str:
    return posixpath.dirname(posixpath.dirname(nvcc))


def _really(host: Host, nvcc: str) -> str:
    """The program behind a link or a wrapper such as `exec /usr/lib/nvidia-cuda-toolkit/bin/nvcc "$@"`."""
    head = host.read_bytes(nvcc, 0, _SCRIPT_LIMIT)
    if isinstance(head, Known) and head.value.startswith(b"#!"):
        named = re.search(rb"(/[^\s\"';]*/bin/nvcc)\b", head.value.partition(b"\n")[2])
        if named:
            nvcc = named.group(1).decode("utf-8", "surrogateescape")
    real = host.realpath(nvcc)
    return real.value if isinstance(real, Known) else nvcc


def _prefixes(host: Host, answer: Reading[Answer]) -> Tuple[str, ...]:
    """Conda environments in question: the interpreter's, and the one that is activated."""
    named = (_answer.prefix(answer), host.environ.get("CONDA_PREFIX"))
    prefixes = [posixpath.normpath(prefix) for prefix in named if prefix]
    return tuple(prefix for prefix in dict.fromkeys(prefixes) if isinstance(host.stat(f"{prefix}/conda-meta"), Known))


def _conda_version(host: Host, prefix: str) -> Optional[Known[str]]:
    """The version of the compiler package in conda-meta, else of the runtime: cuda-nvcc-12.4.131-0.json."""
    names = host.listdir(f"{prefix}/conda-meta")
    for package in ("cuda-nvcc", "cuda-nvcc-impl", "cudatoolkit", "cuda-cudart"):
        for name in names.value if isinstance(names, Known) else ():
            version = re.match(re.escape(package) + r"-(\d+\.\d+)[\d.]*-[^-]*\.json$", name)
            if version:
                return Known(version.group(1), f"{prefix}/conda-meta/{name}")
    return None


def _wheels(host: Host, answer: Reading[Answer]) -> Iterator[_Root]:
    """nvidia/cuda_nvcc and nvidia/cu13 in site-packages, where they hold a compiler."""
    for entry in filter(None, _answer.sys_path(answer)):
        folder = posixpath.join(entry, "nvidia")
        names = host.listdir(folder)
        for name in names.value if isinstance(names, Known) else ():
            compiler = name == "cuda_nvcc" or re.fullmatch(r"cu\d+", name)
            if compiler and isinstance(host.stat(f"{folder}/{name}/bin"), Known):
                yield _Root(f"{folder}/{name}", "wheel", f"{folder}/{name}")


def _toolkit(host: Host, answer: Reading[Answer], root: _Root, by: Tuple[str, ...]) -> Toolkit:
    nvcc = mapped(host.stat(f"{root.path}/bin/nvcc"), lambda _: f"{root.path}/bin/nvcc")
    version = _version_in_files(host, answer, root)
    if not isinstance(version, Known) and isinstance(nvcc, Known):
        version = _asked(host, nvcc.value)
    return Toolkit(root.path, version, nvcc, by)


def _version_in_files(host: Host, answer: Reading[Answer], root: _Root) -> Reading[str]:
    looked = []
    for path, wanted in (
        # CUDA 11.1 and newer; before; and what conda packages and wheels bring of either
        (f"{root.home}/version.json", r"\x22cuda\x22\s*:\s*\{[^}]*?\x22version\x22\s*:\s*\x22\d+\.\d+"),
        (f"{root.home}/version.txt", r"CUDA Version \d+\.\d+"),
        (f"{root.home}/include/cuda.h", _HEADER),
        (f"{root.home}/targets/x86_64-linux/include/cuda.h", _HEADER),
        (f"{root.home}/targets/sbsa-linux/include/cuda.h", _HEADER),
        (f"{root.path}/include/cuda.h", _HEADER),
    ):
        said = host.search(path, wanted, 1, 0, _START)
        looked.append(path)
        if isinstance(said, Known) and said.value:
            number = re.findall(r"[\d.]+$", said.value[0])[0]
            return Known(from_nvml(int(number)) if wanted == _HEADER else minor(number), path)
    return _conda_version(host, root.path) or _wheel_version(answer, root.path) or Absent(tuple(looked))


def _wheel_version(answer: Reading[Answer], root: str) -> Optional[Known[str]]:
    for one in _answer.items(answer, "distributions"):
        if re.match(r"nvidia[-_]cuda[-_]nvcc\b", one["name"]) and root.startswith(one["location"] + "/"):
            return Known(minor(one["version"]), one["metadata"])
    return None


def _asked(host: Host, nvcc: str) -> Reading[str]:
    def release(text: str) -> str:
        said = re.search(r"release (\d+\.\d+)", text)
        if not said:
            raise ValueError("nvcc --version names no release")
        return said.group(1)

    return mapped(host.run([nvcc, "--version"], _NVCC_SECONDS), lambda output: release(output.out))
