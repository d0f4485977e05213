"""The shared libraries of torch: what is missing, and what would be taken from elsewhere, by playing its import.

`import torch` opens libtorch_global_deps.so first. Where that fails for want of a CUDA library, torch loads those of
the nvidia-* wheels by hand, from any folder of sys.path, and tries again; newer releases load some or all of them by
hand in any case (torch/__init__.py, `_load_global_deps`). Then come libtorch_python.so and what it needs, and later,
at first use, libtorch_cuda_linalg.so, libcaffe2_nvrtc.so and the parts of cuDNN.
"""

from __future__ import annotations

import posixpath
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from ..facts import ForeignLibrary, MissingLibrary
from ..frozen import frozen
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown
from ._elf import ElfFiles
from ._loader import Loader, Lost

#: What torch loads by hand, in its order; a wheel's folder may be nvidia/cublas/lib or nvidia/cu13/lib.
_BY_HAND = (
    *("libcublasLt.so", "libcublas.so", "libcudnn.so", "libnvrtc.so", "libnvrtc-builtins.so", "libcudart.so"),
    *("libcupti.so", "libcufft.so", "libcurand.so", "libnvJitLink.so", "libcusparse.so", "libcusparseLt.so"),
    *("libcusolver.so", "libnccl.so", "libnvshmem_host.so", "libcufile.so", "libnvToolsExt.so"),
)
_FEW_BY_HAND = ("libnvrtc.so", "libnvJitLink.so")
_FEW = r"_preload_cuda_deps\(\"cuda_nvrtc\""  # says that it loads those alone


@frozen
class Import:
    """torch after the play of its import; `loader` goes on for the extensions."""

    loader: Loader
    missing: Reading[Tuple[MissingLibrary, ...]]
    foreign: Reading[Tuple[ForeignLibrary, ...]]


def library(host: Host, package: str, prefix: str, name: str) -> str:
    """Path of one of torch's own libraries: beside the package, or in the prefix as conda-forge lays them out."""
    beside = f"{package}/lib/{name}"
    if prefix and isinstance(host.stat(beside), Absent) and isinstance(host.stat(f"{prefix}/lib/{name}"), Known):
        return f"{prefix}/lib/{name}"
    return beside


def play_import(
    host: Host, files: ElfFiles, package: str, executable: str, sys_path: Sequence[str], prefix: str
) -> Import:
    brought = wheel_libraries(host, sys_path)
    loader = Loader(host, files, executable)
    for path in preloaded(host):
        if "/" in path:
            loader.load(path)
    _global_deps(host, loader, package, library(host, package, prefix, "libtorch_global_deps.so"), brought)
    last = library(host, package, prefix, "libtorch_python.so")
    loader.load(last)
    for name in ("libtorch_cuda_linalg.so", "libcaffe2_nvrtc.so"):
        later = library(host, package, prefix, name)
        if isinstance(host.stat(later), Known):
            loader.load(later)
    _cudnn_parts(host, loader)
    return Import(loader, _missing(loader, last), _foreign(host, loader, f"{package}/lib", brought, prefix))


def preloaded(host: Host) -> Tuple[str, ...]:
    """Entries of LD_PRELOAD, as written."""
    return tuple(host.environ.get("LD_PRELOAD", "").replace(":", " ").split())


def wheel_libraries(host: Host, sys_path: Iterable[str]) -> Dict[str, Tuple[str, ...]]:
    """soname -> its copies in the lib folders of nvidia-* wheels, in the order of sys.path."""
    found: Dict[str, Tuple[str, ...]] = {}
    for entry in filter(None, sys_path):
        top = posixpath.join(entry, "nvidia")
        # cuSPARSELt's wheel has no nvidia/ around it.
        folders = (*(f"{top}/{package}/lib" for package in _names(host, top)), f"{entry}/cusparselt/lib")
        for folder in folders:
            for name in _names(host, folder):
                if ".so" in name:
                    found[name] = (*found.get(name, ()), f"{folder}/{name}")
    return found


def _names(host: Host, folder: str) -> Tuple[str, ...]:
    names = host.listdir(folder)
    return names.value if isinstance(names, Known) else ()


def _global_deps(host: Host, loader: Loader, package: str, first: str, brought: Dict[str, Tuple[str, ...]]) -> None:
    if not isinstance(host.stat(first), Known):
        return  # torch before 1.5
    loader.load(first)
    if any(_stem(lost.soname) in _BY_HAND for lost in loader.lost):
        loader.lost.clear()
        _load(loader, brought, _BY_HAND)
        loader.load(first)
        return
    # Two searches: each for a text alone, they take a tenth of one for either.
    by_hand, few = (_says(host, f"{package}/__init__.py", text) for text in ("not in _maps", _FEW))
    if by_hand and any(_stem(soname) == "libcudart.so" for soname in loader.loaded):
        _load(loader, brought, _FEW_BY_HAND if few else _BY_HAND)


def _says(host: Host, path: str, pattern: str) -> bool:
    found = host.search(path, pattern, 1)
    return isinstance(found, Known) and bool(found.value)


def _stem(soname: str) -> str:
    return soname.split(".so")[0] + ".so"


def _load(loader: Loader, brought: Dict[str, Tuple[str, ...]], stems: Iterable[str]) -> None:
    for stem in stems:
        for soname in sorted(brought):
            if _stem(soname) == stem and soname[-1].isdigit():
                loader.load(brought[soname][0])


def _cudnn_parts(host: Host, loader: Loader) -> None:
    """libcudnn.so.8 and .9 open their parts by name at the first convolution."""
    for soname, taken in list(loader.loaded.items()):
        asking = loader.object(taken.path)
        if soname.startswith("libcudnn.so.") and asking is not None:
            tail = soname[len("libcudnn") :]
            for name in _names(host, posixpath.dirname(taken.path)):
                if name.startswith("libcudnn_") and name.endswith(tail):
                    loader.open(name, asking)


def _missing(loader: Loader, source: str) -> Reading[Tuple[MissingLibrary, ...]]:
    if source in loader.unread:
        return loader.unread[source]
    if loader.object(source) is None:
        return Absent((source,))
    doubts = [_doubt(loader, lost) for lost in loader.lost]
    sure = [lost for lost, doubt in zip(loader.lost, doubts) if doubt is None]
    if doubts and not sure:
        return next(doubt for doubt in doubts if doubt is not None)
    return Known(tuple(MissingLibrary(lost.soname, lost.asked_by, lost.looked) for lost in sure), source)


def _doubt(loader: Loader, lost: Lost) -> Optional[Unknown]:
    """The folder or file that did not answer and may hold it."""
    for path, why in loader.unread.items():
        if path in lost.looked or posixpath.basename(path) == lost.soname:
            return why
    return None


def _foreign(
    host: Host, loader: Loader, lib: str, brought: Dict[str, Tuple[str, ...]], prefix: str
) -> Reading[Tuple[ForeignLibrary, ...]]:
    own = dict(brought)
    own.update({name: (*own.get(name, ()), f"{lib}/{name}") for name in _names(host, lib) if ".so" in name})
    if isinstance(host.stat(f"{prefix}/conda-meta"), Known):
        for name in _names(host, f"{prefix}/lib"):
            if _stem(name) in _BY_HAND:
                own.setdefault(name, (f"{prefix}/lib/{name}",))
    found: List[ForeignLibrary] = []
    for soname, taken in loader.loaded.items():
        mine = own.get(soname, ())
        if not mine or taken.path in mine or _real(host, taken.path) in {_real(host, path) for path in mine}:
            continue
        by = "LD_PRELOAD" if taken.by == "path" else taken.by
        found.append(ForeignLibrary(soname, taken.path, by, mine[0], taken.asked_by))
    return Known(tuple(found), lib)


def _real(host: Host, path: str) -> str:
    real = host.realpath(path)
    return real.value if isinstance(real, Known) else path
