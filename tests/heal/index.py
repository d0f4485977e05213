"""The pages and files of the stand-in servers, laid out as PyTorch's index, PyPI and the pages of wheels are."""

from __future__ import annotations

import re
import threading
from html import escape
from pathlib import Path
from typing import Iterable, Iterator, List, Optional, Tuple
from urllib.parse import quote, unquote

from envdoctor.versions import numbers

from . import catalogue
from .catalogue import Published

PYPI, FILES, PYTORCH = "pypi.org", "files.pythonhosted.org", "download.pytorch.org"
#: A mirror that carries what PyPI carries, laid out alike.
MIRRORS = ("pypi.tuna.tsinghua.edu.cn", "mirrors.aliyun.com")
#: A mirror that answers, and has nothing.
EMPTY = ("mirrors.tuna.tsinghua.edu.cn",)


class Site:
    """Answers for every host of the catalogue. Wheels are written below `store` when first asked for."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._lock = threading.Lock()

    @property
    def hosts(self) -> Tuple[str, ...]:
        return (PYPI, FILES, PYTORCH, *MIRRORS, *EMPTY, *sorted({host for host, _ in catalogue.pages()}))

    def answer(self, host: str, path: str) -> Optional[Tuple[str, bytes]]:
        """(content type, body), or None for what is not there."""
        path = unquote(path.partition("?")[0].partition("#")[0])
        page = self._page(host, path)
        if page is not None:
            return "text/html", page.encode()
        file = self._file(host, path)
        return ("application/octet-stream", file.read_bytes()) if file else None

    def _page(self, host: str, path: str) -> Optional[str]:
        if host == PYPI or host in MIRRORS:
            found = re.fullmatch(r"(?:/pypi)?/simple/([^/]+)/", path)
            files = catalogue.pypi().get(_canonical(found.group(1)), []) if found else []
            return _listed((f"https://{FILES}/packages/{quote(one.filename)}", one) for one in files) if files else None
        if host == PYTORCH:
            return _pytorch_page(path)
        listed = catalogue.pages().get((host, path))
        return _listed((f"{one.place}/{quote(one.filename)}", one) for one in listed or ()) or None

    def _file(self, host: str, path: str) -> Optional[Path]:
        name = path.rsplit("/", 1)[-1]
        if not name.endswith((".whl", ".tar.gz")):
            return None
        for one in self._candidates(host, path):
            if one.filename == name:
                folder = self._store / host / (one.place.strip("/") or "-")
                with self._lock:
                    there = folder / name
                    return there if there.exists() else one.make(folder)
        return None

    def _candidates(self, host: str, path: str) -> Iterator[Published]:
        if host == FILES or host in MIRRORS:
            groups = list(catalogue.pypi().values())
        elif host == PYTORCH:
            variant = path.split("/")[2]
            groups = list(catalogue.pytorch().get(variant, {}).values())
        else:
            place = path.rsplit("/", 1)[0]
            pages = [files for (at, _), files in catalogue.pages().items() if at == host]
            groups = [[one for one in files if one.place == place] for files in pages]
        for files in groups:
            yield from files


def _pytorch_page(path: str) -> Optional[str]:
    """/whl/cu121/, /whl/cu121/torch/, /whl/torch_stable.html, /whl/cu113/torch_stable.html."""
    indexes = catalogue.pytorch()
    stable = re.fullmatch(r"/whl/(?:(\w+)/)?torch_stable\.html", path)
    if stable:
        wanted = [stable.group(1)] if stable.group(1) else sorted(indexes)
        family = ("torch", "torchvision", "torchaudio")
        files = [one for variant in wanted for name in family for one in indexes.get(variant, {}).get(name, ())]
        # The flat page is not kept up: it ends with the releases that have indexes of their own.
        old = [one for one in files if one.project != "torch" or numbers(one.version.split("+")[0]) < (2, 1)]
        return _listed((f"/whl/{one.place}/{quote(one.filename)}", one) for one in old) or None
    found = re.fullmatch(r"/whl/(\w+)/(?:([\w.-]+)/)?", path)
    projects = indexes.get(found.group(1)) if found else None
    if not found or projects is None:
        return None
    if not found.group(2):
        return "".join(f'<a href="{name}/">{name}</a><br/>\n' for name in sorted(projects))
    variant = found.group(1)
    files = projects.get(_canonical(found.group(2)), [])
    return _listed((f"/whl/{variant}/{quote(one.filename)}", one) for one in files) or None


def _listed(links: Iterable[Tuple[str, Published]]) -> str:
    lines: List[str] = []
    for address, one in links:
        more = f' data-requires-python="{escape(one.python)}"' if one.python else ""
        more += ' data-yanked="withdrawn"' if one.yanked else ""
        lines.append(f'<a href="{address}"{more}>{escape(one.filename)}</a><br/>\n')
    return f"<!DOCTYPE html><html><body>\n{''.join(lines)}</body></html>\n" if lines else ""


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
