"""Scripts of envdoctor/inside, to be run by the user's interpreter as `python -c`: how they are sent and understood."""

from __future__ import annotations

import os
import pkgutil
from typing import List, Protocol, Sequence, Tuple

from ..reading import Known, Reading, Unknown

LIMIT = 32 << 20  # bytes of an answer


_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "inside")

#: The first line is nothing to Python and ends a shell: `--python /bin/bash` must not run Python source as commands.
#: Loaded as a module the script is compiled once and its bytecode kept, where that can be done (not in a zip, not
#: before Python 3.5); the source that comes along is compiled each time, which takes as long as reading 100 packages.
_PROGRAM = """"exit" "97"
try:
    from _frozen_importlib_external import SourceFileLoader
    code = SourceFileLoader("envdoctor_inside", {path!a}).get_code("envdoctor_inside")
except Exception:
    code = compile({source!a}, "<envdoctor>", "exec")
exec(code)"""


class Output(Protocol):
    @property
    def code(self) -> int: ...
    @property
    def out(self) -> str: ...
    @property
    def err(self) -> str: ...


def prepare(script: str, args: Sequence[str]) -> Tuple[List[str], str]:
    """What follows `python -c`, and the token that the script prints alone on a line before and after its answer."""
    source = pkgutil.get_data("envdoctor", f"inside/{script}.py")
    if source is None:
        raise FileNotFoundError(f"envdoctor/inside/{script}.py")
    token = os.urandom(12).hex()
    code = _PROGRAM.format(path=os.path.join(_FOLDER, f"{script}.py"), source=source.decode("ascii"))
    return [code, token, *args], token


def between(ended: Output, token: str, python: str) -> Reading[str]:
    """The text between the marker lines. Noise around it (sitecustomize, banners, atexit) is passed over."""
    start = ended.out.find(f"{token}\n") + len(token) + 1
    end = ended.out.rfind(f"\n{token}")
    if len(token) < start <= end:
        return Known(ended.out[start:end], python)
    lines = [line.strip() for line in ended.err.splitlines() if line.strip()]
    said = f"{lines[-1][:300]} (exit code {ended.code})" if lines else f"no answer (exit code {ended.code})"
    return Unknown("failed" if ended.code else "unparsable", said, python)
