"""What the updaters share: pip's index, single members of wheels that stay where they are, and saving what changed.

Nothing is downloaded whole where the server can send a part: a wheel of torch has 500 MB to 2.5 GB, and what the table
wants of it are some kilobytes. Every trouble is one sentence (Trouble) and leaves the files as they were.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple
from urllib.parse import urljoin

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from format_compat import data_text, wanted_files

from envdoctor.compat.loader import parse
from envdoctor.compat.rows import BadTable
from envdoctor.compat.subjects import SUBJECTS
from envdoctor.urls import strip_credentials

HOME = Path(__file__).resolve().parent.parent / "envdoctor" / "compat"
PATIENCE = (10.0, 60.0)  # seconds: to connect, and between two pieces
_PIECE = 256 << 10  # bytes asked for at least: members and their headers lie close together
_SIMPLE = "application/vnd.pypi.simple.v1+json"


class Trouble(Exception):
    """One sentence, for stderr."""


@dataclass(frozen=True)
class Published:
    """A file of the index."""

    filename: str
    url: str
    size: int  # bytes; 0 where the index does not say
    uploaded: str  # day, "" where the index does not say
    yanked: bool


def pip_index() -> str:
    """The index that pip is told to use, else PyPI."""
    said = os.environ.get("PIP_INDEX_URL", "")
    for key in ("global.index-url", "install.index-url"):
        if not said:
            asked = subprocess.run(
                [sys.executable, "-m", "pip", "config", "get", key], capture_output=True, text=True, check=False
            )
            said = asked.stdout.strip() if asked.returncode == 0 else ""
    return (said or "https://pypi.org/simple").rstrip("/")


class Index:
    """A Simple index that speaks JSON (PEP 691)."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._session = requests.Session()
        self.came = 0  # bytes of all answers

    def files(self, project: str) -> Tuple[Published, ...]:
        url = f"{self._base}/{project}/"
        answer = self._get(url, {"Accept": _SIMPLE}, (200,))
        try:
            listed = answer.json()["files"]
            return tuple(
                Published(
                    one["filename"],
                    urljoin(url, one["url"]),
                    int(one.get("size") or 0),
                    str(one.get("upload-time") or "")[:10],
                    bool(one.get("yanked")),
                )
                for one in listed
            )
        except (ValueError, KeyError, TypeError) as error:
            raise Trouble(f"{strip_credentials(url)}: no JSON index (PEP 691): {error}") from None

    @contextmanager
    def wheel(self, file: Published) -> Iterator[zipfile.ZipFile]:
        """The archive, read in parts; whole, into a file that goes afterwards, where the server sends no parts."""
        with tempfile.TemporaryFile() as whole:
            try:
                parts: IO[bytes] = io.BufferedReader(_Parts(self, file), _PIECE)
            except _NoParts:
                self._download(file, whole)
                parts = whole
            try:
                with zipfile.ZipFile(parts) as archive:
                    yield archive
            except (zipfile.BadZipFile, EOFError) as error:
                raise Trouble(f"{file.filename}: not a wheel: {error}") from None

    def whole(self, file: Published) -> bytes:
        with tempfile.TemporaryFile() as kept:
            self._download(file, kept)
            kept.seek(0)
            return kept.read()

    def part(self, file: Published, start: int, size: int) -> Tuple[bytes, int]:
        """Bytes of the file, and its size. _NoParts where the server would send it whole."""
        asked = f"bytes={start}-{start + size - 1}" if start >= 0 else f"bytes=-{size}"
        answer = self._get(file.url, {"Range": asked, "Accept-Encoding": "identity"}, (200, 206), stream=True)
        with answer:
            if answer.status_code == 200:
                raise _NoParts
            try:
                content = answer.content
                total = int(answer.headers["Content-Range"].rsplit("/", 1)[1])
            except (requests.RequestException, KeyError, ValueError, IndexError) as error:
                raise Trouble(f"{file.filename}: the answer broke off or is no part: {error}") from None
        self.came += len(content)
        return content, total

    def _download(self, file: Published, into: IO[bytes]) -> None:
        try:
            with self._get(file.url, {"Accept-Encoding": "identity"}, (200,), stream=True) as answer:
                for piece in answer.iter_content(1 << 20):
                    into.write(piece)
                    self.came += len(piece)
        except (requests.RequestException, OSError) as error:
            raise Trouble(f"{file.filename}: it did not come whole: {error}") from None
        if file.size and into.tell() != file.size:
            raise Trouble(f"{file.filename}: {into.tell()} bytes came instead of {file.size}")

    def _get(
        self, url: str, headers: Mapping[str, str], wanted: Sequence[int], stream: bool = False
    ) -> requests.Response:
        try:
            answer = self._session.get(url, headers=dict(headers), timeout=PATIENCE, stream=stream)
        except requests.RequestException as error:
            raise Trouble(f"{strip_credentials(url)}: {type(error).__name__}: nothing was changed") from None
        if answer.status_code not in wanted:
            raise Trouble(f"{strip_credentials(url)}: the server answered {answer.status_code}: nothing was changed")
        return answer


class _NoParts(Exception):
    pass


class _Parts(io.RawIOBase):
    """A file on a server, as zipfile reads one."""

    def __init__(self, index: Index, file: Published) -> None:
        super().__init__()
        self._index, self._file = index, file
        # A wheel's directory lies at its end.
        self._kept, self._size = index.part(file, -1, _PIECE)
        self._at = self._size - len(self._kept)
        self._place = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, into: Any) -> int:
        size = min(len(into), max(0, self._size - self._place))
        if not size:
            return 0
        if not (self._at <= self._place and self._place + size <= self._at + len(self._kept)):
            self._kept, _ = self._index.part(self._file, self._place, size)
            self._at = self._place
        content = self._kept[self._place - self._at :][:size]
        into[: len(content)] = content
        self._place += len(content)
        return len(content)


def member(archive: zipfile.ZipFile, name: str, most: int = 1 << 30) -> Optional[bytes]:
    """The beginning of a member, at most that many bytes; None where the wheel has no such file."""
    try:
        with archive.open(name) as opened:
            return opened.read(most)
    except KeyError:
        return None
    except (zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
        raise Trouble(f"{archive.filename or 'the wheel'}: {name} cannot be read: {error}") from None


@dataclass
class Data:
    """A data file that is being brought up to date."""

    subject: str
    sources: Dict[str, Any]
    rows: List[Dict[str, Any]]


def data(home: Path, subject: str) -> Data:
    try:
        loaded = parse(SUBJECTS[subject], (home / "data" / SUBJECTS[subject].file).read_bytes())
    except OSError as error:
        raise Trouble(f"{error.filename}: {error.strerror}") from None
    return Data(subject, dict(loaded.sources), [dict(row) for row in loaded.rows])


def today() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%d")


def changed_row(row: Dict[str, Any], values: Mapping[str, Any], source: Sequence[str], how: str) -> bool:
    """Put these values into the row; where one differs, the row cites these sources too and is checked today."""
    new = {name: value for name, value in values.items() if row.get(name) != value or name not in row}
    if not new:
        return False
    row.update(new)
    row["source"] = [*row["source"], *(one for one in source if one not in row["source"])]
    row["how"] = min(row["how"], how, key=("derived", "read", "measured").index)
    row["checked"] = today()
    return True


def save(home: Path, files: Sequence[Data]) -> List[Path]:
    """Write what differs, all of it or nothing, each through the strict loader first; the files that were written."""
    texts: Dict[Path, str] = {}
    for one in files:
        subject = SUBJECTS[one.subject]
        cited = {key for row in one.rows for key in row["source"]}
        sources = {key: value for key, value in one.sources.items() if key in cited}
        text = data_text(subject, sources, one.rows)
        parse(subject, text.encode("utf-8"))
        path = home / "data" / subject.file
        if path.read_text("utf-8") != text:
            texts[path] = text
    for path, text in texts.items():
        _replace(path, text)
    if texts:
        for path, text in wanted_files(home).items():
            if path.name == "date.json" and path.read_text("utf-8") != text:
                _replace(path, text)
                texts[path] = text
    return sorted(texts)


def _replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(text.encode("utf-8"))
    os.replace(new, path)


def options(about: Optional[str]) -> argparse.ArgumentParser:
    """What every updater may be told; `about` is its docstring."""
    parser = argparse.ArgumentParser(description=(about or "").split("\n\n", 1)[0])
    parser.add_argument("--index", default="", help="a Simple index with JSON; by default the one that pip is told of")
    parser.add_argument("--home", type=Path, default=HOME, help="the folder that holds data and schema")
    return parser


def updated(index: str, update: Callable[[Index], Iterable[Path]]) -> int:
    """Print the files that changed; the exit code, 2 with a sentence where nothing was changed."""
    try:
        for path in update(Index((index or pip_index()).rstrip("/"))):
            print(path)
    except (Trouble, BadTable) as error:
        print(error, file=sys.stderr)
        return 2
    return 0
