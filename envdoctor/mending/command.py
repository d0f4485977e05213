"""`fix --apply`, from the plan to the second look: snapshot, commands, check, and the way back where it failed."""

from __future__ import annotations

import posixpath
import re
from typing import Mapping, Optional, Sequence, Tuple

from .._machine.attached import run_attached
from .._machine.keeping import keep
from ..compat import CompatTable
from ..cure.spot import Spot
from ..exits import Exit
from ..facts import Facts
from ..host import Host
from ..reading import Known, value_or
from ..render import shell
from ..report import Plan
from ..target import Request
from ..voice import Unusable, say
from .apply import Applied, Argv, applied, variables_of
from .questions import made_by
from .snapshot import taken, way_back

_OWN = ("venv", "conda")  # kinds of environment that are made to be changed


def refused(host: Host, facts: Facts) -> str:
    """Why this environment is not changed without --yes; "" where it is the user's own, made for one purpose."""
    kind = value_or(facts.python.kind, "")
    prefix = value_or(facts.python.prefix, "")
    if isinstance(facts.python.venv, Known):
        prefix = prefix or facts.python.venv.value.path
        kind = kind or "venv"
    if kind not in _OWN:
        return f"{prefix or 'this Python'} is a {kind or 'Python of unknown kind'}, which other work rests on"
    owner = host.stat(prefix)
    if isinstance(owner, Known) and owner.value.uid != host.identity().uid:
        return f"{prefix} belongs to another user, who shares it"
    # Many systems give each user a group of the same number, and a umask that lets it write: that is nobody else.
    others = 0o002 if isinstance(owner, Known) and owner.value.gid == owner.value.uid else 0o022
    if isinstance(owner, Known) and owner.value.mode & others:
        return f"others may write in {prefix}, so it is shared"
    return ""


def carry_out(host: Host, facts: Facts, plan: Plan, spot: Spot, table: CompatTable) -> Optional[Exit]:
    """Snapshot and commands. None: all ended well; else how it ended, and everything about that is said."""
    folder, files, where = _snapshot(host, facts, plan, spot, table)
    say(where)
    came = applied(plan, host.environ, _run, lambda argv: say(f"$ {shell.line(argv)}"))
    if came.failed is None:
        for argv in variables_of(plan):
            say(f"This holds in your own shell only once you type it there: {shell.line(argv)}")
        return None
    say(_ending(came))
    for line in _return_lines(plan, spot, files, folder, came):
        say(line)
    return Exit.INTERRUPTED if came.interrupted else Exit.FINDINGS


def second_request(plan: Plan, first: Request) -> Request:
    """What to look at afterwards: the interpreter that the plan's own check names, a new environment's perhaps."""
    for argv in plan.checks:
        if argv[:2] == ("envdoctor", "check") and "--python" in argv:
            return Request(argv[argv.index("--python") + 1], None, first.deep, first.patience)
    return first


def _run(argv: Argv, environ: Mapping[str, str]) -> Tuple[int, bool]:
    try:
        return run_attached(argv, environ)
    except OSError as error:
        say(f"envdoctor: {argv[0]} cannot be started: {error.strerror or error}")
        return 127, False


def _snapshot(host: Host, facts: Facts, plan: Plan, spot: Spot, table: CompatTable) -> Tuple[str, Tuple[str, ...], str]:
    """Where it lies, its files, and what to say of it. Unusable: it cannot be taken, so nothing is run."""
    shot = taken(host, facts, spot, table)
    if not shot.files:
        if any(made_by(argv)[0] for argv in plan.commands):
            return "", (), "No snapshot: a new environment is made, and the present one stays as it is."
        raise Unusable(f"no snapshot can be taken, so nothing was run: {shot.why_not}")
    folder = _folder(host, spot)
    commands = "".join(f"{shell.line(argv)}\n" for argv in plan.commands)
    try:
        keep(folder, {**shot.files, "commands.sh": commands})
    except OSError as error:
        raise Unusable(
            f"no snapshot can be written to {folder}, so nothing was run: {error.strerror or error}"
        ) from None
    return folder, tuple(shot.files), f"What is installed now was written down in {folder}"


def _folder(host: Host, spot: Spot) -> str:
    state = host.environ.get("XDG_STATE_HOME") or posixpath.join(host.identity().home, ".local", "state")
    name = re.sub(r"[^A-Za-z0-9._-]", "_", posixpath.basename(spot.prefix)) or "python"
    moment = re.sub(r"[^0-9T]", "", host.now().replace("+00:00", ""))
    return posixpath.join(state, "envdoctor", "snapshots", f"{name}-{moment}")


def _ending(came: Applied) -> str:
    what = shell.line(came.failed or ())
    done = f"{len(came.done)} done before it" if came.done else "nothing was done before it"
    if came.interrupted:
        return f"envdoctor: interrupted in: {what} ({done})"
    return f"envdoctor: this failed with exit code {came.code}: {what} ({done})"


def _return_lines(plan: Plan, spot: Spot, files: Sequence[str], folder: str, came: Applied) -> Tuple[str, ...]:
    if not folder:
        made = [made_by(argv)[0] for argv in plan.commands if made_by(argv)[0]]
        return tuple(f"The new environment can be thrown away: rm -rf -- {shell.quote(one)}" for one in made)
    back = way_back(spot, files, folder)
    return (f"The snapshot is in {folder}. The way back:", *(f"  {shell.line(argv)}" for argv in back))
