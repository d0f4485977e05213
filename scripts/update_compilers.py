"""Reads which host compilers are taken: by nvcc, in NVIDIA's own header, and by torch's check before it.

    python scripts/update_compilers.py [--all] [--index URL] [--home FOLDER]

NVIDIA's is crt/host_config.h of the compiler wheels (nvidia-cuda-nvcc-cu11, -cu12, nvidia-cuda-nvcc, nvidia-cuda-crt),
the newest wheel of each CUDA; torch's is the table in torch/utils/cpp_extension.py, a wheel of each release. Both are
read in parts, and only where the table does not have them; --all reads every header again. The two differ, and both
refuse: that is why both are here. A second run changes no byte.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

from _published import Data, Index, Published, Trouble, changed_row, data, member, options, save, today, updated
from update_releases import linux_wheel, wheels

from envdoctor.versions import numbers

PROJECTS = ("nvidia-cuda-nvcc-cu11", "nvidia-cuda-nvcc-cu12", "nvidia-cuda-nvcc", "nvidia-cuda-crt")
_HEADER = "crt/host_config.h"
#: The conditions, not the messages below them: those of 12.2 and 12.3 say 16 where 17 is the first that is refused.
_GCC = re.compile(rb"#\s*if\s+__GNUC__\s*>\s*(\d+)")
_CLANG = re.compile(rb"#\s*if\s+\(__clang_major__\s*>=\s*(\d+)\)\s*\|\|\s*\(__clang_major__\s*<\s*3\)")
_EXTENSION = "torch/utils/cpp_extension.py"
SOURCES = {
    "header": {
        "source": "crt/host_config.h of the nvcc package",
        "where": "https://pypi.org/project/nvidia-cuda-nvcc/",
    },
    "cpp-extension": {
        "source": "torch/utils/cpp_extension.py of the PyPI wheel",
        "where": "https://pypi.org/project/torch/#files",
    },
}
Bounds = Dict[str, Dict[str, Optional[str]]]  # CUDA -> gcc_min, gcc_below, clang_min, clang_below


# NVIDIA's header


def by_cuda(index: Index) -> Dict[str, List[Published]]:
    """CUDA ('12.4') -> the Linux wheels that may hold its header, the newest of each project."""
    newest: Dict[Tuple[str, str], Tuple[Tuple[int, ...], Published]] = {}
    for project in PROJECTS:
        for file in index.files(project):
            parts = file.filename.split("-")
            if not re.search(r"manylinux\w*_x86_64\.whl$", file.filename) or not _final(parts[1]):
                continue
            version = numbers(parts[1])
            key = (project, ".".join(map(str, version[:2])))
            if key not in newest or newest[key][0] < version:
                newest[key] = (version, file)
    found: Dict[str, List[Published]] = {}
    for (_, cuda), (_, file) in newest.items():
        found.setdefault(cuda, []).append(file)
    return found


def _final(version: str) -> bool:
    return re.fullmatch(r"\d+\.\d+(\.\d+)+", version) is not None and not version.startswith("0.")


def header(index: Index, files: List[Published]) -> Optional[bytes]:
    for file in files:
        with index.wheel(file) as archive:
            for name in archive.namelist():
                if name.endswith(_HEADER):
                    return member(archive, name)
    return None


def limits(text: bytes) -> Dict[str, int]:
    """gcc_max and clang_max of a host_config.h; what it does not say is left out."""
    gcc, clang = _GCC.findall(text), _CLANG.findall(text)
    found = {"gcc_max": int(gcc[-1])} if gcc else {}
    # Where there are two, the first is that of clang for another system, HOS.
    return {**found, "clang_max": int(clang[-1]) - 1} if clang else found


def headers(index: Index, cuda: Data, every: bool) -> None:
    rows = {row["version"]: row for row in cuda.rows}
    for version, files in sorted(by_cuda(index).items(), key=lambda one: numbers(one[0])):
        row = rows.get(version)
        if row is not None and "header" in row["source"] and not every:
            continue
        text = header(index, files)
        if text is None:
            print(f"CUDA {version}: no {_HEADER} in {', '.join(file.filename for file in files)}", file=sys.stderr)
            continue
        found = limits(text)
        cuda.sources.setdefault("header", {**SOURCES["header"], "checked": today()})
        if row is None:
            cuda.rows.append(_new_cuda(cuda, version, found))
            print(f"CUDA {version}: new, {found}", file=sys.stderr)
        elif changed_row(row, found, ("header",), row["how"]):
            print(f"CUDA {version}: {found}", file=sys.stderr)
    cuda.rows.sort(key=lambda one: numbers(one["version"]))


def _new_cuda(cuda: Data, version: str, found: Mapping[str, int]) -> Dict[str, Any]:
    """A toolkit that the table does not have. Its lowest driver is that of its major version, if there is one."""
    same = [row for row in cuda.rows if numbers(row["version"])[0] == numbers(version)[0]]
    drivers = {name: same[-1][name] if same else None for name in ("minimum_driver", "minimum_driver_windows")}
    unknown = dict.fromkeys(("gcc_min", "gcc_max", "clang_max", "min_capability", "max_capability"))
    row = {"version": version, "toolkit_driver": None, **drivers, **unknown, **found}
    return {**row, "source": ["header", *(["minor"] if same else [])], "how": "derived", "checked": today()}


# torch's own table


def bounds(text: str, name: str) -> Bounds:
    """CUDA_GCC_VERSIONS and CUDA_CLANG_VERSIONS of a cpp_extension.py, upper ends made exclusive; {} where it has none.
    Trouble where they are not written as they have been so far."""
    try:
        tree = ast.parse(text)
        constants: Dict[str, Any] = {}
        for node in tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and value is not None and _watched(target.id):
                constants[target.id] = _constant(value, constants)
        exclusive = "max_excl_compiler_version" in text
        found: Bounds = {}
        for family, table in (("gcc", "CUDA_GCC_VERSIONS"), ("clang", "CUDA_CLANG_VERSIONS")):
            for cuda, (low, high) in constants.get(table, {}).items():
                row = found.setdefault(cuda, dict.fromkeys(("gcc_min", "gcc_below", "clang_min", "clang_below")))
                below = tuple(high) if exclusive else (*high[:-1], high[-1] + 1)
                row.update({f"{family}_min": _dotted(low), f"{family}_below": _dotted(below)})
        return found
    except (SyntaxError, ValueError, TypeError, KeyError) as error:
        raise Trouble(f"{name}: its compiler table is written in a new way: {error}") from None


def _watched(name: str) -> bool:
    return name in ("CUDA_GCC_VERSIONS", "CUDA_CLANG_VERSIONS") or name.startswith("MINIMUM_")


def _constant(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """A literal in which names stand for constants above it."""
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.Tuple):
        return tuple(_constant(one, known) for one in node.elts)
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values)
        return {_constant(key, known): _constant(value, known) for key, value in pairs if key is not None}
    return ast.literal_eval(node)


def _dotted(version: Tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def tables(index: Index, home: Path, compilers: Data) -> None:
    """Read the releases that no row and no source says to have been read."""
    releases = [row["version"] for row in data(home, "torch").rows if row.get("pypi", True)]
    last = max((numbers(row["last"]) for row in compilers.rows), default=())
    unread = [version for version in releases if numbers(version) > last]
    if not unread:
        return
    listed = wheels(index.files("torch"), "torch")
    before = releases[releases.index(unread[0]) - 1] if unread[0] != releases[0] else ""
    for version in unread:
        wheel = linux_wheel(listed.get(version, ()))
        if wheel is None:
            raise Trouble(f"torch {version}: the index has no wheel for Linux x86_64")
        with index.wheel(wheel) as archive:
            text = (member(archive, _EXTENSION) or b"").decode("utf-8", "replace")
        _enter(compilers, version, before, bounds(text, wheel.filename))
        print(f"torch {version}: read; {index.came:,} bytes so far", file=sys.stderr)
        before = version
    if compilers.rows:
        compilers.sources.setdefault("cpp-extension", {**SOURCES["cpp-extension"], "checked": today()})
    compilers.rows.sort(key=lambda row: (numbers(row["first"]), numbers(row["cuda"])))


def _enter(compilers: Data, version: str, before: str, found: Bounds) -> None:
    """Rows that said the same of the release before go on to this one; what differs begins a new row."""
    for cuda, values in found.items():
        for row in compilers.rows:
            if row["cuda"] == cuda and row["last"] == before and all(row[key] == values[key] for key in values):
                row["last"] = version
                break
        else:
            row = {"first": version, "last": version, "cuda": cuda, **values}
            compilers.rows.append({**row, "source": ["cpp-extension"], "how": "measured"})


def update(index: Index, home: Path, every: bool) -> List[Path]:
    cuda, compilers = data(home, "cuda"), data(home, "compilers")
    headers(index, cuda, every)
    tables(index, home, compilers)
    return save(home, (cuda, compilers))


def main(argv: List[str]) -> int:
    parser = options(__doc__)
    parser.add_argument("--all", action="store_true", help="read every header again")
    said = parser.parse_args(argv)
    return updated(said.index, lambda index: update(index, said.home, said.all))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
