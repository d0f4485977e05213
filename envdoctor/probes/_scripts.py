"""Commands on PATH that run a Python, and which one: from the first lines of the script, without running it."""

from __future__ import annotations

import posixpath
from typing import Optional, Tuple

from ..facts import Command
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown, mapped
from . import _shims
from ._prefix import is_tool, prefix_of, same

NAMES = (
    "python3", "pip", "pip3", "yolo", "torchrun", "jupyter", "ipython", "accelerate", "deepspeed", "mim",
    "huggingface-cli", "tensorboard", "conda",
)  # fmt: skip

_HEAD = 4096


def commands(host: Host, active: Optional[str]) -> Tuple[Command, ...]:
    """The first of each name on PATH. `active` is the active prefix, None where it is not known."""
    found = []
    for name in NAMES:
        path = next((path for path in host.which(name) if not is_tool(path)), None)
        if path is not None:
            found.append(command(host, name, path, active))
    return tuple(found)


def command(host: Host, name: str, path: str, active: Optional[str]) -> Command:
    shim = _shims.is_shim(path)
    behind = _shims.behind(host, path) if shim else Known(path, path)
    if not isinstance(behind, Known):
        return _unclear(name, path, "shim", Unknown("failed", "pyenv has no such command in the version chosen", path))
    if shim and behind.value == path:
        return _unclear(name, path, "shim", Unknown("not-looked", "a shim that only running it resolves", path))
    form, interpreter = interpreter_of(host, behind.value)
    form = "shim" if shim else form
    if not isinstance(interpreter, Known):
        return _unclear(name, path, form, interpreter)
    exists = host.stat(interpreter.value)
    prefix = prefix_of(host, interpreter.value)
    ours = Unknown("not-looked", "the active prefix is not known", path)
    return Command(
        name=name,
        path=path,
        form=form,
        interpreter=interpreter,
        interpreter_exists=Known(isinstance(exists, Known), interpreter.value)
        if not isinstance(exists, Unknown)
        else exists,
        prefix=prefix,
        ours=ours if active is None else mapped(prefix, lambda one: same(host, one, active)),
    )


def _unclear(name: str, path: str, form: str, why: Reading[str]) -> Command:
    reason = why if isinstance(why, Unknown) else Unknown("failed", "no interpreter", path)
    return Command(name, path, form, reason, reason, reason, reason)


def interpreter_of(host: Host, script: str) -> Tuple[str, Reading[str]]:
    """(form, the Python that a script starts, as written there). Unknown(unparsable): it starts something else."""
    head = host.read_bytes(script, 0, _HEAD)
    if not isinstance(head, Known):
        return "unreadable", head if isinstance(head, Unknown) else Unknown("failed", "it is gone", script)
    if not head.value.startswith(b"#!"):
        if is_python(script) and b"\0" in head.value:
            return "binary", Known(script, script)
        return "binary", Unknown("unparsable", "no script, and no Python by its name", script)
    lines = head.value[2:].decode("utf-8", "surrogateescape").split("\n")
    words = lines[0].split()
    if not words:
        return "shebang", Unknown("unparsable", "an empty first line", script)
    if posixpath.basename(words[0]) in ("sh", "bash", "dash") and len(lines) > 1 and lines[1].startswith("'''exec'"):
        return "sh-exec", _exec_line(host, lines[1], script)
    if posixpath.basename(words[0]) == "env":
        return "env-shebang", _env_line(host, words[1:], script)
    if not is_python(words[0]):
        return "shebang", Unknown("unparsable", f"it is run by {words[0]}", script)
    return "shebang", Known(words[0], script)


def is_python(path: str) -> bool:
    return posixpath.basename(path).lower().startswith(("python", "pypy"))


def _exec_line(host: Host, line: str, script: str) -> Reading[str]:
    """`'''exec' "/a path/python" "$0" "$@"`, which pip, uv and conda write where the path is long or has spaces.

    A relocatable script of uv asks for its own folder: `"$(dirname -- "$(realpath -- "$0")")"/'python'`.
    """
    rest = line[len("'''exec'") :].strip()
    if rest.startswith('"$(dirname'):
        name = rest.partition(')"/')[2].split(" ")[0].strip("'\"")
        real = host.realpath(script)
        return mapped(real, lambda path: posixpath.join(posixpath.dirname(path), name or "python"))
    import shlex

    try:
        words = shlex.split(rest)
    except ValueError as error:
        return Unknown("unparsable", str(error), script)
    return Known(words[0], script) if words else Unknown("unparsable", "nothing after exec", script)


def _env_line(host: Host, words: Tuple[str, ...] | list[str], script: str) -> Reading[str]:
    """What `#!/usr/bin/env python3` finds on PATH."""
    names = [word for word in words if not word.startswith("-") and "=" not in word]
    if not names or not is_python(names[0]):
        return Unknown("unparsable", f"it is run by {names[0] if names else 'env'}", script)
    found = host.which(names[0])
    if not found:
        return Unknown("failed", f"{names[0]} is not on PATH", script)
    behind = _shims.behind(host, found[0]) if _shims.is_shim(found[0]) else Known(found[0], script)
    return (
        Unknown("failed", f"{names[0]} is a shim without a version", script) if isinstance(behind, Absent) else behind
    )
