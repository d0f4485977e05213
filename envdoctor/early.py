"""A look that begins before the options are understood: importing what parses them takes 40 ms, and the interpreter
and the driver can work on their answers meanwhile.

Only where it is plain what will be looked at. Whoever has the options compares: a look at something else is dropped,
which costs nothing, because looking changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, List, NamedTuple, Optional

from .host import Host, LocalHost
from .target import Request, Target

if TYPE_CHECKING:
    from .looking import Looking
    from .preflight.ahead import Ahead

_LOOKING = ("check", "fix")
#: Options that change what is looked at, or whether.
_NOT_PLAIN = ("--deep", "--patience", "--replay", "--help", "-h")


#: For `gpus` and `preflight` the driver alone is asked, for as long as they wait if nothing else is said.
DRIVER_PATIENCE = 5.0  # seconds
_OWN_TIME = ("--patience", "--timeout", "--replay", "--watch", "--help", "-h")


class Begun(NamedTuple):
    request: Request
    host: Host
    looking: Optional[Looking] = None  # of check and fix
    target: Optional[Target] = None  # of gpus
    ahead: Optional[Ahead] = None  # of preflight


def begin(args: List[str]) -> Optional[Begun]:
    """The look that these arguments will ask for, begun; None where that is not plain."""
    if asks_driver(args):
        return _driver_asked(args[0])
    request = plain_request(args)
    if request is None:
        return None
    from .looking import Looking

    host = LocalHost(patience=request.mount_patience)
    return Begun(request, host, Looking(host, request))


def asks_driver(args: List[str]) -> bool:
    """Whether a command line asks the driver alone, for the usual time. What stands behind `--` is a job's."""
    if not args or args[0] not in ("gpus", "preflight"):
        return False
    ours = args[: args.index("--")] if "--" in args else args
    return not any(arg.partition("=")[0] in _OWN_TIME for arg in ours)


def _driver_asked(name: str) -> Begun:
    request = Request(patience=DRIVER_PATIENCE)
    if name == "gpus":
        from .gpus.command import asked

        host = LocalHost(patience=request.mount_patience)
        return Begun(request, host, target=asked(host, request.patience))
    from .preflight.ahead import Ahead

    host = LocalHost()
    return Begun(request, host, ahead=Ahead(host, request.patience))


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
