"""What the stand-in servers publish: every torch with its companions, and the packages around it, as they are named.

Which builds of torch exist, for which Python, and what they need is read from the table's own rows (measured on the
real indexes); published.toml has the rest. A wheel is made when it is first asked for.
"""

from __future__ import annotations

import io
import sys
import tarfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from envdoctor.compat import CompatTable, NoRow
from envdoctor.compat.rows import TorchRelease
from envdoctor.versions import cuda_of_tag, numbers

from ..envs.wheels import wheel
from . import stubs

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MINORS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
PLATFORM = "linux_x86_64"
HOLDS = Path(__file__).parent / "published.toml"


@dataclass(frozen=True)
class Published:
    """A file on an index. `place` is the folder that holds it: cu121 on PyTorch's, a page's elsewhere, "" for PyPI."""

    project: str
    version: str
    tag: str  # cp310-cp310-linux_x86_64; "": a source archive
    files: Callable[[], stubs.Files]
    requires: Tuple[str, ...] = ()
    python: str = ""  # Requires-Python
    place: str = ""
    yanked: bool = False

    @property
    def filename(self) -> str:
        name = self.project.replace("-", "_")
        return f"{name}-{self.version}-{self.tag}.whl" if self.tag else f"{name}-{self.version}.tar.gz"

    def make(self, folder: Path) -> Path:
        """The file, written into that folder."""
        if self.tag:
            return wheel(folder, self.project, self.version, self.files(), self.requires, tag=self.tag)
        folder.mkdir(parents=True, exist_ok=True)
        return _archive(folder / self.filename, self.filename[: -len(".tar.gz")], self.files())


def _archive(path: Path, top: str, files: stubs.Files) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


@lru_cache(maxsize=None)
def pypi() -> Dict[str, List[Published]]:
    """Project -> its files on PyPI."""
    return _by_project([*_family(), *_nvidia(), *_triton(), *_packages(), *_compiled(), *_sources()], place="")


@lru_cache(maxsize=None)
def pytorch() -> Dict[str, Dict[str, List[Published]]]:
    """Variant -> project -> files on PyTorch's own index, the copies that it keeps of what torch needs among them."""
    found: Dict[str, Dict[str, List[Published]]] = {}
    every = list(_family())
    copies = [one for one in [*_nvidia(), *_triton(), *_packages()] if _copied(one.project)]
    for variant in sorted({one.place for one in every} - {""}):
        found[variant] = _by_project([one for one in every if one.place == variant] + copies)
    return found


@lru_cache(maxsize=None)
def pages() -> Dict[Tuple[str, str], List[Published]]:
    """(host, path) -> the wheels that a page for --find-links lists."""
    found: Dict[Tuple[str, str], List[Published]] = {}
    for host, path, torch, names in _held()["pages"]:
        files = []
        for name, version in (entry.split(" ") for entry in names):
            module = name.replace("-", "_")
            for minor in MINORS:
                made = _lazily(stubs.compiled, module, version, torch)
                folder = path.rsplit("/", 1)[0]
                files.append(Published(name, version, _tag(minor, "linux_x86_64"), made, place=folder))
        found[host, path] = files
    return found


def _copied(project: str) -> bool:
    needed = ("filelock", "typing-extensions", "sympy", "mpmath", "networkx", "jinja2", "markupsafe", "fsspec", "numpy")
    more = ("pillow", "setuptools", "triton", "requests", "urllib3", "idna", "certifi", "charset-normalizer")
    return project in needed + more or project.startswith("nvidia-")


def _by_project(every: Sequence[Published], place: Optional[str] = None) -> Dict[str, List[Published]]:
    found: Dict[str, List[Published]] = {}
    for one in every:
        if place is None or one.place == place:
            found.setdefault(one.project, []).append(one)
    return found


@lru_cache(maxsize=None)
def _held() -> Dict[str, Any]:
    with open(HOLDS, "rb") as file:
        return tomllib.load(file)


@lru_cache(maxsize=None)
def _table() -> CompatTable:
    return CompatTable()


def _lazily(make: Callable[..., stubs.Files], *words: object) -> Callable[[], stubs.Files]:
    return lambda: make(*words)


def _tag(minor: str, platform: str) -> str:
    digits = minor.replace(".", "")
    return f"cp{digits}-cp{digits}-{platform}"


def _family() -> Iterator[Published]:
    """torch, torchvision and torchaudio of every release, on PyPI and on PyTorch's index."""
    for release in _table().torch_releases():
        default = release.pypi_on.get(PLATFORM, "")
        for variant in release.variants:
            if variant.startswith("rocm"):
                continue
            cuda = cuda_of_tag(variant) if variant.startswith("cu") else None
            local = f"+{variant}"
            own = variant == default
            pins = _pins(release) if own and numbers(release.version) >= (1, 13) else ()
            for project, version, pythons in _members(release):
                requires = _requires(project, release, own, pins)
                # torchaudio's first builds were for any CUDA and carry no tag.
                bare = project == "torchaudio" and numbers(release.version) < (1, 11)
                shown = version if bare else version + local
                content = _content(project, release, shown, None if bare else cuda, variant, pins)
                for minor in (one for one in pythons if one in MINORS):
                    tag = _tag(minor, _platform(release, variant))
                    yanked = f"{project} {version}" in _held()["yanked"]
                    yield Published(project, shown, tag, content, requires, place=variant)
                    if own and release.pypi:
                        yield Published(
                            project,
                            version,
                            tag.replace("linux_x86_64", "manylinux1_x86_64") if "manylinux" not in tag else tag,
                            content,
                            requires,
                            yanked=yanked,
                        )
    yield from _withdrawn()


def _withdrawn() -> Iterator[Published]:
    """The releases of companions that PyPI has yanked: of the same series as the right one, and one digit older."""
    for entry in _held()["yanked"]:
        project, version = entry.split(" ")
        series = numbers(version)[:2]
        for release in _table().torch_releases():
            paired = release.torchvision if project == "torchvision" else release.torchaudio
            if paired and numbers(paired)[:2] == series and numbers(release.version)[2] == 0 and paired != version:
                variant = release.pypi_on[PLATFORM]
                content = _content(project, release, f"{version}+{variant}", cuda_of_tag(variant), variant, ())
                for minor in MINORS[:3]:
                    tag = _tag(minor, "manylinux1_x86_64")
                    asks = (f"torch=={release.version}",)
                    yield Published(project, version, tag, content, asks, yanked=True)


def _members(release: TorchRelease) -> Iterator[Tuple[str, str, Tuple[str, ...]]]:
    yield "torch", release.version, release.pythons.get(PLATFORM, ())
    if release.torchvision:
        yield "torchvision", release.torchvision, release.vision_pythons.get(PLATFORM, ())
    # The last torchaudio stands beside several releases, and is built for the first of them.
    paired = release.torchaudio and (
        numbers(release.version) < (2, 0) or _series(release.torchaudio) == _series(release.version)
    )
    if release.torchaudio and paired and numbers(release.torchaudio) >= (0, 7):
        yield "torchaudio", release.torchaudio, release.audio_pythons.get(PLATFORM, ())


def _series(version: str) -> Tuple[int, ...]:
    return numbers(version)[:2]


def _platform(release: TorchRelease, variant: str) -> str:
    floor = release.glibc.get(variant, release.glibc["default"])
    return "manylinux_2_28_x86_64" if numbers(floor) >= (2, 28) else "linux_x86_64"


def _content(
    project: str,
    release: TorchRelease,
    version: str,
    cuda: Optional[str],
    variant: str,
    pins: Tuple[Tuple[str, str], ...],
) -> Callable[[], stubs.Files]:
    if project != "torch":
        return _lazily(stubs.companion, project, version, release.version, cuda is not None)
    try:
        archs = _table().arch_list(release.version, variant).archs if cuda else ()
    except NoRow:
        archs = ()
    return _lazily(stubs.torch, version, cuda, archs, pins)


def _pins(release: TorchRelease) -> Tuple[Tuple[str, str], ...]:
    found = []
    for line in release.nvidia_pins:
        name, mark, version = line.split(";")[0].strip().partition("==")
        if mark:
            found.append((name.split("[")[0].strip(), version.strip()))
    return tuple(found)


def _requires(project: str, release: TorchRelease, own: bool, pins: Sequence[Tuple[str, str]]) -> Tuple[str, ...]:
    modern = numbers(release.version) >= (2, 0)
    if project == "torchaudio":
        return (f"torch=={release.version}",) if numbers(release.version) < (2, 11) else ()
    if project == "torchvision":
        more = ("requests",) if numbers(release.version) < (2, 2) else ()
        return ("numpy", *more, f"torch=={release.version}", "pillow!=8.3.*,>=5.3.0")
    if not modern:
        return ("typing-extensions", *(f"{name}=={version}" for name, version in pins))
    marker = '; platform_system == "Linux" and platform_machine == "x86_64"'
    requires = ["filelock", "typing-extensions", "sympy", "networkx", "jinja2", "fsspec"]
    requires += [f"{name}=={version}{marker}" for name, version in pins]
    requires += ['setuptools; python_version >= "3.12"'] if numbers(release.version) >= (2, 5) else []
    requires += [f"triton{release.triton}{marker}"] if release.triton and own else []
    return tuple(requires)


def _nvidia() -> Iterator[Published]:
    seen = {pin for release in _table().torch_releases() for pin in _pins(release)}
    for name, version in sorted(seen):
        tag = "py3-none-manylinux1_x86_64"
        yield Published(name, version, tag, _lazily(stubs.nvidia, name, version))


def _triton() -> Iterator[Published]:
    versions = {release.triton.lstrip("=~<> ") for release in _table().torch_releases() if release.triton}
    for version in sorted(versions):
        for minor in MINORS:
            made = _lazily(stubs.plain, "triton", version)
            yield Published("triton", version, _tag(minor, "manylinux1_x86_64"), made, ("filelock",))


def _packages() -> Iterator[Published]:
    for name, version, pythons, requires in _held()["packages"]:
        module = {"opencv-python": "cv2", "opencv-python-headless": "cv2", "pillow": "PIL", "pyyaml": "yaml"}.get(
            name, name.replace("-", "_")
        )
        made = _lazily(stubs.plain, module, version)
        if pythons[:1].isdigit():
            for minor in pythons.split(" "):
                tag = _tag(minor, "manylinux_2_17_x86_64.manylinux2014_x86_64")
                yield Published(name, version, tag, made, tuple(requires))
        else:
            yield Published(name, version, "py3-none-any", made, tuple(requires), pythons)


def _compiled() -> Iterator[Published]:
    for name, version, torch, cuda, requires in _held()["compiled"]:
        made = _lazily(stubs.xformers, version, torch, cuda)
        if name != "xformers":
            made = _lazily(stubs.compiled, name.replace("-", "_"), version, torch)
        for minor in MINORS:
            yield Published(name, version, _tag(minor, "manylinux2014_x86_64"), made, tuple(requires))


def _sources() -> Iterator[Published]:
    for one in _held()["sources"]:
        files = _source(one["name"], one["version"], one.get("builds"))
        yield Published(one["name"], one["version"], "", _lazily(dict, files), tuple(one["requires"]))


_BACKEND = """import os, zipfile
{imports}

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info = "{module}-{version}.dist-info"
    files = {{
        "{module}/__init__.py": "__version__ = '{version}'",
        info + "/METADATA": "Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n",
        info + "/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    files[info + "/RECORD"] = "".join(name + ",,\\n" for name in [*files, info + "/RECORD"])
    made = "{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, made), "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made
"""


def _source(name: str, version: str, needs: Optional[Sequence[str]]) -> stubs.Files:
    """A source archive. Its build imports what it needs, or stops as a build without nvcc does (`needs` is None)."""
    stop = "raise SystemExit('OSError: CUDA_HOME environment variable is not set')"
    imports = stop if needs is None else "".join(f"import {one}\n" for one in needs)
    module = name.replace("-", "_")
    backend = _BACKEND.format(imports=imports, module=module, name=name, version=version)
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    return {"backend.py": backend.encode(), "pyproject.toml": project.encode(), "PKG-INFO": head.encode()}
