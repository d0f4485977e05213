"""Which interpreter is meant: the flags, PATH, VIRTUAL_ENV and CONDA_PREFIX, and who wins.

A flag wins. Without one it is what `python` on PATH starts, because that is what the user would run; VIRTUAL_ENV and
CONDA_PREFIX are only asked what they say. One exception: an activated venv in which nothing runs any more is what the
user means, although PATH falls through to another Python.
"""

from __future__ import annotations

import posixpath
import time
from typing import Any, List, Mapping, Optional, Sequence, Tuple

from .facts import Claim
from .host import Host
from .named import by_name, by_path, interpreter_of
from .probes import _shims
from .probes._prefix import is_tool, there
from .reading import Absent, Known, Reading, Unknown, mapped
from .target import Answer, Request, Target

#: Part of the patience that the interpreter may take to answer: what is seen from outside must be told as well.
_SHARE = 0.8


def choose(host: Host, request: Request) -> Target:
    started = time.monotonic()
    claims = _ranked(host, request)
    winner = claims[0]
    executable = _chosen(host, winner)

    def ask() -> Reading[Answer]:
        if not isinstance(executable, Known):
            return Unknown("not-looked", "no interpreter was found to ask")
        left = _SHARE * request.patience - (time.monotonic() - started)
        said = host.ask(executable.value, "ask", (), max(0.2, left))
        # Never Absent: what nobody said is not known.
        gone = Unknown("failed", "there is nothing to start", executable.value)
        return mapped(gone if isinstance(said, Absent) else said, _parsed)

    chosen_by: Reading[str] = Known(winner.by, winner.by)
    if isinstance(executable, Absent):
        chosen_by = Absent(tuple(claim.by for claim in claims))
    return Target(executable, chosen_by, claims, request, ask)


def _ranked(host: Host, request: Request) -> Tuple[Claim, ...]:
    """Every voice, the winner first."""
    voices = [_path(host), *_variables(host)]
    if request.python is not None:
        return (Claim("--python", request.python, by_path(host, request.python)), *voices)
    if request.env is not None:
        return (Claim("--env", request.env, by_name(host, request.env)), *voices)
    winner = _dead_venv(host, voices) or next((voice for voice in voices if isinstance(voice.executable, Known)), None)
    winner = winner or voices[0]
    return (winner, *(voice for voice in voices if voice is not winner))


def _path(host: Host) -> Claim:
    """What `python` starts, else what `python3` starts."""
    broken: Optional[Claim] = None
    for name in ("python", "python3"):
        for path in host.which(name):
            if is_tool(path):
                continue
            found = _shims.behind(host, path) if _shims.is_shim(path) else Known(path, "PATH")
            if isinstance(found, Known):
                return Claim("PATH", path, found)
            broken = broken or Claim("PATH", path, found)
            break
    return broken or Claim("PATH", "python", Absent(("python on PATH", "python3 on PATH")))


def _variables(host: Host) -> List[Claim]:
    found = []
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = host.environ.get(name, "")
        if prefix and not is_tool(prefix + "/"):
            executable = interpreter_of(host, prefix)
            if isinstance(executable, Known) and not there(host, executable.value):
                executable = Absent((executable.value,))  # a link that leads nowhere
            found.append(Claim(name, prefix, executable))
    return found


def _dead_venv(host: Host, voices: Sequence[Claim]) -> Optional[Claim]:
    """VIRTUAL_ENV's claim, where no Python runs in that venv and none stands before its bin folder on PATH."""
    dead = next((voice for voice in voices[1:] if voice.by == "VIRTUAL_ENV"), None)
    if dead is None or not isinstance(dead.executable, Absent) or isinstance(interpreter_of(host, dead.says), Absent):
        return None
    folders = host.environ.get("PATH", "").split(":")
    own, found = posixpath.join(dead.says, "bin"), posixpath.dirname(voices[0].says)
    if own not in folders:
        return None if isinstance(voices[0].executable, Known) else dead
    return None if found in folders[: folders.index(own)] else dead


def _chosen(host: Host, winner: Claim) -> Reading[str]:
    """The winner's interpreter; of a dead venv the path that it had, so that the rest can be seen from outside."""
    if winner.by == "VIRTUAL_ENV" and isinstance(winner.executable, Absent):
        return interpreter_of(host, winner.says)
    return winner.executable


def _parsed(text: str) -> Mapping[str, Any]:
    """inside/ask.py's JSON. ValueError: it is no JSON object."""
    import json

    try:
        answer = json.loads(text)
    except RecursionError:
        raise ValueError("the answer is nested too deeply") from None
    if not isinstance(answer, dict):
        raise ValueError("the answer is no JSON object")
    # Where the interpreter read a file name as ASCII, each byte above came as a lone surrogate: join them to UTF-8.
    return _joined(answer) if "\\udc" in text else answer


def _joined(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") if _lone(value) else value
    if isinstance(value, list):
        return [_joined(item) for item in value]
    if isinstance(value, dict):
        return {_joined(key): _joined(item) for key, item in value.items()}
    return value


def _lone(value: str) -> bool:
    """Whether a text is made of bytes that were not understood, and of nothing that cannot be turned back to bytes."""
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return any("\udc80" <= letter <= "\udcff" for letter in value)
