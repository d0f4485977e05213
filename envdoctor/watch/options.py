"""What is asked for, understood before anything else is loaded."""

from __future__ import annotations

from typing import Optional, Tuple

from ..frozen import frozen
from ..preflight import amounts
from ..voice import Unusable

SHORTEST, LONGEST = 3.0, 86400.0  # seconds


@frozen
class Asked:
    pid: Optional[int]
    gpu: Optional[int]
    seconds: float
    format: Optional[str]
    save: Optional[str]  # a path
    command: Tuple[str, ...]


def asked(words: Tuple[str, ...], gpu: Optional[int], length: str, format: Optional[str], save: Optional[str]) -> Asked:
    """One number is a pid, anything else a command. Unusable: a time that is none or of no use."""
    try:
        seconds = amounts.seconds(length)
    except ValueError as error:
        raise Unusable(f"--for: {error}") from None
    if not SHORTEST <= seconds <= LONGEST:
        raise Unusable(f"--for {length}: a watch takes {SHORTEST:g} s at least and a day at most")
    if len(words) == 1 and words[0].isdigit():
        if len(words[0]) > 10:
            raise Unusable(f"there is no process {words[0][:40]}")
        return Asked(int(words[0]), gpu, seconds, format, save, ())
    return Asked(None, gpu, seconds, format, save, words)
