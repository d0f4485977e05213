"""Where a published table comes from: a folder, or an address that requests asks."""

from __future__ import annotations

from contextlib import closing
from typing import Callable, Dict, Iterator

from ..host import LocalHost
from ..reading import Absent, Known
from ..urls import strip_credentials
from ..voice import Unusable

Get = Callable[[str, int], bytes]  # file name and the most bytes that are taken -> its content

#: Seconds: to connect, and between two pieces of an answer.
PATIENCE = (10.0, 30.0)
_PIECE = 1 << 16


def source(host: LocalHost, said: str) -> Get:
    """Unusable, by itself or by what it returns, where there is nothing to be had: one sentence says why."""
    if said.startswith(("http://", "https://")):
        return _address(said.rstrip("/"))
    if "://" in said:
        raise Unusable(f"--from {strip_credentials(said)}: an http or https address, or a folder")
    return _folder(host, said.rstrip("/") or "/")


def _folder(host: LocalHost, folder: str) -> Get:
    def get(name: str, most: int) -> bytes:
        found = host.read_bytes(f"{folder}/{name}", 0, most + 1)
        if isinstance(found, Known):
            return found.value
        why = "no such file" if isinstance(found, Absent) else found.sentence()
        raise Unusable(f"{folder}/{name}: {why}")

    return get


def _address(base: str) -> Get:
    try:
        import requests
    except ImportError:
        raise Unusable(
            "compat update from an address needs requests: pip install 'envdoctor[update]', or give --from a folder"
        ) from None
    session = requests.Session()

    def get(name: str, most: int) -> bytes:
        url = f"{base}/{name}"
        try:
            with closing(session.get(url, stream=True, timeout=PATIENCE)) as answer:
                if answer.status_code != 200:
                    raise Unusable(f"{strip_credentials(url)}: the server answered {answer.status_code}")
                return b"".join(_upto(answer.iter_content(_PIECE), most))
        except requests.RequestException as error:
            raise Unusable(f"{strip_credentials(url)}: {_reason(error)}") from None

    return get


def _upto(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    """Until one byte more than `most` has come: that is enough to know that it is too large."""
    came = 0
    for piece in pieces:
        yield piece
        came += len(piece)
        if came > most:
            return


_REASONS: Dict[str, str] = {
    "SSLError": "its certificate is not trusted here",
    "ProxyError": "the proxy does not answer",
    "ConnectTimeout": "no connection in time",
    "ReadTimeout": "no answer in time",
    "ConnectionError": "no connection",
    "ChunkedEncodingError": "the connection broke off",
    "TooManyRedirects": "it leads in circles",
}


def _reason(error: Exception) -> str:
    """requests' own messages are nests of object names; its classes say what happened."""
    for kind in type(error).__mro__:
        if kind.__name__ in _REASONS:
            return _REASONS[kind.__name__]
    return "not an address that can be asked"
