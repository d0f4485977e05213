"""torch as its files describe it. It is never imported here: that takes seconds, and can crash.

version.py says version and CUDA; the list that torch.cuda.get_arch_list() would print stands as one string in the
read-only data of libtorch_python.so; the C++ ABI shows in the names of libc10.so's symbols.
"""

from __future__ import annotations

import json
import posixpath
import re
import time
from typing import List, Mapping, Optional, Sequence, Tuple

from ..facts import DeepGpu, DeepTorch, TorchFacts, unknown_group
from ..frozen import names_of
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, mapped
from ..target import Answer, Target
from ..versions import numbers
from . import _answer, _said
from ._companions import companions
from ._elf import Elf, ElfError, ElfFiles, lacking
from ._torch_libraries import library, play_import

_VERSION_LINE = re.compile(r"^(__version__|cuda|hip|xpu)\b[^=\n]*=[ \t]*(?:['\"]([^'\"\n]*)['\"]|(None))", re.MULTILINE)
# "sm_50 sm_60 compute_60", ended by a NUL. No NUL stands before it in 2.9, where half a sentence does.
_ARCH_LIST = r"sm_\d+[a-z]?(?: (?:sm|compute)_\d+[a-z]?)*(?=\x00)"
_NUMPY = r"numpy\._?core\._?multiarray(?:_umath)?"
# c10::Error's constructor, in torch since 1.0 (by reference) and 1.5 (by value): one of each ABI is always there.
_OLD_ABI = ("_ZN3c105ErrorC1ENS_14SourceLocationESs", "_ZN3c105ErrorC1ENS_14SourceLocationERKSs")
_NEW_STRING = "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
_NEW_ABI = tuple(name.replace("Ss", _NEW_STRING) for name in _OLD_ABI)
_NOT_ASKED = Unknown("not-looked", "only with --deep")
_BINARIES = ("libc10.so", "libtorch_cpu.so", "libtorch_python.so", "libtorch_cuda.so")


def look(host: Host, target: Target) -> TorchFacts:
    started = time.monotonic()
    facts = _seen(host, target)
    return TorchFacts(**{**vars(facts), "deep": _deep(host, target, time.monotonic() - started)})


def _seen(host: Host, target: Target) -> TorchFacts:
    """Everything but `deep`."""
    answer = target.answer()
    modules = _said.part(answer, "modules")
    if not isinstance(modules, Known):
        why = modules if isinstance(modules, Unknown) else Unknown("not-looked", "there is no interpreter to ask")
        return unknown_group(TorchFacts, why)
    copies = _answer.copies(answer, "torch")
    package = _package(host, copies)
    if package is None:
        looked = (*(copy["path"] for copy in copies), *filter(None, _answer.sys_path(answer)))
        none = _said.closed_site(answer) or Absent(looked)
        return TorchFacts(**dict.fromkeys(names_of(TorchFacts), none))
    return _described(host, target, answer, package)


def _package(host: Host, copies: Sequence[Mapping[str, str]]) -> Optional[str]:
    """The folder that import takes; where a local torch.py or a folder of that name wins, the torch behind it."""
    folders = [posixpath.dirname(copy["path"]) for copy in copies if copy["kind"] == "package"]
    real = [folder for folder in folders if isinstance(host.stat(f"{folder}/version.py"), Known)]
    return next(iter([*real, *folders]), None)


def _described(host: Host, target: Target, answer: Reading[Answer], package: str) -> TorchFacts:
    prefix = _answer.prefix(answer)
    executable = target.executable.value if isinstance(target.executable, Known) else ""
    python = library(host, package, prefix, "libtorch_python.so")
    said = version_file(host, f"{package}/version.py")
    build = mapped(said, _build)
    files = ElfFiles(host)
    played = play_import(host, files, package, executable, _answer.sys_path(answer), prefix)
    return TorchFacts(
        path=Known(package, executable),
        version=_stated(said, "__version__"),
        build=build,
        cuda=_stated(said, "cuda"),
        hip=_stated(said, "hip"),
        arch_list=_arch_list(host, files, python, build),
        cxx11_abi=_cxx11_abi(files, library(host, package, prefix, "libc10.so")),
        companions=Known(
            companions(host, files, answer, played, posixpath.dirname(python)), posixpath.dirname(package)
        ),
        missing_libraries=played.missing,
        numpy2=_numpy2(host, files, python),
        glibcxx_needed=_glibcxx(files, [library(host, package, prefix, name) for name in _BINARIES]),
        deep=_NOT_ASKED,
        foreign_libraries=played.foreign,
    )


def version_file(host: Host, path: str) -> Reading[Mapping[str, str]]:
    """The literals of torch/version.py ("" for None): __version__, cuda, hip, xpu. The file is not executed.

    Written as `cuda = '12.1'` up to 2.1 and as `cuda: Optional[str] = '12.1'` since; hip came with 1.5, xpu with 2.5.
    """

    def literals(text: str) -> Mapping[str, str]:
        found = {match.group(1): match.group(2) or "" for match in _VERSION_LINE.finditer(text)}
        if not found.get("__version__"):
            raise ValueError("it states no __version__")
        return found

    return mapped(host.read(path, 1 << 16), literals)


def _stated(said: Reading[Mapping[str, str]], key: str) -> Reading[str]:
    if not isinstance(said, Known):
        return said
    value = said.value.get(key, "")
    return Known(value, said.source) if value else Absent((said.source,))


def _build(said: Mapping[str, str]) -> str:
    if "cuda" not in said:
        raise ValueError("it does not say of which CUDA the build is")
    return "cuda" if said["cuda"] else "rocm" if said.get("hip") else "xpu" if said.get("xpu") else "cpu"


def _constants(host: Host, files: ElfFiles, path: str, pattern: str) -> Reading[Tuple[str, ...]]:
    """Matches in the section of string constants: a thirtieth of the file, where there are section headers."""
    section = files.ask(path, lambda elf: elf.section(".rodata"))
    if not isinstance(section, Known):
        return section
    start, size = section.value or (0, None)
    return host.search(path, pattern, 64, start, size)


def _arch_list(host: Host, files: ElfFiles, path: str, build: Reading[str]) -> Reading[Tuple[str, ...]]:
    if not isinstance(build, Known):
        return build
    if build.value != "cuda":
        return Absent((build.source,))
    found = _constants(host, files, path, _ARCH_LIST)
    if not isinstance(found, Known):
        return found
    longest = max(found.value, key=len, default="")
    if not longest:
        return Unknown("not-looked", "this build does not carry its list of architectures (torch before 1.7)", path)
    if " " not in longest and len(set(found.value)) > 1:
        return Unknown("unparsable", f"none of {', '.join(sorted(set(found.value)))} is a list", path)
    return Known(tuple(longest.split()), path)


def _numpy2(host: Host, files: ElfFiles, path: str) -> Reading[bool]:
    """NumPy's C API is found through the module's name, which NumPy 2 changed."""
    found = _constants(host, files, path, _NUMPY)
    if not isinstance(found, Known):
        return found
    return Known(any("._core." in name for name in found.value), path) if found.value else Absent((path,))


def _cxx11_abi(files: ElfFiles, path: str) -> Reading[bool]:
    def question(elf: Elf) -> bool:
        missing = lacking((elf,), (*_OLD_ABI, *_NEW_ABI))
        old, new = (any(name not in missing for name in names) for names in (_OLD_ABI, _NEW_ABI))
        if old == new:
            raise ElfError("c10::Error has no constructor that tells the C++ ABI")
        return new

    return files.ask(path, question)


def _glibcxx(files: ElfFiles, paths: Sequence[str]) -> Reading[str]:
    needs: List[str] = []
    for path in paths:
        versions = files.ask(path, lambda elf: elf.version_needs())
        if isinstance(versions, Unknown):
            return versions
        for name in versions.value if isinstance(versions, Known) else ():
            if re.fullmatch(r"GLIBCXX_3\.4(?:\.\d+)?", name):
                needs.append(name[len("GLIBCXX_") :])
    return Known(max(needs, key=numbers), paths[0]) if needs else Absent(tuple(paths))


def _deep(host: Host, target: Target, spent: float) -> Reading[DeepTorch]:
    if not target.request.deep:
        return _NOT_ASKED
    if not isinstance(target.executable, Known):
        return Unknown("not-looked", "there is no interpreter to ask")
    # What is kept back is for ending a child that does not answer: the rest of these facts must still be told.
    answer = host.ask(target.executable.value, "deep", (), max(1.0, 0.8 * target.request.patience - spent))
    if not isinstance(answer, Known):
        return answer
    try:
        said = json.loads(answer.value)
        if "error" in said:
            return Unknown("failed", str(said["error"]), "import torch")
        gpus = tuple(DeepGpu(one["index"], one["name"], one["capability"], one["kernel"]) for one in said["gpus"])
        return Known(
            DeepTorch(
                version=said["version"],
                file=said["file"],
                cuda=said["cuda"],
                is_available=said["is_available"],
                device_count=said["device_count"],
                arch_list=tuple(said["arch_list"]),
                gpus=gpus,
                loaded=tuple(said["loaded"]),
                warnings=tuple(said["warnings"]),
                seconds=said["seconds"],
            ),
            "import torch",
        )
    except (ValueError, KeyError, TypeError) as error:
        return Unknown("unparsable", f"{type(error).__name__}: {error}", answer.source)
