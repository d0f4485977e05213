"""Jupyter kernels: the Python that each kernel.json starts, against the active one."""

from __future__ import annotations

import json
import posixpath
from typing import List, Optional, Tuple

from ..facts import Command, Kernel
from ..host import Host
from ..reading import Known, Reading, Unknown, mapped
from ._prefix import home_of, prefix_of, same
from ._scripts import is_python


def kernels(host: Host, active: Optional[str], jupyter: Optional[Command]) -> Tuple[Kernel, ...]:
    """Every Python kernel that Jupyter would offer, in its order. `jupyter` is the command on PATH."""
    found = []
    seen = set()
    for folder in folders(host, active, jupyter):
        names = host.listdir(folder)
        for name in names.value if isinstance(names, Known) else ():
            spec = posixpath.join(folder, name, "kernel.json")
            text = host.read(spec, 1 << 16)
            kernel = _kernel(host, name, spec, text.value, active, jupyter) if isinstance(text, Known) else None
            real = host.realpath(spec)
            place = real.value if isinstance(real, Known) else spec
            if kernel is not None and place not in seen:
                seen.add(place)
                found.append(kernel)
    return tuple(found)


def folders(host: Host, active: Optional[str], jupyter: Optional[Command]) -> Tuple[str, ...]:
    environ, home = host.environ, home_of(host)
    shares: List[str] = [path for path in environ.get("JUPYTER_PATH", "").split(":") if path]
    own = environ.get("JUPYTER_DATA_DIR")
    if not own and home:
        data = environ.get("XDG_DATA_HOME") or posixpath.join(home, ".local", "share")
        own = posixpath.join(home, "Library", "Jupyter") if host.identity().system == "darwin" else data + "/jupyter"
    shares += [own] if own else []
    prefixes = [active] if active else []
    if jupyter is not None and isinstance(jupyter.prefix, Known):
        prefixes.append(jupyter.prefix.value)
    shares += [posixpath.join(prefix, "share", "jupyter") for prefix in (*prefixes, "/usr/local", "/usr")]
    return tuple(dict.fromkeys(posixpath.join(share, "kernels") for share in shares))


def _kernel(
    host: Host, name: str, spec: str, text: str, active: Optional[str], jupyter: Optional[Command]
) -> Optional[Kernel]:
    """None: it is no Python kernel, or Jupyter could not read it either."""
    try:
        said = json.loads(text)
        first = said["argv"][0]
        language = said.get("language", "python")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(first, str) or not isinstance(language, str) or language.lower() != "python":
        return None
    if not is_python(first):
        why = Unknown("unparsable", f"it is started by {first}", spec)
        return Kernel(name, spec, first, mapped(_resolved(host, first, jupyter), bool), why)
    found = _resolved(host, first, jupyter)
    if isinstance(found, Known) and not found.value:
        return Kernel(name, spec, first, Known(False, spec), Known(False, spec))
    prefix = prefix_of(host, found.value) if isinstance(found, Known) else found
    unknown = Unknown("not-looked", "the active prefix is not known", spec)
    ours = unknown if active is None else mapped(prefix, lambda one: same(host, one, active))
    return Kernel(name, spec, first, mapped(found, bool), ours)


def _resolved(host: Host, first: str, jupyter: Optional[Command]) -> Reading[str]:
    """The file that argv[0] leads to, "" where there is none.

    Jupyter puts its own interpreter in place of a bare "python"; without a Jupyter to ask, PATH is the nearest guess.
    """
    if "/" in first:
        found = host.stat(first)
        return found if isinstance(found, Unknown) else Known(first if isinstance(found, Known) else "", first)
    if jupyter is not None and isinstance(jupyter.interpreter, Known) and is_python(first):
        return jupyter.interpreter
    paths = host.which(first)
    return Known(paths[0] if paths else "", f"{first} on PATH")
