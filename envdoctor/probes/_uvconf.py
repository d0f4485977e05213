"""uv's configuration: UV_* variables, the project's uv.toml or pyproject.toml, the user's, the machine's.

Seen with `uv pip install --show-settings`: a scalar of a stronger source wins, lists of all sources are joined, the
[pip] table overrides the rest of its kind, and of several default indexes the first counts: UV_DEFAULT_INDEX and
UV_INDEX_URL, then `[[index]] default = true` of the project and of the user, then `index-url`.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from ..facts import Setting
from ..host import Host
from ..reading import Known, Reading, Unknown
from ._prefix import home_of
from ._settings import Found, scalar, setting

#: Variables that hold lists: UV_FIND_LINKS is split at commas, the others at blanks.
_LIST_VARIABLES = {"UV_EXTRA_INDEX_URL": " ", "UV_INDEX": " ", "UV_FIND_LINKS": ",", "UV_INSECURE_HOST": " "}
_SKIPPED = ("UV_PUBLISH_", "UV_INDEX_", "UV_INTERNAL_", "UV_HTTP_")  # credentials by index name, and what is not ours
_NOT_SKIPPED = ("UV_INDEX_URL", "UV_INDEX_STRATEGY")

#: Keys that name the one default index; the first of them all counts.
_DEFAULTS = ("default-index", "index-url")


def read(host: Host) -> Reading[Tuple[Setting, ...]]:
    """Settings that `uv pip install` in the current folder obeys, the strongest first.

    Indexes of `[[index]]` have the key default-index, explicit-index (only for packages that name it) or index; with a
    name they read NAME=URL. Unknown: a file that could not be read or that uv itself would refuse.
    """
    found = _variables(host)
    for path in _files(host):
        table = _table(host, path)
        if isinstance(table, Unknown):
            return table
        if table is not None:
            found += _of_table(table, path)
    return Known(_judged(found), "uv configuration")


def _judged(found: List[Found]) -> Tuple[Setting, ...]:
    """As uv merges them. [pip] and [[index]] cut across the order of the files, so that ranks are compared."""
    order = sorted(range(len(found)), key=lambda place: (_rank(found[place]), place))
    taken = set()
    effective = {}
    for place in order:
        item = found[place]
        key = "default" if item.key in _DEFAULTS else item.key
        effective[place] = item.joins or key not in taken
        if not item.joins:
            taken.add(key)
    return tuple(setting(item, effective[place]) for place, item in enumerate(found))


def _rank(item: Found) -> int:
    if item.source.startswith("UV_"):
        return 0
    if item.key == "default-index":
        return 1
    return 2 if item.source.endswith(" [pip]") else 3


def _variables(host: Host) -> List[Found]:
    found = []
    for name in sorted(name for name in host.environ if name.startswith("UV_")):
        value = host.environ[name]
        if not value or (name.startswith(_SKIPPED) and name not in _NOT_SKIPPED):
            continue
        separator = _LIST_VARIABLES.get(name)
        parts = value.split(separator) if separator == "," else value.split() if separator else [value]
        key = name[len("UV_") :].lower().replace("_", "-")
        found.append(Found(key, tuple(part.strip() for part in parts if part.strip()), name, separator is not None))
    return found


def _files(host: Host) -> Iterator[str]:
    """The strongest first. UV_CONFIG_FILE replaces them all; UV_NO_CONFIG switches them off."""
    environ, home = host.environ, home_of(host)
    if environ.get("UV_CONFIG_FILE"):
        yield posixpath.join(host.cwd, environ["UV_CONFIG_FILE"])
        return
    if environ.get("UV_NO_CONFIG", "").lower() in ("1", "true", "t", "yes", "y", "on"):
        return
    project = _project(host)
    if project:
        yield project
    config = environ.get("XDG_CONFIG_HOME") or (posixpath.join(home, ".config") if home else "")
    if config:
        yield posixpath.join(config, "uv", "uv.toml")
    folders = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    machine = [posixpath.join(folder, "uv", "uv.toml") for folder in folders if folder]
    for path in (*machine, "/etc/uv/uv.toml"):
        if isinstance(host.stat(path), Known):  # of these only the first that is there
            yield path
            return


def _project(host: Host) -> Optional[str]:
    """uv.toml, or a pyproject.toml with a [tool.uv] table, in the nearest folder above that has one."""
    folder = posixpath.join(host.environ.get("UV_WORKING_DIR") or host.cwd, host.environ.get("UV_PROJECT") or "")
    while folder.startswith("/"):
        path = posixpath.join(folder, "uv.toml")
        if isinstance(host.stat(path), Known):
            return path
        path = posixpath.join(folder, "pyproject.toml")
        text = host.read(path)
        if isinstance(text, Known) and re.search(r"^\s*\[\[?\s*tool\s*\.\s*uv\s*[].]", text.value, re.MULTILINE):
            return path
        if folder == "/":
            break
        folder = posixpath.dirname(folder)
    return None


def _table(host: Host, path: str) -> Any:
    """uv's table of a file as a dict, None where there is no file or no table, Unknown where it cannot be read."""
    text = host.read(path)
    if isinstance(text, Unknown):
        return text
    if not isinstance(text, Known):
        return None
    try:
        document = parse_toml(text.value)
    except (ValueError, RecursionError) as error:
        return Unknown("unparsable", f"uv refuses this file: {error}"[:300], path)
    if not path.endswith("pyproject.toml"):
        return document
    tool = document.get("tool")
    table = tool.get("uv") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else None


def parse_toml(text: str) -> Dict[str, Any]:
    """ValueError names the line. Loaded here: tomllib came with Python 3.11, tomli is the same for older ones."""
    try:
        import tomllib
    except ModuleNotFoundError:
        import tomli as tomllib  # type: ignore[import-not-found,no-redef,unused-ignore]
    return tomllib.loads(text)


def _of_table(table: Mapping[str, Any], source: str) -> Iterator[Found]:
    pip = table.get("pip")
    if isinstance(pip, dict):
        yield from _plain(pip, f"{source} [pip]")
    for index in table.get("index", ()) if isinstance(table.get("index"), list) else ():
        if isinstance(index, dict) and isinstance(index.get("url"), str):
            kind = "default-index" if index.get("default") else "explicit-index" if index.get("explicit") else "index"
            named = f"{index['name']}={index['url']}" if index.get("name") else index["url"]
            yield Found(kind, (named,), source, joins=kind != "default-index")
    sources = table.get("sources")
    for package, origin in sources.items() if isinstance(sources, dict) else ():
        origins = origin if isinstance(origin, list) else [origin]
        words = tuple(_inline(one) for one in origins if isinstance(one, dict))
        yield Found(f"sources.{package}", words, source, joins=True)
    yield from _plain(table, source)


def _plain(table: Mapping[str, Any], source: str) -> Iterator[Found]:
    for key, value in table.items():
        if isinstance(value, list):
            items = tuple(scalar(item) for item in value if not isinstance(item, (dict, list)))
            if items:
                yield Found(key, items, source, joins=True)
        elif not isinstance(value, dict):
            yield Found(key, (scalar(value),), source)


def _inline(origin: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={scalar(value)}" for key, value in origin.items())
