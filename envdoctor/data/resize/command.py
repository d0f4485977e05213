"""`envdoctor data resize SRC DST`."""

from __future__ import annotations

import os
import sys
from typing import Optional

from ..._machine import trees
from ..._machine.crew import CannotStart
from ...active import choose
from ...answer import dumb, format_for, show_page
from ...exits import Exit
from ...host import Host
from ...reading import Absent, Known, value_or
from ...target import Request
from ...voice import Unusable, out, say
from ..machine import look_at_machine
from .jobs import Plan
from .progress import Progress
from .run import Full, Outcome, bad_lines, prepare, resize
from .settings import Settings

#: In the target: a line of JSON for each file that could not be resized.
BROKEN = "envdoctor-broken.jsonl"


def run(host: Host, settings: Settings, jobs: Optional[int], request: Request, wanted: Optional[str]) -> Exit:
    """0 all is done, 1 files were broken and are listed; Unusable where it cannot go on: nothing done is lost."""
    source, target = _place(host, settings.source), _place(host, settings.target)
    found = host.stat(source)
    if isinstance(found, Absent):
        raise Unusable(f"{settings.source}: there is no such folder")
    if not isinstance(found, Known) or found.value.kind != "dir":
        raise Unusable(f"{settings.source} is no folder")
    if host.access(source, "rx") == Known(False, source):
        raise Unusable(f"{settings.source}: you may not read this folder")
    python = choose(host, request).executable
    if not isinstance(python, Known):
        raise Unusable("there is no Python to resize with; --python names one that has opencv-python or Pillow")
    cpus = value_or(look_at_machine(host).cpus, 1.0)
    lock = prepare(settings, source, target)
    plan = Plan(source, target, settings.image_format)
    progress = Progress(sys.stderr, dumb(host.environ))
    try:
        progress.begin(plan.count)
        outcome = resize(settings, plan, python.value, host.environ, jobs or max(1, int(cpus)), progress)
    except Full as full:
        raise Unusable(
            f"the disk of {settings.target} is full after {full} files; each of them is whole: "
            "make room and run the same command again"
        ) from None
    except CannotStart as error:
        raise Unusable(f"{python.value} cannot resize: {error}; --python names another one") from None
    except KeyboardInterrupt:
        progress.end()
        say("envdoctor: the same command goes on from here")
        raise
    finally:
        progress.end()
        os.close(lock)
    _list(target, outcome)
    _show(host, settings, outcome, wanted)
    return Exit.FINDINGS if outcome.bad_count or outcome.closed or outcome.dangling else Exit.OK


def _place(host: Host, path: str) -> str:
    """Without links, so that folders within one another are seen; of a folder that is not there yet, its parent's."""
    whole = os.path.normpath(os.path.join(host.cwd, os.path.expanduser(path)))
    real = host.realpath(whole)
    if isinstance(real, Known):
        return real.value
    parent = os.path.dirname(whole)
    return whole if parent == whole else os.path.join(_place(host, parent), os.path.basename(whole))


def _list(target: str, outcome: Outcome) -> None:
    path = os.path.join(target, BROKEN)
    if outcome.bad:
        try:
            trees.write_whole(path, "".join(f"{line}\n" for line in bad_lines(outcome)))
        except OSError:  # the same is shown
            return
    else:
        trees.remove(path)


def _show(host: Host, settings: Settings, outcome: Outcome, wanted: Optional[str]) -> None:
    form = format_for(wanted, host.environ)
    if form == "json-v1":
        from .page import as_json

        out(as_json(settings, outcome))
        return
    from .page import page

    show_page(page(settings, outcome, BROKEN), form)
