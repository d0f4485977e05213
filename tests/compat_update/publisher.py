"""A published table on loopback, and what may be wrong with one."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Iterator, List, Mapping, Tuple

from envdoctor.compat.loader import packaged
from envdoctor.compat.subjects import SUBJECTS
from envdoctor.compat_update.manifest import DATE, INDEX, text_of

NEWER = "2126-01-02"


@lru_cache(maxsize=None)
def table(date: str = NEWER) -> Mapping[str, bytes]:
    """This package's table with one release more and a later date, and its index."""
    files = {subject.file: packaged(subject.file) for subject in SUBJECTS.values()}
    torch = json.loads(files["torch.json"])
    torch["rows"].append({**torch["rows"][-1], "version": "98.0.0"})
    files["torch.json"] = json.dumps(torch).encode()
    files[DATE] = json.dumps({"newest": date}).encode()
    return {**files, INDEX: text_of(files, date).encode()}


def changed(**fields: Any) -> Dict[str, bytes]:
    """That table with other fields in its index."""
    files = dict(table())
    files[INDEX] = json.dumps({**json.loads(files[INDEX]), **fields}).encode()
    return files


def listing(name: str, content: bytes) -> Dict[str, bytes]:
    """That table with another content of one file, which the index agrees with."""
    files = {**table(), name: content}
    index = json.loads(files[INDEX])
    for one in index["files"]:
        if one["name"] == name:
            one.update(size=len(content), sha256=hashlib.sha256(content).hexdigest())
    files[INDEX] = json.dumps(index).encode()
    return files


class Server:
    """Serves these files; a name in `cut` is sent by half, `asked` has every path in order."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.cut: List[str] = []
        self.asked: List[str] = []
        self.address = ""


@contextmanager
def serving(files: Mapping[str, bytes]) -> Iterator[Server]:
    server = Server(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rsplit("/", 1)[-1]
            server.asked.append(self.path)
            if name not in server.files:
                self.send_error(404)
                return
            content = server.files[name]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if name in server.cut else content)

        def log_message(self, *_: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    host, port = listening.server_address[:2]
    server.address = f"http://{host!s}:{port}/table"
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


def nobody_there() -> Tuple[str, int]:
    """An address on which nothing listens."""
    listening = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = listening.server_address[1]
    listening.server_close()
    return f"http://127.0.0.1:{port}", int(port)
