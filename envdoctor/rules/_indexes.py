"""Where pip would look: its configuration and what requirements.txt adds."""

from __future__ import annotations

from typing import Iterator, Tuple

from ..facts import Facts, Setting
from ..frozen import frozen
from ..reading import need, source_of
from ._requirements import requested

PYPI = ("pypi.org", "pypi.python.org", "files.pythonhosted.org")
PYTORCH = ("download.pytorch.org", "download-r2.pytorch.org")


@frozen
class Place:
    kind: str  # index-url | extra-index-url | find-links
    url: str
    source: str  # the file or variable that says so


def effective(settings: Tuple[Setting, ...], key: str) -> Iterator[Setting]:
    """The settings of that key that count; pip replaces lists, it does not merge them."""
    return (setting for setting in settings if setting.key == key and setting.effective)


def places(facts: Facts) -> Tuple[Place, ...]:
    """Every index and folder that `pip install -r requirements.txt` would ask, besides PyPI."""
    found = []
    for kind in ("index-url", "extra-index-url", "find-links"):
        for setting in effective(need(facts.indexes.pip, "pip's configuration"), kind):
            found += [Place(kind, url, setting.source) for url in setting.values]
    names = {"-i": "index-url", "-f": "find-links"}
    for option in requested(facts).options:
        name, _, url = option.replace("=", " ", 1).partition(" ")
        if url.strip():
            kind = names.get(name, name.lstrip("-"))
            found.append(Place(kind, url.strip(), source_of(facts.installs.requested)))
    return tuple(place for place in found if host(place.url) not in PYPI)


def host(url: str) -> str:
    """The host of a URL in lower case, "" for a folder."""
    _, mark, rest = url.partition("://")
    return rest.split("/")[0].rsplit("@", 1)[-1].split(":")[0].lower() if mark else ""


def same_place(url: str, known: str) -> bool:
    """Whether a configured URL lies at or below a known one, whatever the scheme and the last slash."""
    left = url.partition("://")[2].rstrip("/").lower()
    right = known.partition("://")[2].rstrip("/").lower()
    return right != "" and (left == right or left.startswith(right + "/"))


def variant_of(url: str) -> str:
    """'https://download.pytorch.org/whl/cu118' -> 'cu118'; "" where the address names none."""
    last = url.rstrip("/").rsplit("/", 1)[-1]
    return last if last.startswith(("cu", "cpu", "rocm", "xpu")) else ""
