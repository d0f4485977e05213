"""Writes a table for `envdoctor compat update`: its files, and index.json with the size and SHA-256 of each.

    python scripts/publish_compat.py FOLDER            the table of this checkout
    python scripts/publish_compat.py FOLDER --data DIR that of another folder of data files

FOLDER may lie on a web server or a shared disk. Every file passes the strict loader first. The index is written last,
so that whoever fetches meanwhile finds files that do not fit the index, and keeps what he has. What is the same
already is not written again.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from envdoctor.compat.loader import parse
from envdoctor.compat.rows import BadTable
from envdoctor.compat.subjects import SUBJECTS
from envdoctor.compat_update.manifest import DATE, INDEX, date_in, text_of
from envdoctor.voice import Unusable

DATA = Path(__file__).resolve().parent.parent / "envdoctor" / "compat" / "data"


def read(data: Path) -> Dict[str, bytes]:
    """Every file of a table by name. BadTable where one is not as it must be, OSError where it is not there."""
    files = {DATE: (data / DATE).read_bytes()}
    for subject in SUBJECTS.values():
        files[subject.file] = (data / subject.file).read_bytes()
        parse(subject, files[subject.file])
    return files


def publish(files: Dict[str, bytes], folder: Path) -> List[str]:
    """Write what differs, the index last; the names that were written."""
    index = text_of(files, date_in(files[DATE], DATE)).encode("utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in [*sorted(files.items()), (INDEX, index)]:
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            new = folder / f".{name}.new"
            new.write_bytes(content)
            os.replace(new, path)
            written.append(name)
    return written


def main(argv: List[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the data files")
    options = parser.parse_args(argv)
    try:
        for name in publish(read(options.data), options.folder):
            print(options.folder / name)
    except (BadTable, Unusable) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
