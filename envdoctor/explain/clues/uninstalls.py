"""An install of something else that took torch away and put another in its place."""

from __future__ import annotations

import re
from typing import Iterator, List

from ..evidence import Case, Clue, base_name

_REMOVED = re.compile(r"(?:Found existing installation: torch |Uninstalling torch-)(\d[\w.+]{0,30}?)(?=[:\s]|$)", re.M)
_PUT = re.compile(r"Successfully installed [^\n]{0,4000}?\btorch-(\d[\w.+]{0,30})")
_UV = re.compile(r"^ ?- torch==(\S{1,30})[\s\S]{0,2000}?^ ?\+ torch==(\S{1,30})", re.M)
_FAMILY = ("torch", "torchvision", "torchaudio")


def read(case: Case) -> Iterator[Clue]:
    removed, put = case.find(_REMOVED), case.find(_PUT)
    uv = case.find(_UV)
    if uv:
        old, new, line = uv[0].group(1), uv[0].group(2), uv[1]
    elif removed and put:
        old, new, line = removed[0].group(1).rstrip(":"), put[0].group(1), put[1]
    else:
        return
    if old == new:
        return
    asked = _asked(case)
    if any(re.split(r"[=<>~!\[+]", word)[0].lower() in _FAMILY for word in asked):
        return
    says = f"torch {old} was replaced by {new}" + (f" when {' '.join(asked[:3])} was installed" if asked else "")
    yield Clue("requirements-pull-wrong-torch", 91 if asked else 70, says, f"line {line}", says)
    for name in ("extension-abi-mismatch", "torch-torchvision-mismatch", "broken-install"):
        yield Clue(name, -35, f"it follows from the replacement: {says}", f"line {line}")


def _asked(case: Case) -> List[str]:
    """What the last `pip install` was asked for, options left out but the file of -r."""
    asked: List[str] = []
    for words, _ in case.typed:
        if "install" in words and any(base_name(word).startswith(("pip", "uv")) for word in words[:4]):
            rest = words[words.index("install") + 1 :]
            asked = [word for word in rest if not word.startswith("-")]
    return asked
