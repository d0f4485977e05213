"""Host compilers: what is there, and which one nvcc would call.

A compiler is asked for its version (`--version` takes 2 ms, finding it in the binary 5), once for all the names that
lead to one installation. Those found only under a numbered name tell their major version by that name.
"""

from __future__ import annotations

import posixpath
import re
from typing import Dict, Iterator, List, Optional, Tuple

from ..facts import Compiler, CompilerFacts
from ..frozen import frozen
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, mapped
from ..target import Target
from . import _answer

_NAMES = ("gcc", "g++", "cc", "c++", "clang", "clang++")
_NUMBERED = re.compile(r"(?:gcc|g\+\+|clang|clang\+\+)-(\d+(?:\.\d+)?)")
_TRIPLETS = ("x86_64-conda-linux-gnu", "x86_64-conda_cos6-linux-gnu", "aarch64-conda-linux-gnu")
_VARIABLES = ("CC", "CXX", "CUDAHOSTCXX", "NVCC_CCBIN")
_FLAGS = ("NVCC_APPEND_FLAGS", "NVCC_PREPEND_FLAGS")
_LAUNCHERS = ("ccache", "sccache", "distcc")
_FOLDERS = ("/usr/bin", "/usr/local/bin")  # where distributions put numbered compilers
_TOOLSETS = "/opt/rh"  # Red Hat's gcc-toolset-13/root/usr/bin
_SECONDS = 3.0

Said = Tuple[Reading[str], Reading[str]]  # family and version


@frozen
class _Found:
    name: str
    path: str
    by: str


def look(host: Host, target: Target) -> CompilerFacts:
    merged: Dict[Tuple[str, str], _Found] = {}
    by: Dict[Tuple[str, str], List[str]] = {}
    for one in _found(host, target):
        key = (one.name, _real(host, one.path))
        merged.setdefault(key, one)
        if one.by not in by.setdefault(key, []):
            by[key].append(one.by)
    asked: Dict[str, Said] = {}
    compilers: List[Compiler] = []
    # Numbered names last: what their installation said of itself under a plain name is more than a number.
    for (_, real), one in sorted(merged.items(), key=lambda item: _NUMBERED.fullmatch(item[1].name) is not None):
        family, version = _told(host, one, real, asked)
        compilers.append(Compiler(one.name, one.path, family, version, tuple(by[one.name, real])))
    return CompilerFacts(
        compilers=Known(tuple(compilers), "PATH, CC, CXX, CUDAHOSTCXX, NVCC_CCBIN, the environment"),
        host_compiler=_host_compiler(host, compilers),
    )


def _host_compiler(host: Host, compilers: List[Compiler]) -> Reading[Compiler]:
    """The one that nvcc calls when torch compiles an extension.

    torch passes `-ccbin $CC` where CC is set. Tried with nvcc 13.0: the last -ccbin wins, NVCC_APPEND_FLAGS stand
    after the command line and NVCC_PREPEND_FLAGS before it, NVCC_CCBIN counts only without any, and the default is
    `gcc` on PATH (for C++ as well; g++ only links).
    """
    for variable in ("NVCC_APPEND_FLAGS", "CC", "NVCC_PREPEND_FLAGS", "NVCC_CCBIN"):
        if _named(host, variable):
            path = _path_of(host, _named(host, variable))
            same = (posixpath.basename(path), _real(host, path))
            chosen = [one for one in compilers if path and (one.name, _real(host, one.path)) == same]
            return Known(chosen[0], variable) if chosen else Absent((f"{variable}={_named(host, variable)}",))
    for name in ("gcc", "g++"):
        for one in compilers:
            if one.name == name and "PATH" in one.found_by:
                return Known(one, "PATH")
    return Absent(("gcc on PATH", "g++ on PATH"))


def _found(host: Host, target: Target) -> Iterator[_Found]:
    for name in _NAMES:
        for path in host.which(name):
            yield _Found(name, path, "PATH")
    for variable in (*_VARIABLES, *_FLAGS):
        path = _path_of(host, _named(host, variable))
        if path:
            yield _Found(posixpath.basename(path), path, variable)
    numbered = tuple(_numbered(host))  # before the interpreter is asked: it may not have answered yet
    for prefix in _prefixes(host, target):
        for triplet in _TRIPLETS:
            for name in ("cc", "c++", "gcc", "g++"):
                path = f"{prefix}/bin/{triplet}-{name}"
                if isinstance(host.stat(path), Known):
                    yield _Found(f"{triplet}-{name}", path, "conda")
    yield from numbered


def _numbered(host: Host) -> Iterator[_Found]:
    folders = [(folder, "PATH") for folder in _FOLDERS if folder in host.environ.get("PATH", "").split(":")]
    toolsets = host.listdir(_TOOLSETS)
    for toolset in toolsets.value if isinstance(toolsets, Known) else ():
        number = re.fullmatch(r"(?:gcc-toolset|devtoolset)-(\d+)", toolset)
        for name in ("gcc", "g++") if number else ():
            path = f"{_TOOLSETS}/{toolset}/root/usr/bin/{name}"
            if isinstance(host.stat(path), Known):
                yield _Found(name, path, _TOOLSETS)
    for folder, by in folders:
        names = host.listdir(folder)
        for name in names.value if isinstance(names, Known) else ():
            if name.startswith(("gcc-", "g++-", "clang")) and _NUMBERED.fullmatch(name):  # few of a thousand
                yield _Found(name, f"{folder}/{name}", by)


def _named(host: Host, variable: str) -> str:
    """The compiler that a variable names: a command with arguments, or nvcc's flags with a -ccbin among them."""
    words = host.environ.get(variable, "").split()
    if variable in _FLAGS:
        named = ""
        for at, word in enumerate(words):
            flag, equals, value = word.partition("=")
            if flag in ("-ccbin", "--compiler-bindir"):
                named = value if equals else "".join(words[at + 1 : at + 2])
        return named.strip("'\"")
    if len(words) > 1 and posixpath.basename(words[0]) in _LAUNCHERS:
        words = words[1:]
    return words[0].strip("'\"") if words else ""


def _path_of(host: Host, named: str) -> str:
    """ "" where there is no such compiler. NVCC_CCBIN may name the folder that holds gcc."""
    if not named:
        return ""
    if "/" not in named:
        return "".join(host.which(named)[:1])
    there = host.stat(named)
    if isinstance(there, Known) and there.value.kind == "dir":
        named = posixpath.join(named, "gcc")
        there = host.stat(named)
    return named if isinstance(there, Known) else ""


def _prefixes(host: Host, target: Target) -> Tuple[str, ...]:
    named = (_answer.prefix(target.answer()), host.environ.get("CONDA_PREFIX"))
    return tuple(dict.fromkeys(posixpath.normpath(prefix) for prefix in named if prefix))


def _real(host: Host, path: str) -> str:
    real = host.realpath(path)
    return real.value if isinstance(real, Known) else path


def _told(host: Host, one: _Found, real: str, asked: Dict[str, Said]) -> Said:
    """Family and version. `asked` keeps what each installation said."""
    base = posixpath.basename(real)
    # x86_64-linux-gnu-g++-12 and ...-gcc-12 are one installation; ccache is another one under every name.
    known = re.search(r"clang|g\+\+|gcc|(?<=conda-linux-gnu-)c(?:c|\+\+)", base)
    key = real if known else f"{real} {one.name}"
    if known:
        plain = base.replace("clang++", "clang").replace("g++", "gcc").replace("-c++", "-gcc").replace("-cc", "-gcc")
        key = posixpath.join(posixpath.dirname(real), plain)
    number = _NUMBERED.fullmatch(one.name)
    if key not in asked and number:
        family = "clang" if "clang" in one.name else "gcc"
        return Known(family, one.path), Known(number.group(1), one.path)
    if key not in asked:
        asked[key] = _clang(host, real) if known and "clang" in base else _said(host, one.path)
    return asked[key]


def _clang(host: Host, real: str) -> Said:
    """/usr/lib/llvm-14/bin/clang has its headers in lib/clang/14.0.6; starting it would load 100 MB."""
    home = posixpath.dirname(posixpath.dirname(real))
    names = host.listdir(f"{home}/lib/clang")
    versions = [name for name in (names.value if isinstance(names, Known) else ()) if re.fullmatch(r"\d+[\d.]*", name)]
    if not versions:
        return _said(host, real)
    return Known("clang", real), Known(max(versions, key=len), f"{home}/lib/clang")


def _said(host: Host, path: str) -> Said:
    answer = mapped(host.run([path, "--version"], _SECONDS), lambda output: output.out.partition("\n")[0])
    if not isinstance(answer, Known):
        return answer, answer
    clang = re.search(r"clang version (\d[\d.]*)", answer.value)
    gcc = re.search(r"\) (\d+\.\d+[\d.]*)", answer.value)
    found: Optional[Tuple[str, str]] = ("clang", clang.group(1)) if clang else ("gcc", gcc.group(1)) if gcc else None
    if found is None:
        why = Unknown("unparsable", f"neither gcc nor clang: {answer.value[:100]}", answer.source)
        return why, why
    return Known(found[0], answer.source), Known(found[1], answer.source)
