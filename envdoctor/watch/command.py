"""`envdoctor watch`: find the job, watch it, judge, show."""

from __future__ import annotations

import sys
import time
from typing import Tuple

from .._machine.foreground import Launched, ctrl_c
from ..answer import format_for
from ..exits import Exit
from ..host import Host
from ..reading import Unknown, value_or
from ..redact import Redactor
from ..voice import Unusable, finish, out, say
from . import target
from .advice import Advice, advice, finds
from .judge import Answer, judge
from .options import Asked
from .series import Series
from .watching import Gpus, Watch

START = 120.0  # seconds that a job that was started here has to begin computing


def run(host: Host, asked: Asked) -> Exit:
    """The exit code; with a command this does not return: it leaves as the command does."""
    if asked.command:
        _run_command(host, asked)
    gpus = Gpus(host)
    try:
        root = _root(host, gpus, asked)
        watch = Watch(host, gpus, root, asked.gpu)
        interrupted = ctrl_c()
        try:
            _progress(asked, root)
            watch.run(asked.seconds, lambda: not interrupted.seen)
            series = watch.series()
        finally:
            watch.close()
        _progress_over()
        code = _told(host, asked, series, to_stderr=False)
        return Exit.INTERRUPTED if interrupted.seen else code
    finally:
        gpus.end()


def _root(host: Host, gpus: Gpus, asked: Asked) -> int:
    holders = gpus.holders
    if asked.gpu is not None:
        if isinstance(gpus.answer, Unknown):
            raise Unusable(f"GPU {asked.gpu} cannot be watched: {gpus.answer.sentence()}")
        target.check_gpu(asked.gpu, value_or(gpus.answer, 0))
    if asked.pid is not None:
        return target.by_pid(host, asked.pid)
    if asked.gpu is not None:
        return target.by_gpu(host, asked.gpu, holders)
    return target.newest(host, holders, lambda pid: target.torch_loaded(host, pid))


def _run_command(host: Host, asked: Asked) -> None:
    """Start it, watch it once it computes, tell what was seen on stderr, and end as it ends."""
    found = host.which(asked.command[0])
    if not found:
        raise Unusable(f"{asked.command[0]}: there is no such program")
    finish()
    try:
        job = Launched(found[0], asked.command, dict(host.environ))
    except OSError as error:
        raise Unusable(f"{asked.command[0]} cannot be started: {error.strerror or error}") from None
    try:
        _watch_launched(host, asked, job)
    except Exception as error:  # noqa: BLE001 - the job goes on, whatever becomes of its watch
        say(f"envdoctor: the watch failed ({type(error).__name__}: {error}); the job goes on")
    finish()
    job.leave_with_it()


def _watch_launched(host: Host, asked: Asked, job: Launched) -> None:
    gpus = Gpus(host)
    try:
        watch = Watch(host, gpus, job.pid, asked.gpu)
        began, going = time.monotonic(), False
        while job.running and not going and time.monotonic() - began < START:
            time.sleep(0.5)
            gpus.refresh()
            going = watch.computes()
        if not job.running:
            say("envdoctor: the job ended before it computed anything; nothing can be told of it")
            return
        watch.run(asked.seconds, lambda: job.running)
        series = watch.series(launched=True)
        watch.close()
        _told(host, asked, series, to_stderr=True)
    finally:
        gpus.end()


def _told(host: Host, asked: Asked, series: Series, to_stderr: bool) -> Exit:
    answer = judge(series)
    told = advice(series, answer)
    code = exit_code(answer)
    names = _names(host, series)
    form = format_for(asked.format, host.environ)
    if form == "json-v1":
        from .as_json import as_json

        text = as_json(series, answer, told, code)
        out(text) if not to_stderr else say(text.rstrip("\n"))
    else:
        _show(series, answer, told, names, form, to_stderr)
    if asked.save is not None:
        _save(host, asked.save, series, answer, told, names)
    return code


def _show(series: Series, answer: Answer, told: Advice, names: Tuple[str, ...], form: str, to_stderr: bool) -> None:
    from .page import page

    stream = sys.stderr if to_stderr else sys.stdout
    encoding = (getattr(stream, "encoding", None) or "ascii").lower()
    lines = page(series, answer, told, names, not encoding.startswith("utf"))
    if not to_stderr:
        from ..answer import show_page

        show_page(lines, form)
        return
    from ..render.plain import plain

    say(plain(lines).rstrip("\n"))


def _save(host: Host, path: str, series: Series, answer: Answer, told: Advice, names: Tuple[str, ...]) -> None:
    from .html import as_html, saved
    from .page import head

    who = host.identity()
    mine = [value_or(host.process(rank.pid), None) for rank in series.ranks]
    names = tuple(
        name if process is None or process.uid == who.uid else "another user's job"
        for name, process in zip(names, mine)
    )
    hidden = Redactor(who.home, who.user, str(value_or(host.read("/proc/sys/kernel/hostname"), "")).strip())
    shown = Advice(
        hidden.redact(told.title),
        tuple(hidden.redact(text) for text in told.because),
        told.gain,
        told.settings,
        told.experiment,
    )
    trouble = saved(path, as_html(series, answer, shown, hidden.redact(head(series, names))))
    if trouble is not None:
        raise Unusable(f"{path} cannot be written: {trouble}")


def _names(host: Host, series: Series) -> Tuple[str, ...]:
    """The program and the script of each main process, without folders and arguments."""
    return tuple(target.short_name(host, rank.pid) for rank in series.ranks)


def exit_code(answer: Answer) -> Exit:
    if answer.kind == "cannot-tell":
        return Exit.CANNOT_TELL
    return Exit.FINDINGS if finds(answer) else Exit.OK


def _progress(asked: Asked, root: int) -> None:
    if sys.stderr is not None and sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[Kwatching pid {root} for {asked.seconds:g} s (Ctrl-C: tell what was seen so far)")
        sys.stderr.flush()


def _progress_over() -> None:
    if sys.stderr is not None and sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
