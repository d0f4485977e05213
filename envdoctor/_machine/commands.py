"""Child processes that may hang, flood, leave children behind or survive SIGKILL; none of that stops the caller."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import subprocess
import time
from typing import Dict, Mapping, Optional, Sequence, Set, Tuple, Union

from ..frozen import frozen
from ..reading import Absent, Unknown
from .files import told
from .processes import stuck_in

PARTING = 0.5  # seconds a killed child has to go
PIPE = 1 << 20  # bytes that a pipe can hold at most, as the kernel lets users set it

_alive: Set[subprocess.Popen[bytes]] = set()


@frozen
class Ended:
    """`code` is None where the child did not end in time; `left` then says its pid, state and whether it went."""

    code: Optional[int]
    out: bytes
    err: bytes
    left: str = ""


def start(argv: Sequence[str], env: Mapping[str, str], pass_fds: Tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    """The one place where a process is started; the tests' guard stands here."""
    return subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env=dict(env),
        start_new_session=True,
        pass_fds=pass_fds,
    )


def run(argv: Sequence[str], env: Mapping[str, str], seconds: float, limit: int) -> Union[Ended, Absent, Unknown]:
    """Start and finish. The program itself is known to be there: if it is "not found", what should run it is not."""
    try:
        child = start(argv, env)
    except FileNotFoundError:
        return Unknown("failed", "it is there, but the interpreter or loader that it names is not", argv[0])
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return told(error, argv[0])
    return finish(child, seconds, limit)


def finish(child: subprocess.Popen[bytes], seconds: float, limit: int) -> Ended:
    """Wait until the child ends or its time is over. Of each stream `limit` bytes are kept, the rest is read and lost.

    A child of the child that holds the pipes open is not waited for. After the deadline the whole session's group is
    killed; one that does not go (stuck in a driver) is left behind, which subprocess.run would wait for without end.
    """
    assert child.stdout is not None and child.stderr is not None
    _alive.add(child)
    kept = {child.stdout.fileno(): bytearray(), child.stderr.fileno(): bytearray()}
    out, err = kept.values()
    try:
        if _pump(child, time.monotonic() + seconds, kept, limit):
            return Ended(child.returncode, bytes(out), bytes(err))
        return Ended(None, bytes(out), bytes(err), put_away(child))
    except BaseException:  # Ctrl-C: the child has a session of its own and did not hear it
        _kill(child)
        raise
    finally:
        _alive.discard(child)
        child.stdout.close()
        child.stderr.close()


def _pump(child: subprocess.Popen[bytes], deadline: float, kept: Dict[int, bytearray], limit: int) -> bool:
    """Read until the child ended (True) or the time is over (False)."""
    poller = select.poll()
    for stream in kept:
        os.set_blocking(stream, False)
        poller.register(stream, select.POLLIN)
    open_streams, nap = set(kept), 0.0005
    while True:
        ended = child.poll() is not None
        left = deadline - time.monotonic()
        if ended or left <= 0:
            for stream in open_streams:
                _drain(stream, kept[stream], limit)
            return ended
        if not open_streams:  # both closed: it is about to end, as a rule
            time.sleep(min(nap, left))
            nap = min(nap * 2, 0.02)
            continue
        for stream, _ in poller.poll(min(left, 0.02) * 1000):
            if not _take(stream, kept[stream], limit):
                poller.unregister(stream)
                open_streams.discard(stream)


def _take(stream: int, into: bytearray, limit: int) -> int:
    """Bytes read, 0 at the end, and also where nothing waits (poll comes back for what is left)."""
    piece = os.read(stream, 1 << 16)
    into += piece[: max(0, limit - len(into))]
    return len(piece)


def _drain(stream: int, into: bytearray, limit: int) -> None:
    """What the child wrote before it ended still waits in the pipe; what a child of it goes on writing has no end."""
    taken = 0
    try:
        while taken < PIPE:
            count = _take(stream, into, limit)
            if count == 0:
                return
            taken += count
    except BlockingIOError:
        return


def adopt(child: subprocess.Popen[bytes]) -> None:
    """It ends with envdoctor at the latest; until then it is the caller's, who puts it away."""
    _alive.add(child)


def put_away(child: subprocess.Popen[bytes]) -> str:
    """Kill it, wait a moment, walk away: its pid, what it was doing, and whether it went."""
    _alive.discard(child)
    where = stuck_in(child.pid)
    _kill(child)
    until = time.monotonic() + PARTING
    while child.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    if child.poll() is not None:
        return f"pid {child.pid}, {where}; killed"
    child.returncode = -signal.SIGKILL  # or Popen would complain that it is still running when it is thrown away
    return f"pid {child.pid}, {where}; it survives SIGKILL and was left behind"


def _kill(child: subprocess.Popen[bytes]) -> None:
    if child.returncode is None:  # once it was waited for, its number may be another's
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)


@atexit.register
def _kill_all() -> None:
    """A look that was cut short leaves probes behind in daemon threads; their commands end with envdoctor."""
    for child in list(_alive):
        _kill(child)
