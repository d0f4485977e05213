"""CUDA, cuDNN, NCCL and C++ libraries where they lie: on LD_LIBRARY_PATH, in wheels, in the environment, in the system.

What lies somewhere need not be what is loaded: that is played in `_torch_libraries`. Here are the copies, and their
versions where a file name, the wheel's metadata or a header beside them tells one.
"""

from __future__ import annotations

import posixpath
import re
from typing import Dict, Iterator, Optional, Sequence, Tuple

from ..facts import LibrariesFacts, Library, SearchEntry
from ..host import Host
from ..reading import Absent, Known, Reading, mapped, value_or
from ..target import Answer, Target
from ..versions import numbers
from . import _answer
from ._answer import Item
from ._elf import ElfFiles
from ._loader import CACHE, Loader, library_path
from ._torch_libraries import preloaded, wheel_libraries

#: Family by the name before ".so", and for NVIDIA's part of the name of its wheel.
_FAMILIES = {
    "libcudart": ("cudart", "cuda-runtime"),
    "libcublas": ("cublas", "cublas"),
    "libcublasLt": ("cublas", "cublas"),
    "libcudnn": ("cudnn", "cudnn"),
    "libcufft": ("cufft", "cufft"),
    "libcurand": ("curand", "curand"),
    "libcusolver": ("cusolver", "cusolver"),
    "libcusparse": ("cusparse", "cusparse"),
    "libcusparseLt": ("cusparselt", "cusparselt"),
    "libcufile": ("cufile", "cufile"),
    "libcupti": ("cupti", "cuda-cupti"),
    "libnccl": ("nccl", "nccl"),
    "libnvJitLink": ("nvjitlink", "nvjitlink"),
    "libnvrtc": ("nvrtc", "cuda-nvrtc"),
    "libnvshmem_host": ("nvshmem", "nvshmem"),
    "libnvToolsExt": ("nvtx", "nvtx"),
    "libcuda": ("libcuda", ""),
    "libnvidia-ml": ("libnvidia-ml", ""),
    "libstdc++": ("libstdcxx", ""),
    "libmkl_core": ("mkl", ""),
    "libmkl_rt": ("mkl", ""),
    "libiomp5": ("openmp", ""),
    "libgomp": ("openmp", ""),
}
_STEMS = tuple(_FAMILIES)
_SYSTEM = ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/aarch64-linux-gnu")
_TOOLKIT = "/usr/local/cuda/lib64"
_HEADER_START = 1 << 16


def look(host: Host, target: Target) -> LibrariesFacts:
    answer = target.answer()
    files = ElfFiles(host)
    loader = Loader(host, files, value_or(target.executable, ""))
    torch_lib = _torch_lib(answer)
    entries = _entries(host)
    wheels = _wheels(answer)
    libraries: Dict[str, Library] = {}
    for path, where in _copies(host, answer, loader, entries, torch_lib):
        family = family_of(posixpath.basename(path))
        if family and path not in libraries:
            version = _version(host, path, family, wheels)
            libraries[path] = Library(family, posixpath.basename(path), path, version, where)
    asked = library_path(host)
    return LibrariesFacts(
        ld_library_path=Known(entries, "LD_LIBRARY_PATH") if asked else Absent(("LD_LIBRARY_PATH",)),
        ld_preload=Known(preloaded(host), "LD_PRELOAD") if preloaded(host) else Absent(("LD_PRELOAD",)),
        libraries=Known(tuple(libraries.values()), "LD_LIBRARY_PATH, the environment, ld.so.cache"),
        libstdcxx_offers=_libstdcxx(host, files, loader, torch_lib),
    )


def family_of(name: str) -> str:
    """The family of a watched soname; "" for other names, for full versions behind it and for links to link with."""
    if not name.startswith(_STEMS):  # most of the thousand names that are asked, and a regex for each would show
        return ""
    stem, dot_so, version = name.partition(".so.")
    if not dot_so or not re.fullmatch(r"\d+(?:\.\d+)?", version):
        return ""
    stem = re.sub(r"-[0-9a-f]{8}$", "", stem)  # auditwheel's copies
    return _FAMILIES.get("libcudnn" if stem.startswith("libcudnn_") else stem, ("", ""))[0]


def _entries(host: Host) -> Tuple[SearchEntry, ...]:
    found = []
    for folder in library_path(host):
        names = host.listdir(folder or host.cwd)
        watched = tuple(name for name in value_or(names, ()) if family_of(name))
        found.append(SearchEntry(folder, _exists(names), watched))
    return tuple(found)


def _exists(listing: Reading[Tuple[str, ...]]) -> Reading[bool]:
    """A folder that is not there is a fact; one that may not be listed is unknown."""
    return Known(False, listing.looked[0]) if isinstance(listing, Absent) else mapped(listing, lambda _: True)


def _torch_lib(answer: Reading[Answer]) -> str:
    copies = _answer.copies(answer, "torch")
    folders = [posixpath.dirname(copy["path"]) for copy in copies if copy["kind"] == "package"]
    return f"{folders[0]}/lib" if folders else ""


def _copies(
    host: Host, answer: Reading[Answer], loader: Loader, entries: Sequence[SearchEntry], torch_lib: str
) -> Iterator[Tuple[str, str]]:
    """Paths that may be watched libraries, and where they were seen."""
    for path in preloaded(host):
        if "/" in path:
            yield path, "LD_PRELOAD"
    for entry in entries:
        for name in entry.libraries:
            yield posixpath.normpath(posixpath.join(host.cwd, entry.path, name)), "LD_LIBRARY_PATH"
    for copies in wheel_libraries(host, _answer.sys_path(answer)).values():
        for path in copies:
            yield path, "wheel"
    prefix = _answer.prefix(answer)
    conda = prefix if isinstance(host.stat(f"{prefix}/conda-meta"), Known) else ""
    cached = loader.system_names()
    system = (_TOOLKIT,) if cached else (*_SYSTEM, _TOOLKIT)
    own = [(torch_lib, "torch"), (f"{conda}/lib" if conda else "", "conda")]
    for folder, where in (*own, *((folder, "system") for folder in system)):
        for name in value_or(host.listdir(folder), ()) if folder else ():
            yield f"{folder}/{name}", where
    for name in cached:
        if family_of(name):
            for path in loader.system_paths(name):
                yield path, "system"


def _version(host: Host, path: str, family: str, wheels: Sequence[Tuple[str, Item]]) -> Reading[str]:
    wheel = _wheel_version(path, family, wheels)
    if wheel is not None:
        return wheel
    real = value_or(host.realpath(path), path)
    name, tail = posixpath.basename(real), posixpath.basename(real).partition(".so.")[2]
    # A bare libcudart.so.11.0 is of any CUDA 11; a file of that name behind a link, or a renamed copy, says more.
    renamed = name != posixpath.basename(path) or re.search(r"-[0-9a-f]{8}\.so", name)
    if re.fullmatch(r"\d+\.\d+(?:\.\d+)+" if not renamed else r"\d+(?:\.\d+)+", tail):
        return Known(tail, real)
    header = posixpath.normpath(f"{posixpath.dirname(path)}/../include/cudnn_version.h")
    if family == "cudnn":
        said = host.search(header, r"#define CUDNN_(?:MAJOR|MINOR|PATCHLEVEL) \d+", 3, 0, _HEADER_START)
        if isinstance(said, Known) and len(said.value) == 3:
            return Known(".".join(line.split()[-1] for line in said.value), header)
    return Absent((real, header) if family == "cudnn" else (real,))


def _wheels(answer: Reading[Answer]) -> Sequence[Tuple[str, Item]]:
    """NVIDIA's part of the name, and the row, of each nvidia-* distribution: cublas of nvidia-cublas-cu12."""
    found = []
    for one in _answer.items(answer, "distributions"):
        name = re.fullmatch(r"nvidia[-_](.+?)(?:[-_]cu\d+)?", one["name"].lower())
        if name:
            found.append((name.group(1).replace("_", "-"), one))
    return found


def _wheel_version(path: str, family: str, wheels: Sequence[Tuple[str, Item]]) -> Optional[Known[str]]:
    """Of the distribution that brought it: site-packages/nvidia/cublas/lib is of nvidia-cublas-cu12."""
    stems = {stem for one, stem in _FAMILIES.values() if one == family and stem}
    for name, one in wheels:
        if name in stems and path.startswith(one["location"] + "/"):
            # cuDNN's wheels count their own builds after the version: 9.5.1.17
            version = ".".join(one["version"].split(".")[:3]) if family == "cudnn" else one["version"]
            return Known(version, one["metadata"])
    return None


def _libstdcxx(host: Host, files: ElfFiles, loader: Loader, torch_lib: str) -> Reading[str]:
    """Of the copy that torch would get; without torch, of the one that a module which names no folders would get."""
    preload = [path for path in preloaded(host) if posixpath.basename(path).startswith("libstdc++.so.")]
    found = loader.find("libstdc++.so.6", f"{torch_lib}/libc10.so" if torch_lib else "")
    path = preload[0] if preload else found.path if found else ""
    if not path:
        return Absent(("LD_LIBRARY_PATH", "RPATH", CACHE))
    return mapped(files.ask(path, lambda elf: elf.version_offers()), _highest)


def _highest(names: Sequence[str]) -> str:
    """('GLIBCXX_3.4', 'GLIBCXX_3.4.30', 'CXXABI_1.3') -> '3.4.30'."""
    offers = [name[len("GLIBCXX_") :] for name in names if re.fullmatch(r"GLIBCXX_3\.4(?:\.\d+)?", name)]
    if not offers:
        raise ValueError("it offers no GLIBCXX version")
    return max(offers, key=numbers)
