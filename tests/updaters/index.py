"""A Simple index on loopback with wheels of a few bytes, and the updaters run against it."""

from __future__ import annotations

import importlib
import io
import json
import re
import shutil
import sys
import tarfile
import threading
import zipfile
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Tuple

import envdoctor.compat

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
DATA = Path(envdoctor.compat.__file__).parent / "data"


def archive(members: Mapping[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, content in members.items():
            wheel.writestr(name, content)
    return made.getvalue()


def source(members: Mapping[str, str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as packed:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content.encode())
            packed.addfile(info, io.BytesIO(content.encode()))
    return made.getvalue()


class Index:
    """Projects with their files. `parts`: the server honours Range; `broken`: the status that it answers instead."""

    def __init__(self) -> None:
        self.files: Dict[str, bytes] = {}
        self.yanked: List[str] = []
        self.parts = True
        self.broken = 0
        self.json = True
        self.cut = ""  # the file of which half is sent
        self.asked: List[str] = []
        self.address = ""

    def listing(self, project: str) -> bytes:
        name = project.replace("-", "_")
        found = [one for one in self.files if re.split(r"-[0-9]", one, maxsplit=1)[0].replace("-", "_") == name]
        files = [
            {
                "filename": one,
                "url": f"../../files/{one}",
                "size": len(self.files[one]),
                "upload-time": "2026-12-01T10:00:00Z",
                "yanked": one in self.yanked,
                "hashes": {},
            }
            for one in found
        ]
        return json.dumps({"meta": {"api-version": "1.1"}, "name": project, "files": files}).encode()


@contextmanager
def serving(index: Index) -> Iterator[Index]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(self.path)
            if index.broken:
                self.send_error(index.broken)
            elif self.path.startswith("/simple/"):
                content = index.listing(self.path.split("/")[2]) if index.json else b"<html></html>"
                self._answer(200, content, {})
            else:
                self._file(self.path.rsplit("/", 1)[1])

        def _file(self, name: str) -> None:
            content = index.files[name]
            asked = re.fullmatch(r"bytes=(\d*)-(\d+)", self.headers.get("Range", ""))
            if not asked or not index.parts:
                self._answer(200, content, {}, len(content) // 2 if index.cut == name else None)
                return
            start = int(asked[1]) if asked[1] else max(0, len(content) - int(asked[2]))
            end = min(int(asked[2]) + 1 if asked[1] else len(content), len(content))
            said = {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}"}
            self._answer(206, content[start:end], said, (end - start) // 2 if index.cut == name else None)

        def _answer(self, status: int, content: bytes, headers: Mapping[str, str], sent: Any = None) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content[:sent])

        def log_message(self, *_: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    index.address = f"http://127.0.0.1:{listening.server_address[1]}/simple"
    try:
        yield index
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


@dataclass(frozen=True)
class Home:
    """A copy of the table."""

    path: Path

    def rows(self, subject: str) -> List[Dict[str, Any]]:
        found: List[Dict[str, Any]] = json.loads((self.path / "data" / f"{subject}.json").read_text("utf-8"))["rows"]
        return found

    def row(self, subject: str, **key: str) -> Dict[str, Any]:
        (found,) = [row for row in self.rows(subject) if all(row[name] == value for name, value in key.items())]
        return found

    def change(self, subject: str, how: Callable[[List[Dict[str, Any]]], List[Dict[str, Any]]]) -> None:
        file = self.path / "data" / f"{subject}.json"
        whole = json.loads(file.read_text("utf-8"))
        whole["rows"] = how(whole["rows"])
        cited = {key for row in whole["rows"] for key in row["source"]}
        whole["sources"] = {key: value for key, value in whole["sources"].items() if key in cited}
        file.write_text(json.dumps(whole), "utf-8")

    def state(self) -> Dict[str, Tuple[bytes, int]]:
        """Every file with its content and its time."""
        return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in (self.path / "data").iterdir()}


def home(folder: Path) -> Home:
    shutil.copytree(str(DATA), str(folder / "data"))
    return Home(folder)


@dataclass(frozen=True)
class Ended:
    code: int
    written: List[str]
    err: str


def run(script: str, index: Index, where: Home, *options: str) -> Ended:
    """The script's main, in this process: starting Python for each of them would take most of the time."""
    if str(SCRIPTS) not in sys.path:
        sys.path.append(str(SCRIPTS))  # where they find each other when they are started
    main = importlib.import_module(script[: -len(".py")]).main
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["--index", index.address, "--home", str(where.path), *options])
    return Ended(code, [Path(line).name for line in out.getvalue().splitlines()], err.getvalue())
