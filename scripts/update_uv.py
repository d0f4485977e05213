"""Reads uv's table of PyTorch backends from the newest source distribution of uv on pip's index.

    python scripts/update_uv.py [--index URL] [--home FOLDER]

Wanted are the values of --torch-backend and the drivers from which `auto` takes each (crates/uv-torch/src/backend.rs).
A source distribution has 8 MB and cannot be read in parts; it is fetched only where it is newer than the one that the
table cites. A second run changes no byte.
"""

from __future__ import annotations

import io
import re
import sys
import tarfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from _published import Index, Published, Trouble, changed_row, data, options, save, today, updated

from envdoctor.versions import numbers

_FILE = "crates/uv-torch/src/backend.rs"
_BASE = "https://download.pytorch.org/whl/"
_NAME = re.compile(r'"([a-z0-9.]+)" => Ok\(Self::(\w+)\)')
_DRIVER = re.compile(r"\(TorchBackend::(\w+), Version::new\(\[([0-9, ]+)\]\)\)")


def newest(files: Tuple[Published, ...]) -> Tuple[str, Published]:
    found = [(file.filename[len("uv-") : -len(".tar.gz")], file) for file in files if file.filename.endswith(".tar.gz")]
    final = [one for one in found if re.fullmatch(r"[0-9]+(\.[0-9]+)*", one[0])]
    if not final:
        raise Trouble("uv: the index has no source distribution")
    return max(final, key=lambda one: numbers(one[0]))


def backend_rs(content: bytes, name: str) -> str:
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                if member.name.endswith(_FILE):
                    opened = archive.extractfile(member)
                    return opened.read().decode("utf-8", "replace") if opened else ""
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Trouble(f"{name}: not a source distribution: {error}") from None
    raise Trouble(f"{name}: it has no {_FILE}")


def backends(text: str, name: str) -> List[Dict[str, Any]]:
    """name, minimum_driver and minimum_driver_windows of each, in uv's order. Trouble where they are written anew."""
    values = list(dict.fromkeys(_NAME.findall(text)))
    linux, windows = (_drivers(text, table) for table in ("LINUX_CUDA_DRIVERS", "WINDOWS_CUDA_VERSIONS"))
    if not values or not linux or not windows:
        raise Trouble(f"{name}: its backends are written in a new way")
    return [
        {"name": value, "minimum_driver": linux.get(kind), "minimum_driver_windows": windows.get(kind)}
        for value, kind in values
    ]


def _drivers(text: str, table: str) -> Dict[str, str]:
    start = text.find(f"static {table}:")
    block = text[start : text.find("});", start)] if start >= 0 else ""
    return {kind: ".".join(part.strip() for part in said.split(",")) for kind, said in _DRIVER.findall(block)}


def update(index: Index, home: Path) -> List[Path]:
    uv = data(home, "uv")
    version, file = newest(index.files("uv"))
    cited = re.search(r"uv ([0-9.]+)", uv.sources["uv"]["source"]) if "uv" in uv.sources else None
    if cited and numbers(cited[1]) >= numbers(version):
        return []
    found = backends(backend_rs(index.whole(file), file.filename), file.filename)
    rows = {row["name"]: row for row in uv.rows}
    uv.rows = [_row(rows.get(one["name"]), one) for one in found]
    uv.sources["uv"] = {
        "source": f"{_FILE} of uv {version}",
        "where": f"https://github.com/astral-sh/uv/blob/{version}/{_FILE}",
        "checked": today(),
    }
    return save(home, (uv,))


def _row(row: Optional[Dict[str, Any]], values: Dict[str, Any]) -> Dict[str, Any]:
    if row is None:
        return {"url": _BASE + values["name"], **values, "source": ["uv"], "how": "read"}
    changed_row(row, values, ("uv",), "read")
    return row


def main(argv: List[str]) -> int:
    said = options(__doc__).parse_args(argv)
    return updated(said.index, lambda index: update(index, said.home))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
