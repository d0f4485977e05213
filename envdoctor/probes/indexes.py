"""Where packages would come from: pip's, uv's and conda's settings, the managers there are, proxies and certificates.

Nothing is asked of any index: these are files and variables. Credentials are taken out of every address on the way in.
"""

from __future__ import annotations

import posixpath
from typing import List, Optional

from ..facts import IndexesFacts
from ..host import Host
from ..reading import Known, Unknown, value_or
from ..target import Target
from . import _condarc, _managers, _pipconf, _uvconf
from ._prefix import expanded, prefix_of
from ._settings import Found, judged

#: Lower case first: where both are set, urllib, requests and pip obey the lower one, and an empty lower one is a "no".
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")
_VARIABLES = (
    "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "PIP_CERT", "PIP_CLIENT_CERT", "PIP_PROXY", "PIP_TRUSTED_HOST",
    "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE",
)  # fmt: skip
_NO_FILES = ("PIP_PROXY", "PIP_TRUSTED_HOST")


def look(host: Host, target: Target) -> IndexesFacts:
    prefix = environment_prefix(host, target)
    return IndexesFacts(
        pip=_pipconf.read(host, prefix),
        uv=_uvconf.read(host),
        conda=_condarc.read(host, prefix if _is_conda(host, prefix) else ""),
        managers=_managers.look(host),
        proxies=Known(judged(_proxies(host)), "environment"),
    )


def environment_prefix(host: Host, target: Target) -> str:
    """The prefix of the interpreter in question, "" where there is none.

    By its path, which need not wait for the interpreter to answer; and not by VIRTUAL_ENV, which may name another one.
    """
    found = prefix_of(host, target.executable.value) if isinstance(target.executable, Known) else target.executable
    return value_or(found, "")


def _is_conda(host: Host, prefix: str) -> bool:
    return bool(prefix) and isinstance(host.stat(posixpath.join(prefix, "conda-meta")), Known)


def _proxies(host: Host) -> List[Found]:
    environ = host.environ
    found = []
    for key in _PROXIES:
        for name in (key, key.upper()):
            if name in environ and (environ[name] or name == key):
                found.append(Found(key, (environ[name],), name))
    for name in (name for name in _VARIABLES if environ.get(name)):
        exists = None if name in _NO_FILES else _exists(host, environ[name])
        found.append(Found(name, (environ[name],), name, exists=exists))
    return found


def _exists(host: Host, value: str) -> Optional[bool]:
    """Whether a file or folder of certificates is there (SSL_CERT_DIR may name several); None: it cannot be seen."""
    seen = [host.stat(expanded(host, path)) for path in value.split(":") if path]
    if any(isinstance(reading, Known) for reading in seen):
        return True
    return None if any(isinstance(reading, Unknown) for reading in seen) else False
