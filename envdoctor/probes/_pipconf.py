"""pip's configuration: variables, the environment's pip.conf, the user's, the machine's.

The order is pip's own (_internal/configuration.py and cli/parser.py, the same from pip 10 to 26): within a section a
later file overrides an earlier one, then [install] overrides [global] whatever file they stand in, then PIP_* variables
override both. Lists are replaced, not joined. PIP_CONFIG_FILE names one more file, the strongest; where that exists the
user's files are not read; where it is /dev/null no file is read at all.
"""

from __future__ import annotations

import posixpath
from typing import Dict, List, Tuple

from ..facts import Setting
from ..host import Host
from ..reading import Known, Reading, Unknown
from ._prefix import home_of, there
from ._settings import Found, judged

#: Options that may be given more than once: their text is split at blanks and line ends.
_LISTS = frozenset(
    ("abi", "build-constraint", "config-settings", "constraint", "editable", "exclude", "extra-index-url", "find-links",
     "global-option", "group", "platform", "requirement", "trusted-host", "use-deprecated", "use-feature")
)  # fmt: skip

_SECTIONS = ("install", "global")
_NO_FILES = "/dev/null"


def read(host: Host, prefix: str) -> Reading[Tuple[Setting, ...]]:
    """Settings that `pip install` of the interpreter with that prefix obeys, the strongest first.

    Unknown: a file that could not be read or that pip itself would refuse, and then nothing of pip's is certain.
    """
    by_file = []
    for path in files(host, prefix):
        text = host.read(path)
        if isinstance(text, Unknown):
            return text
        if isinstance(text, Known):
            try:
                by_file.append((path, parse(text.value)))
            except ValueError as error:
                return Unknown("unparsable", f"pip refuses this file: {error}", path)
    found = _variables(host)
    for section in _SECTIONS:
        for path, sections in reversed(by_file):
            pairs = sections.get(section, {}).items()
            found += [Found(key, _values(key, text), path) for key, text in pairs if text.strip()]
    return Known(judged(found), "pip configuration")


def files(host: Host, prefix: str) -> Tuple[str, ...]:
    """The files that pip reads, the strongest last."""
    extra = host.environ.get("PIP_CONFIG_FILE")
    if extra == _NO_FILES:
        return ()
    named = bool(extra) and there(host, posixpath.join(host.cwd, extra or ""))
    found = list(_machine(host))
    if not named:
        found += _user(host)
    if prefix:
        found.append(posixpath.join(prefix, "pip.conf"))
    if extra and named:
        found.append(posixpath.join(host.cwd, extra))
    return tuple(dict.fromkeys(found))


def _machine(host: Host) -> Tuple[str, ...]:
    if host.identity().system == "darwin":
        return ("/Library/Application Support/pip/pip.conf",)
    folders = (host.environ.get("XDG_CONFIG_DIRS", "").strip() or "/etc/xdg").split(":")
    return (*(posixpath.join(folder, "pip", "pip.conf") for folder in folders if folder), "/etc/pip.conf")


def _user(host: Host) -> Tuple[str, ...]:
    home = home_of(host)
    if not home:
        return ()
    config = host.environ.get("XDG_CONFIG_HOME", "").strip() or posixpath.join(home, ".config")
    if host.identity().system == "darwin":
        support = posixpath.join(home, "Library", "Application Support", "pip")
        config = posixpath.dirname(support) if there(host, support) else posixpath.join(home, ".config")
    return (posixpath.join(home, ".pip", "pip.conf"), posixpath.join(config, "pip", "pip.conf"))


def parse(text: str) -> Dict[str, Dict[str, str]]:
    """Section -> option -> text, option names as pip spells them (no leading --, dashes). ValueError as pip fails."""
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
        return {name: {_option(key): value or "" for key, value in parser.items(name)} for name in parser.sections()}
    except configparser.Error as error:
        raise ValueError(" ".join(str(error).replace("<string>", "it").split())[:300]) from error


def _option(name: str) -> str:
    name = name.lower().replace("_", "-")
    return name[2:] if name.startswith("--") else name


def _variables(host: Host) -> List[Found]:
    """PIP_INDEX_URL is --index-url, and so on. An empty one is as good as none."""
    found = []
    for name in sorted(name for name in host.environ if name.startswith("PIP_")):
        value = host.environ[name]
        if name not in ("PIP_VERSION", "PIP_HELP") and value:
            key = _option(name[len("PIP_") :])
            found.append(Found(key, _values(key, value), name))
    return found


def _values(key: str, text: str) -> Tuple[str, ...]:
    return tuple(text.split()) if key in _LISTS else (text.strip(),)
