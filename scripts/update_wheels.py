"""Reads what the binaries of PyPI's Linux wheels of torch say: the arch list, the C library and NumPy that they need.

    python scripts/update_wheels.py [--release 2.5.1 ...] [--index URL] [--home FOLDER]

Read are the releases whose row says that nobody has, and those that are named, one wheel after another, in parts: some
15 MB of each. Libraries above 64 MB are left out: they are built like the others beside them, and fetching them would
be fetching the wheel. A second run changes no byte.
"""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from _published import Data, Index, Trouble, changed_row, data, member, options, save, today, updated
from update_releases import LINUX, linux_wheel, wheels

from envdoctor.versions import capability, numbers

_LARGE = 64 << 20
_PYTHON = "torch/lib/libtorch_python.so"
#: As the torch probe looks for it: "sm_50 sm_60 compute_60" and a NUL.
_ARCH_LIST = re.compile(rb"sm_\d+[a-z]?(?: (?:sm|compute)_\d+[a-z]?)*(?=\x00)")
_NUMPY2 = b"numpy._core._multiarray_umath"
SOURCES = {
    "binary": {
        "source": "torch.cuda.get_arch_list() as compiled into libtorch_python.so of the PyPI wheel",
        "where": "https://pypi.org/project/torch/#files",
    },
    "symbols": {
        "source": "symbol versions named by the libraries in the PyPI wheel for Linux",
        "where": "https://pypi.org/project/torch/#files",
    },
}


def read(archive: zipfile.ZipFile) -> Tuple[List[str], Dict[str, Any]]:
    """The arch list (empty for a build without CUDA), and values of a torch row."""
    needed: Dict[bytes, List[Tuple[int, ...]]] = {b"GLIBC": [], b"GLIBCXX": []}
    archs: List[str] = []
    numpy2: Optional[bool] = None
    for info in archive.infolist():
        if not re.search(r"\.so(\.[0-9.]+)?$", info.filename) or info.file_size > _LARGE:
            continue
        content = member(archive, info.filename) or b""
        for name, found in needed.items():
            said = re.findall(rb"\x00" + name + rb"_([0-9.]+)(?=\x00)", content)
            found += [numbers(one.decode()) for one in said if re.fullmatch(rb"[0-9]+(\.[0-9]+)*", one)]
        if info.filename == _PYTHON:
            lists = [one.decode().split() for one in _ARCH_LIST.findall(content)]
            archs = max(lists, key=len, default=[])
            numpy2 = _NUMPY2 in content
    values: Dict[str, Any] = {f"{name.decode().lower()}_symbols": _newest(found) for name, found in needed.items()}
    if numpy2 is not None:
        values["numpy2"] = numpy2
    return archs, values


def _newest(found: Sequence[Tuple[int, ...]]) -> Optional[str]:
    return ".".join(map(str, max(found))) if found else None


def wants(row: Mapping[str, Any], arch: Optional[Mapping[str, Any]]) -> bool:
    """Whether a row says that its binaries were not read."""
    cuda = row["pypi_on"].get(LINUX, "").startswith("cu") and "arch_list" not in row.get("unknown", {})
    unread = row.get("glibc_symbols") is None
    return bool(row.get("pypi", True)) and (unread or (cuda and (arch is None or arch["how"] != "measured")))


def enter(torch: Data, arch: Data, row: Dict[str, Any], archs: List[str], values: Dict[str, Any]) -> None:
    """Put what was read into the two files' rows."""
    numpy2 = values.pop("numpy2", None)
    if numpy2 is not None and row["numpy2"]["linux_macos"] is not numpy2:
        values["numpy2"] = {**row["numpy2"], "linux_macos": numpy2}
    reasons = {name: why for name, why in row.get("unknown", {}).items() if not values.get(name)}
    known = _arch_row(arch, row["version"], row["pypi_on"][LINUX])
    if not archs and row["pypi_on"][LINUX].startswith("cu") and (known is None or known["how"] != "measured"):
        reasons["arch_list"] = "the libraries of this release hold none: the arch rows are from its build scripts"
    # How a row is known does not become surer by one field: the others are what they were.
    if changed_row(row, values, ("symbols",), row["how"]) and "symbols" in row["source"]:
        torch.sources.setdefault("symbols", {**SOURCES["symbols"], "checked": today()})
    if reasons != row.get("unknown", {}):
        row["unknown"] = reasons
    if not row.get("unknown", True):
        del row["unknown"]
    if archs:
        _enter_archs(arch, row["version"], row["pypi_on"][LINUX], archs)


def _enter_archs(arch: Data, version: str, variant: str, archs: List[str]) -> None:
    arch.sources.setdefault("binary", {**SOURCES["binary"], "checked": today()})
    key = {"torch": version, "variant": variant, "machine": "x86_64", "os": "linux"}
    ordered = sorted(archs, key=lambda one: (one.startswith("compute_"), capability(one)))
    row = _arch_row(arch, version, variant)
    if row is None:
        row = {**key, "archs": ordered, "source": ["binary"], "how": "measured", "checked": today()}
        arch.rows.append(row)
    elif row["how"] != "measured" or row["archs"] != ordered:
        row.update(archs=ordered, source=["binary"], how="measured", checked=today())


def _arch_row(arch: Data, version: str, variant: str) -> Optional[Dict[str, Any]]:
    for row in arch.rows:
        if (row["torch"], row["variant"], row["machine"], row["os"]) == (version, variant, "x86_64", "linux"):
            return row
    return None


def update(index: Index, home: Path, named: Sequence[str]) -> List[Path]:
    torch, arch = data(home, "torch"), data(home, "arch")
    listed = None
    for row in torch.rows:
        version = row["version"]
        if version not in named and not wants(row, _arch_row(arch, version, row["pypi_on"].get(LINUX, ""))):
            continue
        listed = listed or wheels(index.files("torch"), "torch")
        wheel = linux_wheel(listed.get(version, ()))
        if wheel is None:
            raise Trouble(f"torch {version}: the index has no wheel for Linux x86_64")
        with index.wheel(wheel) as archive:
            archs, values = read(archive)
        print(f"torch {version}: {' '.join(archs)} {values}; {index.came:,} bytes so far", file=sys.stderr)
        enter(torch, arch, row, archs, values)
    order = {row["version"]: place for place, row in enumerate(torch.rows)}
    arch.rows.sort(key=lambda row: order.get(row["torch"], -1))
    return save(home, (torch, arch))


def main(argv: List[str]) -> int:
    parser = options(__doc__)
    parser.add_argument("--release", action="append", default=[], help="read this one again")
    said = parser.parse_args(argv)
    return updated(said.index, lambda index: update(index, said.home, said.release))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
