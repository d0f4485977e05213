"""torchvision, torchaudio and the extensions that are compiled against torch: what they were built for, as files say.

An extension is found by its distribution: one of NAMED, or any whose metadata asks for torch and which brings shared
libraries. What it asks of torch is read from its undefined symbols, and looked up in the hash tables of torch's own
libraries (a few milliseconds, where reading libtorch_cpu's symbols would take seconds).
"""

from __future__ import annotations

import json
import posixpath
import re
from typing import Any, Dict, Iterable, Mapping, Sequence, Tuple

from ..facts import Companion
from ..frozen import frozen
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown
from ..target import Answer
from ..versions import cuda_of_tag
from . import _answer
from ._conda_meta import canonical
from ._elf import Elf, ElfFiles, lacking
from ._torch_libraries import Import

#: Distribution -> import name, of those that are reported whether or not they bring a library or ask for torch.
NAMED = {
    "torchvision": "torchvision",
    "torchaudio": "torchaudio",
    "triton": "triton",
    "mmcv": "mmcv",
    "mmcv-full": "mmcv",
    "flash-attn": "flash_attn",
    "xformers": "xformers",
    "detectron2": "detectron2",
    "apex": "apex",
    "pytorch3d": "pytorch3d",
    "torch-scatter": "torch_scatter",
    "torch-sparse": "torch_sparse",
    "torch-cluster": "torch_cluster",
    "torch-spline-conv": "torch_spline_conv",
    "pyg-lib": "pyg_lib",
    "bitsandbytes": "bitsandbytes",
    "vllm": "vllm",
    "causal-conv1d": "causal_conv1d",
    "mamba-ssm": "mamba_ssm",
    "deepspeed": "deepspeed",
}
_LIBRARIES_LIMIT = 3  # of one extension: the first say the same as the rest
_RECORD_LIMIT = 8 << 20
_SAMPLE = 8  # missing symbols that are told
_TORCH_SYMBOL = re.compile(r"_Z[A-Z]{1,4}(?:3c10|2at|5torch|6caffe2)|_Z\d+THP|THP|aoti_torch_")
_TORCH_LIBRARY = re.compile(r"lib(?:c10|torch|caffe2)(?:_[a-z0-9_]+)?\.so")
_CUDA_LIBRARY = r"lib(?:cu|nv|nccl)\w*(?:-\w+)?\.so"
# In mangled names: std::string of the new C++ ABI; and what may stand before "Ss", the old one. Names follow their
# length and are stepped over, so that an "Ss" inside a name is none.
_NEW_STRING = "St7__cxx1112basic_string"
_PIECE = r"S[0-9A-Z]*_|T\d*_|L[a-z]n?\d+E|(\d+)|Ss|."


@frozen
class Extension:
    """A distribution, the folder of its package and its shared libraries."""

    name: str
    version: str
    package: str
    requires: Tuple[str, ...]
    libraries: Tuple[str, ...]


@frozen
class Binary:
    """What one shared library asks of torch."""

    needed: Tuple[str, ...]
    symbols: Tuple[str, ...]


def companions(
    host: Host, files: ElfFiles, answer: Reading[Answer], played: Import, torch_lib: str
) -> Tuple[Companion, ...]:
    """Every companion in `answer` (inside/ask.py's), held against the torch whose import was played."""
    torch = _opened(host, files, torch_lib)
    return tuple(_companion(host, files, one, played, torch) for one in extensions(host, answer))


def extensions(host: Host, answer: Reading[Answer]) -> Tuple[Extension, ...]:
    """Companions by distribution, in the order of sys.path; the copy that import takes wins over the metadata."""
    found: Dict[str, Extension] = {}
    for one in _answer.items(answer, "distributions"):
        name = canonical(one["name"])
        if name in found or name == "torch" or not (name in NAMED or _asks_for_torch(one["requires"])):
            continue
        libraries = _recorded(host, one)
        if not libraries and name not in NAMED:
            continue
        module = NAMED.get(name, name.replace("-", "_"))
        copies = [copy for copy in _answer.copies(answer, module) if copy["kind"] == "package"]
        folder = posixpath.dirname(copies[0]["path"]) if copies else posixpath.join(one["location"], module)
        if not libraries or (copies and copies[0]["entry"] != one["location"]):
            libraries = _beside(host, folder)
        version = (copies[0]["version"] if copies else "") or one["version"]
        found[name] = Extension(name, version, folder, tuple(one["requires"]), libraries)
    return tuple(found.values())


def _asks_for_torch(requires: Iterable[str]) -> bool:
    asked = (line for line in requires if line.startswith("torch") and "extra ==" not in line)
    return any(re.match(r"torch\b(?![-.\w])", line) for line in asked)


def _recorded(host: Host, one: Mapping[str, Any]) -> Tuple[str, ...]:
    """Shared libraries that RECORD lists, those of the package's top first."""
    if not one["metadata"].endswith(".dist-info"):
        return ()
    record = host.read(posixpath.join(one["metadata"], "RECORD"), _RECORD_LIMIT)
    text = record.value if isinstance(record, Known) else ""
    found, at = [], text.find(".so,")
    while at >= 0:
        found.append(text[text.rfind("\n", 0, at) + 1 : at + 3].lstrip('"'))
        at = text.find(".so,", at + 4)
    return tuple(posixpath.join(one["location"], name) for name in sorted(found, key=_main_first))


def _beside(host: Host, folder: str) -> Tuple[str, ...]:
    """Shared libraries in the package's folder and one below, where no RECORD lists them."""
    names = host.listdir(folder)
    found = []
    for name in names.value if isinstance(names, Known) else ():
        if name.endswith(".so"):
            found.append(f"{folder}/{name}")
        elif "." not in name and name != "__pycache__":
            below = host.listdir(f"{folder}/{name}")
            found += [
                f"{folder}/{name}/{x}" for x in (below.value if isinstance(below, Known) else ()) if x[-3:] == ".so"
            ]
    return tuple(sorted(found, key=_main_first))


def _main_first(path: str) -> Tuple[bool, int, str]:
    return not posixpath.basename(path).startswith("_C"), path.count("/"), path


def _opened(host: Host, files: ElfFiles, torch_lib: str) -> Reading[Tuple[Elf, ...]]:
    """torch's libraries that define symbols for others, the richest first."""
    names = host.listdir(torch_lib)
    found = [name for name in (names.value if isinstance(names, Known) else ()) if _TORCH_LIBRARY.fullmatch(name)]
    order = ("libtorch_cpu.so", "libc10.so", "libtorch_python.so")
    opened = []
    for name in sorted(found, key=lambda name: (name not in order, name)):
        elf = files.open(f"{torch_lib}/{name}")
        if isinstance(elf, Unknown):
            return elf  # without one of them every symbol would look missing
        if isinstance(elf, Known):
            opened.append(elf.value)
    return Known(tuple(opened), torch_lib) if opened else Absent((torch_lib,))


def _companion(
    host: Host, files: ElfFiles, one: Extension, played: Import, torch: Reading[Tuple[Elf, ...]]
) -> Companion:
    said = _cpp_lib(host, one)
    binaries = {path: files.ask(path, _binary) for path in one.libraries[:_LIBRARIES_LIMIT]}
    linked = {
        path: binary.value
        for path, binary in binaries.items()
        if isinstance(binary, Known) and any(_TORCH_LIBRARY.fullmatch(name) for name in binary.value.needed)
    }
    failed = [binary for binary in binaries.values() if isinstance(binary, Unknown)]
    none: Reading[Any] = failed[0] if failed and not linked else Absent(tuple(binaries) or (one.package,))
    symbols = tuple(dict.fromkeys(symbol for binary in linked.values() for symbol in binary.symbols))
    return Companion(
        name=one.name,
        version=one.version,
        path=one.package,
        cuda=_cuda(one, said, linked),
        built_for_torch=_built_for(one, said),
        cxx11_abi=_abi(symbols, next(iter(linked))) if linked else none,
        missing_symbols=_lacking(files, torch, linked, symbols) if linked else none,
        missing_libraries=_lost(played, linked) if linked else none,
    )


def _binary(elf: Elf) -> Binary:
    needed = elf.needed()
    # What is not linked against torch has nothing to ask of it, and libtriton.so has many names.
    if not any(_TORCH_LIBRARY.fullmatch(name) for name in needed):
        return Binary(needed, ())
    return Binary(needed, tuple(symbol for symbol in elf.undefined() if _TORCH_SYMBOL.match(symbol)))


def _abi(symbols: Sequence[str], source: str) -> Reading[bool]:
    if any(_NEW_STRING in symbol for symbol in symbols):
        return Known(True, source)
    if any("Ss" in symbol and has_old_string(symbol) for symbol in symbols):
        return Known(False, source)
    return Absent((source,))


def has_old_string(symbol: str) -> bool:
    """Whether a mangled name has std::string of the old C++ ABI ("Ss") among its types."""
    pieces, at = re.compile(_PIECE), 0
    while at < len(symbol):
        piece = pieces.match(symbol, at)
        if piece is None:
            return False
        if piece.group() == "Ss":
            return True
        at = piece.end() + int(piece.group(1) or 0)
    return False


def _lacking(
    files: ElfFiles, torch: Reading[Tuple[Elf, ...]], linked: Iterable[str], symbols: Sequence[str]
) -> Reading[Tuple[str, ...]]:
    if not isinstance(torch, Known):
        return torch
    own = [files.open(path) for path in linked]
    offering = (*torch.value, *(elf.value for elf in own if isinstance(elf, Known)))
    return files.ask(next(iter(linked)), lambda _: tuple(sorted(lacking(offering, symbols), key=len)[:_SAMPLE]))


def _lost(played: Import, linked: Iterable[str]) -> Reading[Tuple[str, ...]]:
    """CUDA's and torch's libraries that are not found; codecs and the like are optional in many extensions."""
    before = len(played.loader.lost)
    for path in linked:
        played.loader.load(path)
    lost = [lost.soname for lost in played.loader.lost[before:]]
    wanted = [name for name in lost if re.match(_CUDA_LIBRARY, name) or _TORCH_LIBRARY.match(name)]
    return Known(tuple(wanted), ", ".join(linked))


def _cpp_lib(host: Host, one: Extension) -> Mapping[str, Any]:
    """xformers/cpp_lib.json: {"version": {"cuda": 1201, "torch": "2.1.2+cu121", ...}}. Empty where there is none."""
    if one.name != "xformers":
        return {}
    text = host.read(f"{one.package}/cpp_lib.json", 1 << 18)
    try:
        version = json.loads(text.value)["version"] if isinstance(text, Known) else {}
    except (ValueError, KeyError, TypeError):
        return {}
    return version if isinstance(version, dict) else {}


def _built_for(one: Extension, said: Mapping[str, Any]) -> Reading[str]:
    if isinstance(said.get("torch"), str):
        return Known(said["torch"].split("+")[0], f"{one.package}/cpp_lib.json")
    for line in one.requires:
        exact = re.match(r"torch\s*\(?\s*==\s*(\d[^\s,;)*+]*)", line)
        if exact and "extra ==" not in line:
            return Known(exact.group(1), f"metadata of {one.name}")
    local = one.version.partition("+")[2]
    named = re.search(r"torch(\d+\.\d+(?:\.\d+)?)|pt(\d+\.\d+(?:\.\d+)?)", local)
    if named:
        return Known(named.group(1) or named.group(2), f"version {one.version}")
    short = re.search(r"pt(\d)(\d+)", local)  # pt21, pt113
    if short:
        return Known(f"{short.group(1)}.{short.group(2)}", f"version {one.version}")
    return Absent((f"metadata of {one.name}", f"version {one.version}"))


def _cuda(one: Extension, said: Mapping[str, Any], linked: Mapping[str, Binary]) -> Reading[str]:
    if isinstance(said.get("cuda"), int) and said["cuda"] > 0:
        return Known(f"{said['cuda'] // 100}.{said['cuda'] % 100}", f"{one.package}/cpp_lib.json")
    local = one.version.partition("+")[2]
    tag = re.search(r"cu(?:[6-9]\d|1\d\d)(?!\d)", local)  # cu92, cu121; cu12 names a major version alone
    if tag:
        return Known(cuda_of_tag(tag.group()), f"version {one.version}")
    needed = [name for binary in linked.values() for name in binary.needed]
    runtime = [re.match(r"libcudart(?:-\w+)?\.so\.(\d+\.\d+)", name) for name in needed]
    exact = [found.group(1) for found in runtime if found and not found.group(1).startswith("11.")]
    if exact:  # up to CUDA 10.2 the library's name has the whole version; later only the major one counts
        return Known(exact[0], next(iter(linked)))
    if local != "cpu" and any(name.startswith(("libcudart", "libc10_cuda", "libtorch_cuda")) for name in needed):
        return Unknown("unparsable", "a CUDA build that does not say of which CUDA", next(iter(linked)))
    return Absent((f"version {one.version}", *linked))
