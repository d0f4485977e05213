"""A proxy on loopback behind which the hosts of the catalogue answer over TLS, and no other host does.

Given to pip, uv or conda as HTTPS_PROXY together with its certificate authority, it makes lines with
https://download.pytorch.org/... run exactly as they were printed, without a network.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Tuple

from .index import Site

_EXTENSIONS = """[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
[req]
distinguished_name = name
[name]
"""


class Stage:
    """The running proxy: its address, its authority's certificate, and every request that came."""

    def __init__(self, site: Site, authority: Path, context: ssl.SSLContext) -> None:
        self.site, self.authority, self.context = site, authority, context
        self.asked: List[str] = []  # "200 https://download.pytorch.org/whl/cu121/torch/"
        self.address = ""

    def environ(self) -> Dict[str, str]:
        """What a program needs to take its downloads from here."""
        words = {
            "HTTPS_PROXY": self.address,
            "https_proxy": self.address,
            "HTTP_PROXY": self.address,
            "http_proxy": self.address,
        }
        trusted = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
        return {**words, **{name: str(self.authority) for name in trusted}}


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Runs while the block runs; wheels and certificates are written below `folder`."""
    site = Site(folder / "files")
    authority, chain, key = certificates(folder / "tls", site.hosts)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    running = Stage(site, authority, context)

    class Handler(_Handler):
        stage = running

    server = _Server(("127.0.0.1", 0), Handler)
    running.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no fault of the server's, and is told by what it prints itself."""


class _Handler(BaseHTTPRequestHandler):
    stage: Stage
    protocol_version = "HTTP/1.1"
    timeout = 60
    host = ""

    def do_CONNECT(self) -> None:
        host = self.path.rpartition(":")[0]
        if host not in self.stage.site.hosts:
            self.stage.asked.append(f"502 https://{host}/")
            self.send_error(502, "no such host here")
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.flush()
        try:
            self.connection = self.stage.context.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            self.stage.asked.append(f"tls https://{host}/")
            self.close_connection = True
            return
        self.host = host
        self.rfile.close()
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self) -> None:
        found = self.stage.site.answer(self.host, self.path) if self.host else None
        self.stage.asked.append(f"{200 if found else 404} https://{self.host}{self.path}")
        kind, body = found or ("text/plain", b"not found\n")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def log_message(self, format: str, *words: object) -> None:
        pass


def certificates(folder: Path, hosts: Sequence[str]) -> Tuple[Path, Path, Path]:
    """An authority's certificate, a certificate of hers for these hosts, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise FileNotFoundError("openssl is needed to make the stand-in servers' certificates")
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "openssl.cnf"
    config.write_text(_EXTENSIONS.format(names=", ".join(f"DNS:{host}" for host in hosts)))
    new = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-config", str(config)]
    lasting = ["-days", "30"]
    authority = ["-CA", "authority.pem", "-CAkey", "authority.key", "-set_serial", "2"]
    commands: List[List[str]] = [
        [*new, "-x509", *lasting, "-extensions", "authority", "-subj", "/CN=stand-in authority"],
        [*new, "-subj", "/CN=stand-in server"],
        ["x509", "-req", "-in", "server.csr", *authority, *lasting, "-extfile", str(config), "-extensions", "server"],
    ]
    commands[0] += ["-keyout", "authority.key", "-out", "authority.pem"]
    commands[1] += ["-keyout", "server.key", "-out", "server.csr"]
    commands[2] += ["-out", "server.pem"]
    for command in commands:
        subprocess.run([openssl, *command], cwd=folder, check=True, capture_output=True)
    return folder / "authority.pem", folder / "server.pem", folder / "server.key"
