"""The steps that several commands take: from options to a machine, a look at it, and a report."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator, Mapping, Optional, Sequence, Tuple

import click

from ..answer import dumb
from ..voice import Unusable

if TYPE_CHECKING:
    from ..early import Begun
    from ..facts import Facts
    from ..host import Host
    from ..render.spinner import Spinner
    from ..report import Report
    from ..rules import Rule
    from ..target import Request


def seen_here(host: Host) -> Facts:
    from ..doctor import look
    from ..target import Request

    with spinner() as waiting:
        facts, _ = look(host, Request(), waiting)
    return facts


def request_of(python: Optional[str], env: Optional[str], deep: bool, patience: float) -> Request:
    from ..target import Request

    if python is not None and env is not None:
        raise Unusable("--python and --env name one environment each; give one of them")
    return Request(python, env, deep, patience)


def machine(replay: Optional[str], request: Request) -> Host:
    if replay is not None:
        from ..record import ReplayHost

        try:
            return ReplayHost(replay)
        except ValueError as error:
            raise Unusable(str(error)) from None
    begun = _begun(request)
    if begun is not None:
        return begun.host
    from ..host import LocalHost

    return LocalHost(patience=request.mount_patience)


def _begun(request: Request) -> Optional[Begun]:
    """The look that began before the options were understood, if it is the one that they ask for."""
    begun: Optional[Begun] = click.get_current_context().obj
    return begun if begun is not None and begun.request == request else None


def own_environ() -> Mapping[str, str]:
    """The environment of this process, which says what its terminal can do, whatever machine is looked at."""
    from ..host import LocalHost

    return LocalHost().environ


def examined(
    host: Host, request: Request, select: Sequence[str], ignore: Sequence[str], manager: Optional[str]
) -> Report:
    from ..doctor import check as examine

    wanted = _chosen(select, ignore) if select or ignore else None  # None: all, imported when the look has begun
    begun = _begun(request)
    looking = begun.looking if begun is not None and begun.host is host else None
    with spinner() as waiting:
        report = examine(host, request, None, wanted, manager, waiting, looking)
    refuse_unusable(request, report.facts)
    return report


@contextmanager
def spinner() -> Iterator[Spinner]:
    from ..render.spinner import Spinner

    spinner = Spinner(sys.stderr, dumb(own_environ()))
    try:
        yield spinner
    finally:
        spinner.done()


def refuse_unusable(request: Request, facts: Facts) -> None:
    """Unusable where a flag names no Python. One that hangs, or a venv in which nothing runs, is a case to look at."""
    from ..reading import Absent, Known, Unknown, source_of

    option, said = ("--python", request.python) if request.python is not None else ("--env", request.env)
    if said is None:
        return
    found = facts.python.executable
    if isinstance(found, Absent):
        raise Unusable(f"{option} {said}: there is no interpreter (looked in {source_of(found) or said})")
    if isinstance(found, Unknown) and found.reason != "timeout":
        raise Unusable(f"{option} {said}: {found.detail or found.sentence()}")
    version = facts.python.version
    from_outside = isinstance(facts.python.venv, Known) or isinstance(facts.python.site_packages, Known)
    if isinstance(version, Unknown) and version.reason in ("failed", "unparsable") and not from_outside:
        raise Unusable(f"{option} {said}: this is no Python that answers ({version.sentence()})")


def _chosen(select: Sequence[str], ignore: Sequence[str]) -> Tuple[Rule, ...]:
    from ..choosing import chosen
    from ..rules import all_rules

    return chosen(all_rules(), select, ignore)
