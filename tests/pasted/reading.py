"""Shortcuts of these tests: text in, facts out."""

from __future__ import annotations

import textwrap
from typing import Any, Dict, List, Tuple

from envdoctor.facts import Facts
from envdoctor.pasted import Line, Pasted, blocks, lines, read, read_pasted
from envdoctor.reading import Absent, Known, Reading


def kept(text: str) -> List[Line]:
    """The clean lines of a text, whose common indent is taken off."""
    return list(lines([textwrap.dedent(text).encode("utf-8", "surrogateescape")]))


def facts(text: str) -> Facts:
    return read(kept(text))


def pasted(text: str) -> Pasted:
    return read_pasted(blocks([textwrap.dedent(text).encode()]))


def value(reading: Reading[Any]) -> Any:
    """What is known, None where nothing is, "absent" where it is not there."""
    return reading.value if isinstance(reading, Known) else "absent" if isinstance(reading, Absent) else None


def names(found: Facts) -> List[str]:
    return [value(gpu.name) for gpu in value(found.gpus.gpus) or ()]


def packages(found: Facts) -> List[Tuple[str, str]]:
    return [(one.name, one.version) for one in value(found.installs.distributions) or ()]


def conda(found: Facts) -> List[Tuple[str, str, str]]:
    return [(one.name, one.version, one.build) for one in value(found.installs.conda) or ()]


def variables(found: Facts) -> Dict[str, str]:
    return dict(value(found.session.variables) or ())


def available(found: Facts) -> Any:
    deep = value(found.torch.deep)
    return deep.is_available if deep else None
