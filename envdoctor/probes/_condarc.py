"""conda's configuration: every .condarc on conda's search path, and CONDA_* variables.

The order is conda's (base/constants.py, SEARCH_PATH): later files are stronger, variables the strongest. A scalar of a
stronger source wins, unless a weaker one says `#!final`; lists and maps of all sources are joined. mamba reads the same
files and .mambarc besides.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import Any, Dict, Iterator, List, Mapping, Optional, Set, Tuple

from ..facts import Setting
from ..host import Host
from ..reading import Absent, Known, Reading, Unknown
from ._conda_envs import roots
from ._prefix import expanded, home_of
from ._settings import Found, judged, scalar

#: Lists and maps; the keys of a map are written KEY.NAME.
_LISTS = frozenset(
    ("channels", "create_default_packages", "default_channels", "envs_dirs", "pinned_packages", "pkgs_dirs",
     "allowlist_channels", "denylist_channels", "migrated_channel_aliases", "repodata_fns", "track_features")
)  # fmt: skip
_MAPS = frozenset(("custom_channels", "custom_multichannels", "proxy_servers"))
_SCALARS = frozenset(
    ("add_pip_as_python_dependency", "allow_other_channels", "always_copy", "auto_activate", "auto_activate_base",
     "channel_alias", "channel_priority", "client_ssl_cert", "offline", "override_channels_enabled",
     "pip_interop_enabled", "remote_connect_timeout_secs", "remote_max_retries", "remote_read_timeout_secs",
     "restore_free_channel", "sat_solver", "solver", "ssl_verify", "subdir", "use_only_tar_bz2")
)  # fmt: skip
_ALIASES = {
    "channel": "channels",
    "envs_path": "envs_dirs",
    "experimental_solver": "solver",
    "verify_ssl": "ssl_verify",
    "whitelist_channels": "allowlist_channels",
}
#: Not of a file: what conda believes about the machine (__cuda, __glibc, ...).
_OVERRIDE = "CONDA_OVERRIDE_"
_LONGEST = 1 << 16


def read(host: Host, prefix: str) -> Reading[Tuple[Setting, ...]]:
    """Settings that conda obeys with that environment active, the strongest first. Absent: no file and no variable.

    Unknown: a file that could not be read or that conda itself would refuse.
    """
    looked, found = [], _variables(host)
    files: List[Tuple[str, Mapping[str, Any], Set[str]]] = []
    for path in _files(host, prefix):
        text = host.read(path, _LONGEST + 1)
        if isinstance(text, Unknown):
            return text
        looked.append(path)
        if isinstance(text, Known):
            document = _document(text.value, path)
            if isinstance(document, Unknown):
                return document
            files.append((path, document, _final(text.value)))
    if not files and not found:
        return Absent(tuple(looked))
    return Known(judged(_with_finals(found, files)), "conda configuration")


def _with_finals(found: List[Found], files: List[Tuple[str, Mapping[str, Any], Set[str]]]) -> Iterator[Found]:
    """The strongest first. What a file declares final (of several the weakest file) overrides every other source."""
    finals: Dict[str, str] = {}
    for path, _, keys in files:
        for key in keys:
            finals.setdefault(_ALIASES.get(key, key), path)
    for item in (*found, *(item for path, document, _ in reversed(files) for item in _of_file(document, path))):
        decided_by = finals.get(item.key.partition(".")[0], item.source)
        if item.source.endswith("mambarc"):
            yield replace(item, joins=True)  # for mamba alone: it overrides nothing of conda
        else:
            yield replace(item, overridden=decided_by != item.source)


def _files(host: Host, prefix: str) -> Tuple[str, ...]:
    """conda's search path, the weakest first, each folder of *.yml and *.yaml opened out."""
    home, environ = home_of(host), host.environ
    root = next(iter(roots(host)), "")
    mamba = environ.get("MAMBA_ROOT_PREFIX", "")
    config = environ.get("XDG_CONFIG_HOME") or (posixpath.join(home, ".config") if home else "")
    prefix = prefix or environ.get("CONDA_PREFIX", "")
    folders = ["/etc/conda", "/var/lib/conda", root, mamba, config and posixpath.join(config, "conda")]
    folders += [posixpath.join(home, ".config", "conda"), posixpath.join(home, ".conda")] if home else []
    found: List[str] = []
    for folder in folders:
        found += _in_folder(host, folder)
    found += [posixpath.join(home, ".condarc"), posixpath.join(home, ".mambarc")] if home else []
    found += _in_folder(host, prefix)
    found += [expanded(host, environ[name]) for name in ("CONDARC", "MAMBARC") if environ.get(name)]
    return tuple(dict.fromkeys(found))


def _in_folder(host: Host, folder: str) -> List[str]:
    if not folder:
        return []
    many = posixpath.join(folder, "condarc.d")
    names = host.listdir(many)
    inside = names.value if isinstance(names, Known) else ()
    files = [posixpath.join(many, name) for name in inside if name.endswith((".yml", ".yaml"))]
    return [posixpath.join(folder, ".condarc"), posixpath.join(folder, "condarc"), *files]


def _document(text: str, path: str) -> Any:
    """The mapping in a .condarc, or Unknown.

    PyYAML, because conda's files use the whole of YAML. Importing it takes 11 ms, so it is loaded here: only where
    there is such a file. Its pure loader: on hostile nesting it raises, where the one in C might run out of stack.
    """
    import yaml

    if len(text) > _LONGEST:
        return Unknown("unparsable", f"longer than {_LONGEST} characters", path)
    try:
        document = yaml.load(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        return Unknown("unparsable", f"conda refuses this file: {error.problem or 'not YAML'}{where}", path)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        return Unknown("unparsable", f"conda refuses this file: {' '.join(str(error).split())[:200]}", path)
    if document is None:
        return {}
    return document if isinstance(document, dict) else Unknown("unparsable", "not a list of KEY: VALUE", path)


def _final(text: str) -> Set[str]:
    """Keys that no stronger file may change. It is said in a comment behind the key: `channels:  #!final`."""
    return set(re.findall(r"^(\w+)\s*:[^\n]*#\s*!\s*final\b", text, re.MULTILINE))


def _of_file(document: Mapping[Any, Any], source: str) -> Iterator[Found]:
    for name, value in document.items():
        key = _ALIASES.get(str(name), str(name))
        if key in _LISTS:
            items = value if isinstance(value, list) else [value]
            words = tuple(scalar(item) for item in items if not isinstance(item, (dict, list)) and item is not None)
            if words:
                yield Found(key, words, source, joins=True)
        elif key in _MAPS and isinstance(value, dict):
            for inner, one in value.items():
                many = one if isinstance(one, list) else [one]
                yield Found(
                    f"{key}.{inner}", tuple(scalar(item) for item in many if not isinstance(item, dict)), source
                )
        elif key in _SCALARS and not isinstance(value, (dict, list)):
            yield Found(key, (scalar(value),), source)


def _variables(host: Host) -> List[Found]:
    found = []
    for name in sorted(name for name in host.environ if name.startswith("CONDA_")):
        value = host.environ[name]
        if name.startswith(_OVERRIDE):
            found.append(Found(name[len("CONDA_") :].lower(), (value,), name))  # empty is a value: "no such thing here"
            continue
        key = _key_of_variable(name)
        if key is None or not value:
            continue
        separator = ":" if key in ("envs_dirs", "pkgs_dirs") else ","
        words = tuple(word.strip() for word in value.split(separator)) if key in _LISTS else (value,)
        found.append(Found(key, words, name, joins=key in _LISTS))
    return found


def _key_of_variable(name: str) -> Optional[str]:
    key = name[len("CONDA_") :].lower()
    key = _ALIASES.get(key, key)
    return key if key in _LISTS or key in _SCALARS else None
