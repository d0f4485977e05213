"""`envdoctor preflight`: decide, say why, and become the job."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Callable, Dict, Mapping, NoReturn, Optional, Tuple

from .._machine import launch
from ..answer import dumb, format_for
from ..exits import Exit
from ..host import Host
from ..voice import Unusable, finish, out, say
from .claims import Claims, folder_for
from .decide import Decision, Question, attempt
from .options import Options
from .page import environment, texts
from .shared import alone
from .site import read_site

if TYPE_CHECKING:
    from ..report import Finding
    from .ahead import Ahead


def run(host: Host, options: Options, nvml: Ahead) -> Exit:
    """The exit code, unless there is a command to start and a GPU for it: then this does not return."""
    try:
        return _run(host, options, nvml)
    finally:
        nvml.end()


def _run(host: Host, options: Options, nvml: Ahead) -> Exit:
    site, slip = read_site(host)
    if options.node:
        from .node import node_decision

        decision = node_decision(host, nvml, options.timeout, site)
        _show(host, options, replace(decision, warnings=(*((slip,) if slip else ()), *decision.warnings)), ())
        return decision.code
    program = _program(host, options.command)
    claims = Claims(host, folder_for(host.environ, site.claims))
    taking = bool(options.command) or options.claim
    if options.wait is not None:
        nvml.keep()

    def question(take: bool) -> Question:
        return Question(options.wish, site, options.timeout, take, _minute, nvml)

    findings, problem = _environment(host, options, program)
    decision = problem or _decided(host, options, claims, question, taking)
    ours = (*claims.warnings, "" if claims.trouble else alone(host, claims.path)) if taking else ()
    warnings = [text for text in (slip, *ours, *decision.warnings) if text]
    decision = replace(decision, warnings=tuple(dict.fromkeys(warnings)))
    _show(host, options, decision, findings)
    if decision.code != Exit.OK:
        return decision.code
    nvml.end()  # no child of ours is to become one of the job's
    if options.command:
        _start(host, program, options.command, environment(decision.picked), claims)
    if options.claim:
        _hold(claims)
    return Exit.OK


def _program(host: Host, command: Tuple[str, ...]) -> str:
    """The file to start, found before any GPU is claimed for it."""
    if not command:
        return ""
    found = host.which(command[0])
    if not found:
        raise Unusable(f"{command[0]}: there is no such program")
    return found[0]


def _environment(host: Host, options: Options, program: str) -> Tuple[Tuple[Finding, ...], Optional[Decision]]:
    """What `--check` found, and the decision where that is enough to say no."""
    if not options.check:
        return (), None
    from . import checking

    report = checking.examined(host, program)
    told, errors = checking.told(report), checking.blocking(report)
    if errors:
        sentence = f"no go: {errors[0].name} would end the job; `envdoctor fix` prints what mends it"
        return told, Decision(Exit.FINDINGS, sentence)
    return told, None


def _decided(
    host: Host, options: Options, claims: Claims, question: Callable[[bool], Question], taking: bool
) -> Decision:
    if options.wait is None:
        return attempt(host, question(taking), claims)
    from .wait import wait

    decision = wait(
        lambda first: attempt(host, question(taking and first), claims), host, claims, options.wait, _progress(host)
    )
    _progress_over(host)
    return decision


def _moves(host: Host) -> bool:
    return sys.stderr is not None and sys.stderr.isatty() and not dumb(host.environ)


def _progress(host: Host) -> Optional[Callable[[Decision, float], None]]:
    """A line that is written over, on a terminal only."""
    if not _moves(host):
        return None
    begun = time.monotonic()

    def progress(decision: Decision, left: float) -> None:
        busy = sum(opinion.answer == "busy" for opinion in decision.opinions)
        waited = _length(time.monotonic() - begun)
        sys.stderr.write(f"\r\x1b[Kwaiting since {waited}, for {_length(left)} at most: {busy} GPU(s) busy")
        sys.stderr.flush()

    return progress


def _progress_over(host: Host) -> None:
    if _moves(host):
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _length(seconds: float) -> str:
    minutes = int(seconds) // 60
    return f"{int(seconds)} s" if minutes == 0 else f"{minutes // 60}:{minutes % 60:02} h"


def _minute() -> int:
    now = time.localtime()
    return now.tm_hour * 60 + now.tm_min


def _show(host: Host, options: Options, decision: Decision, findings: Tuple[Finding, ...]) -> None:
    """Before a job all goes to stderr: stdout is the job's."""
    told = "\n".join(f"envdoctor: {text}" for text in texts(decision, findings))
    if options.command:
        say(told)
        return
    from .page import as_json, as_shell, as_task_prolog, page

    wanted = format_for(options.format, host.environ)
    if wanted == "json-v1":
        out(as_json(decision, findings))
    elif wanted == "shell":
        out(as_shell(decision))
        say(told)
    elif wanted == "task-prolog":
        out(as_task_prolog(decision, findings))
    else:
        from ..answer import show_page

        show_page(page(decision, findings), wanted)


def _start(
    host: Host, program: str, command: Tuple[str, ...], variables: Mapping[str, str], claims: Claims
) -> NoReturn:
    claims.hand_over()
    finish()
    environ: Dict[str, str] = {**host.environ, **variables}
    try:
        launch.become(program, command, environ)
    except OSError as error:
        raise Unusable(f"{command[0]} cannot be started: {error.strerror or error}") from None


def _hold(claims: Claims) -> None:
    """Keep the claims until somebody ends this process."""
    if claims.held():
        say("envdoctor: holding the claim until this process ends (Ctrl-C)")
        launch.sleep_for_good()
