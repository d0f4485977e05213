"""A configured mirror lacks torch, or lags behind.

It finds an index of pip's or uv's that is one of the public mirrors known to have ended, or not to carry torch's
wheels in the way that it is configured.

It matters because the mirror answers, so nothing looks wrong; torch, or the version wanted, is just not on it.

It is mended by taking torch from an index that has it.

It leaves alone mirrors about which the table knows nothing (a company's own, a cluster's), and healthy ones.

Example: pip.conf has an index-url on a mirror of PyTorch's wheels that serves pages for --find-links only.
"""

from __future__ import annotations

from typing import Iterator, Tuple

from ..compat import CompatTable, Mirror
from ..facts import Facts
from ..reading import need
from ..report import Evidence, Finding, NeedTorch, NotApplicable, Remedy
from ._common import TORCH_FAMILY, finding, listed
from ._indexes import PYPI, effective, host, same_place
from ._wanted import torch_gone

ID = "IDX102"
NAME = "pip-mirror-missing-torch"
SEVERITY = "warning"
TAGS = ("install", "index")

KEYS = ("index-url", "extra-index-url", "find-links", "default-index", "index")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    settings = need(facts.indexes.pip, "pip's configuration") + need(facts.indexes.uv, "uv's configuration")
    found = [one for key in KEYS for one in effective(settings, key)]
    places = [(one.key, _url(text), one.source) for one in found for text in one.values]
    places = [place for place in places if host(place[1]) not in ("", *PYPI)]
    if not places:
        raise NotApplicable("no index but PyPI is configured")
    mirrors = table.mirrors("pypi") + table.mirrors("pytorch-wheels")
    for key, url, source in places:
        mirror = next((one for one in mirrors if same_place(url, one.url)), None)
        lacks = _lacks(mirror, key, url) if mirror else ()
        if mirror and lacks:
            yield _report(facts, url, source, mirror, lacks)


def _url(text: str) -> str:
    """uv writes a named index as NAME=URL."""
    name, mark, rest = text.partition("=")
    return rest if mark and "://" not in name else text


def _lacks(mirror: Mirror, key: str, url: str) -> Tuple[str, ...]:
    """What of torch cannot be had from the mirror in the way that it is configured. The tagged builds are no loss of a
    mirror of PyPI, which has none either."""
    if mirror.status == "retired":
        return mirror.lacks or ("everything new",)
    found = []
    for words in mirror.lacks:
        if words.startswith("index pages"):
            fits = key != "find-links"
        elif words.startswith("torch_stable.html"):
            fits = url.endswith("torch_stable.html")
        else:
            fits = words.startswith(("everything", *TORCH_FAMILY))
        found += [words] * fits
    return tuple(found)


def _report(facts: Facts, url: str, source: str, mirror: Mirror, lacks: Tuple[str, ...]) -> Finding:
    return finding(
        ID,
        NAME,
        # With torch in place the mirror is only a trap for the next install.
        "warning" if torch_gone(facts) else "note",
        f"the index {url} lacks {listed(lacks)}",
        "An install of torch through it finds nothing, or an old version.",
        (Evidence(f"set to {url}", source), Evidence(f"{mirror.name}: lacks {listed(lacks)}", str(mirror.origin))),
        (Remedy("install torch from an index that has it", (NeedTorch(),)),),
    )
