from __future__ import annotations

import pytest

from envdoctor.facts import Facts, Setting
from envdoctor.reading import Absent, Known
from envdoctor.report import NeedPackages, NeedVariable

from ..healthy import dist
from .asking import NOT_KNOWN, change, found, healthy, needs, silent, the_one
from .installed import with_distributions

ID = "IDX107"
PROXY = "http://proxy.lab:3128"


def proxies(*settings: Setting) -> Facts:
    return change(healthy(), "indexes", proxies=Known(settings, "environment"))


def variable(name: str, value: str, effective: bool = True) -> Setting:
    key = name.lower() if name.lower().endswith("_proxy") and name != "PIP_PROXY" else name
    return Setting(key, (value,), name, effective)


def both(value: str) -> Facts:
    return proxies(variable("http_proxy", value), variable("https_proxy", value))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("htttp://proxy.lab:3128", "htttp is no scheme"),
        ("socks://proxy.lab:1080", "socks is no scheme"),  # what GNOME writes, and requests refuses
        ("http://:3128", "no host"),
        ("http://proxy.lab:port", "no port"),
        ("http://proxy.lab:99999", "no port"),
        ('"http://proxy.lab:3128"', "is no scheme"),
        ("http://proxy lab:3128", "blanks"),
        ("http://", "no host"),
    ],
)
def test_an_address_that_cannot_be_read(value: str, words: str) -> None:
    finding = the_one(ID, proxies(variable("https_proxy", value)))
    assert finding.severity == "warning" and words in finding.title
    assert needs(finding) == [NeedVariable("https_proxy")]


@pytest.mark.parametrize(
    "value",
    [
        PROXY,
        PROXY + "/",
        "proxy.lab:3128",
        "proxy.lab",
        "http://***@proxy.lab:3128",
        "http://[fd00::1]:3128",
        "https://p.lab:443",
    ],
)
def test_addresses_in_good_order(value: str) -> None:
    assert silent(ID, both(value)) == "pass"


def test_a_socks_proxy_for_a_pip_without_pysocks() -> None:
    facts = both("socks5://127.0.0.1:1080")
    finding = the_one(ID, facts)
    assert "PySocks" in finding.title
    assert needs(finding) == [NeedVariable("https_proxy"), NeedPackages(("pysocks",))]
    assert silent(ID, with_distributions(facts, dist("PySocks", "1.7.1"))) == "pass"
    assert silent(ID, change(facts, "python", manager=Known("uv", "cfg"))) == "pass"
    assert silent(ID, change(facts, "python", pip_version=Absent(("sys.path",)))) == "pass"


def test_all_proxy_counts_only_without_https_proxy() -> None:
    socks = variable("ALL_PROXY", "socks5h://127.0.0.1:1080")
    assert "ALL_PROXY" in the_one(ID, proxies(socks)).title
    assert silent(ID, proxies(socks, variable("https_proxy", PROXY))) == "pass"


def test_one_proxy_in_two_languages() -> None:
    finding = the_one(ID, proxies(variable("http_proxy", PROXY), variable("https_proxy", "https://proxy.lab:3128")))
    assert finding.severity == "warning" and "TLS" in finding.title
    assert needs(finding) == [NeedVariable("https_proxy", PROXY)]
    two = proxies(variable("http_proxy", PROXY), variable("https_proxy", "https://tls-proxy.lab:3129"))
    assert silent(ID, two) == "pass"


def test_a_proxy_for_http_alone_is_a_note() -> None:
    finding = the_one(ID, proxies(variable("http_proxy", PROXY)))
    assert finding.severity == "note" and finding.confidence == "likely"
    off = proxies(variable("http_proxy", PROXY), variable("https_proxy", ""))
    assert silent(ID, off) == "pass"  # emptied on purpose


def test_no_proxy_for_anything() -> None:
    assert silent(ID, proxies(variable("https_proxy", "htttp://x"), variable("no_proxy", "*"))) == "pass"
    assert found(ID, proxies(variable("https_proxy", "htttp://x"), variable("no_proxy", "localhost")))
    assert silent(ID, proxies(variable("HTTPS_PROXY", "htttp://x", effective=False))) == "pass"


def test_a_certificate_file_that_is_not_there() -> None:
    path = "/home/ana/miniconda3/envs/gone/ssl/cacert.pem"
    finding = the_one(ID, proxies(Setting("SSL_CERT_FILE", (path,), "SSL_CERT_FILE", True, exists=False)))
    assert finding.severity == "warning" and path in finding.title
    assert needs(finding) == [NeedVariable("SSL_CERT_FILE")]
    for exists in (True, None):  # there, and not looked for
        assert silent(ID, proxies(Setting("SSL_CERT_FILE", (path,), "SSL_CERT_FILE", True, exists=exists))) == "pass"


def test_pips_own_proxy() -> None:
    assert "PIP_PROXY" in the_one(ID, proxies(Setting("PIP_PROXY", ("htttp://x",), "PIP_PROXY", True))).title


def test_unknown_and_absent() -> None:
    assert silent(ID, change(healthy(), "indexes", proxies=NOT_KNOWN)) == "cannot-tell"
    assert silent(ID, change(healthy(), "indexes", proxies=Absent(("environment",)))) == "not-applicable"
    assert silent(ID, proxies()) == "pass"
