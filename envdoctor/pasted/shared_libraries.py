"""ldd, ls of libraries, ldconfig -p, and the symbol versions that libstdc++ offers."""

from __future__ import annotations

import posixpath
import re
from typing import Iterator, List, Sequence

from ..facts import ForeignLibrary, Library
from ..reading import Known, Reading
from ..versions import numbers
from ._prefixes import prefix_of_site
from ._said import NOT_SAID, Said, said, where
from .lines import Line
from .sessions import exchanges

_LDD = re.compile(r"\s{1,16}(lib[\w.+-]{1,80}\.so[\w.]{0,20}) => (?:(/\S{1,400}) \(0x[0-9a-f]{1,16}\)|not found)")
_LINKED = re.compile(r"(\S{1,400}) -> \S{0,400}?lib[\w.+-]{1,80}\.so\.(\d[\d.]{0,20})\s*$")
_CACHED = re.compile(r"\s{1,8}(lib[\w.+-]{1,80}\.so[\w.]{0,20}) \([^)\n]{1,80}\) => (/\S{1,300})\s*$")
_GLIBCXX = re.compile(r"\s{0,8}GLIBCXX_(3\.\d{1,2}(?:\.\d{1,3})?)\s*$")
_FAMILIES = {
    "libcudart": "cudart", "libcublas": "cublas", "libcublasLt": "cublas", "libcudnn": "cudnn", "libcufft": "cufft",
    "libcurand": "curand", "libcusolver": "cusolver", "libcusparse": "cusparse", "libnccl": "nccl",
    "libnvJitLink": "nvjitlink", "libnvrtc": "nvrtc", "libcuda": "libcuda", "libnvidia-ml": "libnvidia-ml",
    "libstdc++": "libstdcxx", "libmkl_core": "mkl", "libmkl_rt": "mkl", "libcupti": "cupti",
}  # fmt: skip


def read(lines: Sequence[Line]) -> Iterator[Said]:
    asked = ""
    offers: List[str] = []
    at = 0
    for exchange in exchanges(lines):
        for words in exchange.typed.commands:
            if words[:1] == ("ldd",) and len(words) > 1 and exchange.output:
                asked = words[-1]
                yield from _loaded(exchange.output, asked)
    for line in lines:
        text = line.text
        if ".so" in text and ("->" in text or "=>" in text):
            yield from _listed(line)
        elif "GLIBCXX_" in text:
            found = _GLIBCXX.match(text)
            if found:
                offers.append(found.group(1))
                at = line.number
    if len(offers) > 2:  # a list of what one library offers, not a single error's line
        yield said("libraries", "libstdcxx_offers", max(offers, key=numbers), at)


def family(soname: str) -> str:
    name = soname.partition(".so")[0]
    return _FAMILIES.get(name) or ("cudnn" if name.startswith("libcudnn_") else "")


def _loaded(output: Sequence[Line], asked: str) -> Iterator[Said]:
    """What the loader takes for a library of torch's: a copy outside of its environment is foreign."""
    home = prefix_of_site(asked)
    for line in output:
        found = _LDD.match(line.text)
        if found is None or not family(found.group(1)):
            continue
        soname, path = found.groups()
        if not path:
            continue
        source = where(line.number)
        place = "wheel" if "/site-packages/nvidia/" in path else "torch" if "/torch/lib/" in path else "system"
        library = Library(family(soname), soname, path, _version(path, source), place)
        yield said("libraries", "libraries", (library,), line.number)
        brought = family(soname) not in ("libcuda", "libnvidia-ml", "libstdcxx")
        if home and brought and not path.startswith(home + "/"):
            foreign = ForeignLibrary(soname, path, "", "", asked)
            yield said("torch", "foreign_libraries", (foreign,), line.number)


def _listed(line: Line) -> Iterator[Said]:
    """ldconfig -p, and links as ls -l shows them: libcudnn.so.8 -> libcudnn.so.8.9.2."""
    source = where(line.number)
    cached = _CACHED.match(line.text)
    link = _LINKED.search(line.text[-900:]) if cached is None else None
    path = ""
    version: Reading[str] = NOT_SAID
    if cached:
        path, version = cached.group(2), _version(cached.group(2), source)
    elif link:
        path, version = link.group(1), Known(link.group(2), source)
    soname = posixpath.basename(path)
    if family(soname):
        library = Library(family(soname), soname, path, version, "system")
        yield said("libraries", "libraries", (library,), line.number)


def _version(path: str, source: str) -> Reading[str]:
    found = re.search(r"\.so\.(\d{1,4}(?:\.\d{1,6}){1,3})$", path)
    return Known(found.group(1), source) if found else NOT_SAID
