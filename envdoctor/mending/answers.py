"""What a dry run printed: the changes it would make, why it refuses, or why nothing can be told from it."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Mapping, Tuple

from ..cure.spot import canonical
from ..frozen import frozen
from ..host import Output

_UV_LINE = re.compile(r"^\s*([+~-]) ([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
# The index or channel was not reached: that says nothing about the line.
_SILENT = re.compile(
    r"Retrying \(|NewConnectionError|ConnectTimeout|ReadTimeout|Name or service not known|"
    r"Temporary failure in name resolution|[Ff]ailed to fetch|error sending request|dns error|"
    r"CondaHTTPError|CondaSSLError|ConnectionFailed|ProxyError|SSLError|There was a problem confirming the ssl"
)
_NO_SUCH_OPTION = re.compile(r"no such option: --(dry-run|report|quiet)|unexpected argument '--dry-run'")


@frozen
class Change:
    name: str
    before: str  # version; "" where it is not installed
    after: str  # version; "" where it would be removed


@frozen
class Resolution:
    """`status`: resolves | refused | cannot-tell | not-asked (no resolver has a part in it)."""

    command: Tuple[str, ...]
    status: str
    changes: Tuple[Change, ...] = ()
    why: str = ""


def resolution(command: Tuple[str, ...], language: str, output: Output, here: Mapping[str, str]) -> Resolution:
    """`here`: canonical name -> version of what is installed now. Never raises."""
    both = output.err + output.out
    if _NO_SUCH_OPTION.search(both):
        return Resolution(command, "cannot-tell", (), "the installer there is too old for a dry run")
    if output.code:
        said = _reason(language, output)
        if _SILENT.search(both):
            return Resolution(command, "cannot-tell", (), f"the index did not answer: {said}")
        if "No module named pip" in both:
            return Resolution(command, "cannot-tell", (), "pip is not there yet")
        return Resolution(command, "refused", (), said)
    try:
        changes = _READERS[language](output, here)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Resolution(command, "cannot-tell", (), f"its answer was not understood ({type(error).__name__})")
    return Resolution(command, "resolves", tuple(one for one in changes if one.before != one.after))


def _reason(language: str, output: Output) -> str:
    """The one sentence that says why: pip's and uv's last ERROR, conda's message."""
    if language == "conda":
        try:
            said = json.loads(output.out)
            return " ".join(str(said.get("message") or said.get("error") or "").split())[:400]
        except (ValueError, AttributeError):
            pass
    lines = [line.strip() for line in (output.err or output.out).splitlines() if line.strip()]
    if language == "uv":  # a sentence over several lines
        first = next((at for at, text in enumerate(lines) if text.startswith(("×", "error"))), 0)
        return " ".join(" ".join(lines[first:]).split())[:400]
    errors = [text for text in lines if text.startswith("ERROR")]
    return " ".join((errors or lines or [f"exit code {output.code}"])[-1].split())[:400]


def _pip(output: Output, here: Mapping[str, str]) -> List[Change]:
    installs = json.loads(output.out[output.out.index("{") :])["install"]
    found = [(str(one["metadata"]["name"]), str(one["metadata"]["version"])) for one in installs]
    return [Change(name, here.get(canonical(name), ""), version) for name, version in found]


def _uv(output: Output, here: Mapping[str, str]) -> List[Change]:
    gone: Dict[str, str] = {}
    come: Dict[str, str] = {}
    for sign, name, version in _UV_LINE.findall(output.err + "\n" + output.out):
        (gone if sign == "-" else come)[canonical(name)] = version
    names = list(dict.fromkeys([*come, *gone]))
    return [Change(name, gone.get(name, here.get(name, "")), come.get(name, "")) for name in names]


def _conda(output: Output, here: Mapping[str, str]) -> List[Change]:
    actions: Any = json.loads(output.out[output.out.index("{") :]).get("actions") or {}
    gone = {str(one["name"]): str(one["version"]) for one in actions.get("UNLINK", ())}
    come = {str(one["name"]): str(one["version"]) for one in actions.get("LINK", ())}
    return [Change(name, gone.get(name, ""), come.get(name, "")) for name in dict.fromkeys([*come, *gone])]


_READERS = {"pip": _pip, "uv": _uv, "conda": _conda}
