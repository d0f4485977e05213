"""A proxy or certificate setting that stops every download.

It finds a proxy address that cannot be read; a SOCKS proxy for a pip without PySocks, or of a scheme that nobody
takes; one proxy given as https:// for https and as http:// for http, so that one of them is spoken to in the wrong
language; a proxy for http alone, while every index is https; and a certificate file that is not there.

It matters because the network failure hides behind "No matching distribution found" or "Could not find a suitable TLS
CA bundle".

It is mended by correcting or unsetting the variable.

It leaves alone proxies in good order (whether one answers is not tried), and settings that no_proxy=* switches off.

Example: https_proxy=https://proxy.lab:3128 and http_proxy=http://proxy.lab:3128.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Tuple

from ..compat import CompatTable
from ..facts import Facts, Setting
from ..reading import Absent, need, value_or
from ..report import Evidence, Finding, NeedPackages, NeedVariable, Remedy
from ._common import distributions_of, finding

ID = "IDX107"
NAME = "proxy-or-ssl"
SEVERITY = "warning"
TAGS = ("index", "network")

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "PIP_CLIENT_CERT")

#: What pip, requests, conda and uv take as the scheme of a proxy.
SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    settings = need(facts.indexes.proxies, "proxy settings")
    yield from _certificates(settings)
    proxies = {one.key: one for one in settings if one.effective and one.key.endswith("_proxy") and one.values}
    skip = proxies.pop("no_proxy", None)
    if skip and skip.values[0].strip() == "*":
        return
    named = [one for one in proxies.values() if one.key != "ftp_proxy" and one.values[0].strip()]
    named += [one for one in settings if one.key == "PIP_PROXY" and one.values]
    bad = [one for one in named if _fault(one.values[0])]
    for one in bad:
        yield _malformed(one)
    yield from _socks(facts, {one.key: one for one in named if one not in bad})
    yield from _wrong_language(proxies)
    yield from _http_alone(proxies)


def _split(value: str) -> Tuple[str, str]:
    """(scheme, host:port) of a proxy; without a scheme every tool takes http."""
    scheme, mark, rest = value.strip().partition("://")
    return (scheme.lower(), rest) if mark else ("http", value.strip())


def _fault(value: str) -> str:
    """What is wrong with the address of a proxy, "" where it can be read."""
    scheme, rest = _split(value)
    if scheme not in SCHEMES:
        return f"{scheme} is no scheme of a proxy"
    if re.search(r"[\s\"'<>]", value.strip()):
        return "there are blanks or quotes in it"
    place = rest.rsplit("@", 1)[-1].split("/")[0]
    host, _, port = place.rpartition(":") if re.search(r":[^\]]*$", place) else (place, "", "")
    if not host:
        return "it names no host"
    if port and not (port.isdigit() and int(port) < 65536):
        return f"{port} is no port"
    return ""


def _unset(name: str) -> Tuple[Remedy, ...]:
    return (Remedy(f"unset {name}", (NeedVariable(name),)),)


def _malformed(setting: Setting) -> Finding:
    value = setting.values[0]
    return finding(
        ID,
        NAME,
        "warning",
        f"{setting.source}={value} is no address of a proxy: {_fault(value)}",
        "Every download fails, and pip may only say that nothing matches.",
        (Evidence(f"set to {value}", setting.source),),
        _unset(setting.source),
    )


def _socks(facts: Facts, proxies: Dict[str, Setting]) -> Iterator[Finding]:
    """requests asks https_proxy first and all_proxy only without it."""
    setting = proxies.get("PIP_PROXY") or proxies.get("https_proxy") or proxies.get("all_proxy")
    if setting is None or not _split(setting.values[0])[0].startswith("socks"):
        return
    if value_or(facts.python.manager, "pip") not in ("pip", "conda") or isinstance(facts.python.pip_version, Absent):
        return
    if any(distributions_of(facts, "pysocks")):
        return
    yield finding(
        ID,
        NAME,
        "warning",
        f"{setting.source} is a SOCKS proxy, and this pip has no PySocks",
        'pip stops with "Missing dependencies for SOCKS support".',
        (Evidence(f"set to {setting.values[0]}", setting.source),),
        # PySocks itself has to come past the proxy once.
        (Remedy("install PySocks without the proxy", (NeedVariable(setting.source), NeedPackages(("pysocks",)))),),
    )


def _wrong_language(proxies: Dict[str, Setting]) -> Iterator[Finding]:
    http, https = proxies.get("http_proxy"), proxies.get("https_proxy")
    if not http or not https:
        return
    (plain, one), (secure, two) = _split(http.values[0]), _split(https.values[0])
    if plain == "http" and secure == "https" and one.rstrip("/") == two.rstrip("/") != "":
        value = "http://" + two
        yield finding(
            ID,
            NAME,
            "warning",
            f"{https.source} speaks TLS to {two.rstrip('/')}, which {http.source} calls a plain proxy",
            "pip 20.3 and newer fail with WRONG_VERSION_NUMBER: the scheme is that of the proxy, not of the target.",
            (
                Evidence(f"set to {http.values[0]}", http.source),
                Evidence(f"set to {https.values[0]}", https.source),
            ),
            (Remedy("call the proxy by the language that it speaks", (NeedVariable(https.source, value),)),),
        )


def _http_alone(proxies: Dict[str, Setting]) -> Iterator[Finding]:
    http = proxies.get("http_proxy")
    if http and http.values[0].strip() and not {"https_proxy", "all_proxy"} & set(proxies):
        yield finding(
            ID,
            NAME,
            "note",
            f"{http.source} is set and https_proxy is not: every package index is https",
            "If this machine needs the proxy, downloads do not take it.",
            (Evidence(f"set to {http.values[0]}", http.source),),
            (Remedy("use the proxy for https too", (NeedVariable("https_proxy", http.values[0]),)),),
            "likely",
        )


def _certificates(settings: Tuple[Setting, ...]) -> Iterator[Finding]:
    lost: List[Setting] = [one for one in settings if one.key in CERTIFICATES and one.effective and one.exists is False]
    for one in lost:
        yield finding(
            ID,
            NAME,
            "warning",
            f"{one.source} names {one.values[0]}, which is not there",
            "pip and conda cannot check any server: every https download fails.",
            (Evidence(f"set to {one.values[0]}", one.source),),
            _unset(one.source),
        )
