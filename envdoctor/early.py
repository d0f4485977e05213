"""A look that begins before the options are understood: importing what parses them takes 40 ms, and the interpreter
and the driver can work on their answers meanwhile.

Only where it is plain what will be looked at. Whoever has the options compares: a look at something else is dropped,
which costs nothing, because looking changes nothing.
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from .host import Host, LocalHost
from .looking import Looking
from .target import Request

_LOOKING = ("check", "fix")
#: Options that change what is looked at, or whether.
_NOT_PLAIN = ("--deep", "--patience", "--replay", "--help", "-h")


class Begun(NamedTuple):
    request: Request
    host: Host
    looking: Looking


def begin(args: List[str]) -> Optional[Begun]:
    """The look that these arguments will ask for, begun; None where that is not plain."""
    request = plain_request(args)
    if request is None:
        return None
    host = LocalHost(patience=request.mount_patience)
    return Begun(request, host, Looking(host, request))


def plain_request(args: List[str]) -> Optional[Request]:
    """What a command line asks to look at, None where only its options tell."""
    if not args or args[0] not in _LOOKING:
        return None
    named = {}
    rest = iter(args[1:])
    for arg in rest:
        option, equals, value = arg.partition("=")
        if option in _NOT_PLAIN:
            return None
        if option in ("--python", "--env"):
            named[option] = value if equals else next(rest, "")
    return Request(named.get("--python"), named.get("--env")) if len(named) < 2 else None
