"""The commands: options and help texts. Each body imports what it needs, so that --help and usage errors stay quick."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator, List, Mapping, Optional, Tuple

import click
import typer

from . import __version__
from .answer import FORMATS, dumb, format_for, redactor_for, show_page, show_report
from .exits import FAILS_ON, Exit, of_report
from .voice import Unusable, out, out_exact, say

if TYPE_CHECKING:
    from .facts import Facts
    from .host import Host
    from .render.spinner import Spinner
    from .report import Report
    from .rules import Rule
    from .target import Request

MANAGERS = ("pip", "uv", "conda", "mamba", "micromamba", "pixi", "poetry")

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich is imported for a report in a terminal, never for help
    context_settings={"help_option_names": ["-h", "--help"]},
)

PYTHON = typer.Option(None, "--python", metavar="PATH", help="Look at this interpreter, not the active one.")
ENV = typer.Option(None, "--env", metavar="NAME", help="Look at this environment: a conda name, or a folder.")
DEEP = typer.Option(False, "--deep", help="Import torch in a child process and run a small kernel on each GPU.")
PATIENCE = typer.Option(10.0, "--patience", metavar="SECONDS", min=0.1, help="Answer within this time, whatever hangs.")
REPLAY = typer.Option(None, "--replay", metavar="DIR", help="Look at a machine that `envdoctor record` wrote.")
MANAGER = typer.Option(
    None, "--manager", click_type=click.Choice(MANAGERS), help="Write the commands for this package manager."
)
SELECT = typer.Option(
    [], "--select", metavar="RULES", help="Only these rules: names, ids or beginnings of ids, joined by commas."
)
IGNORE = typer.Option([], "--ignore", metavar="RULES", help="All rules but these.")
FORMAT = typer.Option(
    None, "--format", click_type=click.Choice(FORMATS), help="Default: terminal on a terminal, plain elsewhere."
)
FAIL_ON = typer.Option(
    "warning", "--fail-on", click_type=click.Choice(list(FAILS_ON)), help="Exit with 1 from this severity on."
)
STRICT = typer.Option(False, "--strict", help="Exit with 3 where something could not be told and nothing was found.")
VERBOSE = typer.Option(False, "-v", "--verbose", help="Every alternative, every verdict, how long each probe took.")
REDACT = typer.Option(
    False, "--redact", help="For showing to others: no names of people, hosts and homes. Passwords never show."
)
PRINT_CMD = typer.Option(False, "--print-cmd", help="Commands alone on stdout, one a line; all else goes to stderr.")
JOB = typer.Argument(None, metavar="[-- COMMAND ...]", help="The job: envdoctor becomes it.")
GPU_THERE = typer.Option([], "--gpu", metavar="NAME", help="Each GPU there: 'RTX 3090', sm_86, or none.")
REQUIREMENTS = typer.Option([], "-r", "--requirement", metavar="FILE", help="Meet what this file asks for too.")
ADMIN = typer.Option(False, "--admin", help="Include commands that only an administrator can run, after the others.")


def command() -> click.Command:
    """The whole command line as one click command."""
    return typer.main.get_command(app)


def _version(wanted: bool) -> None:
    if wanted:
        out(f"envdoctor {__version__}\n")
        raise typer.Exit(Exit.OK)


@app.callback(
    invoke_without_command=True,
    epilog="\b\nExamples:\n  envdoctor check\n  envdoctor fix --print-cmd\n  envdoctor check --env yolo --format json",
)
def envdoctor(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", is_eager=True, callback=_version, help="Print the version."),
) -> None:
    """Finds what is wrong with a PyTorch/CUDA environment and prints the exact commands that mend it."""
    if context.invoked_subcommand is None:
        out(context.get_help() + "\n")


@app.command(epilog="\b\nExample:\n  envdoctor check --python ~/envs/yolo/bin/python --fail-on error")
def check(
    python: Optional[str] = PYTHON,
    env: Optional[str] = ENV,
    deep: bool = DEEP,
    patience: float = PATIENCE,
    format: Optional[str] = FORMAT,
    verbose: bool = VERBOSE,
    redact: bool = REDACT,
    select: List[str] = SELECT,
    ignore: List[str] = IGNORE,
    fail_on: str = FAIL_ON,
    strict: bool = STRICT,
    manager: Optional[str] = MANAGER,
    replay: Optional[str] = REPLAY,
) -> None:
    """Look at the active environment and say what is wrong with it."""
    request = _request(python, env, deep, patience)
    host = _machine(replay, request)
    report = _examined(host, request, select, ignore, manager)
    code = of_report(report, fail_on, strict)
    redactor = redactor_for(host, report) if redact else None
    show_report(report, format_for(format, _own_environ()), code, verbose, redactor)
    raise typer.Exit(code)


@app.command(epilog="\b\nExample:\n  envdoctor fix --print-cmd > mend.sh")
def fix(
    print_cmd: bool = PRINT_CMD,
    admin: bool = ADMIN,
    manager: Optional[str] = MANAGER,
    python: Optional[str] = PYTHON,
    env: Optional[str] = ENV,
    deep: bool = DEEP,
    patience: float = PATIENCE,
    select: List[str] = SELECT,
    ignore: List[str] = IGNORE,
    replay: Optional[str] = REPLAY,
) -> None:
    """Print the commands that mend the environment. Nothing is executed."""
    from .compat import CompatTable
    from .cure.plan import plan
    from .render.plan_page import commands_text, explanation, plan_page

    request = _request(python, env, deep, patience)
    host = _machine(replay, request)
    report = _examined(host, request, select, ignore, manager)
    mending = plan(report, CompatTable(), manager)
    code = Exit.FINDINGS if mending.unmended else Exit.OK
    if print_cmd:
        out_exact(commands_text(mending, admin, root=host.identity().uid == 0))
        say(explanation(mending, admin))
    else:
        show_page(plan_page(mending, report), format_for(None, _own_environ()))
    raise typer.Exit(code)


@app.command(epilog="\b\nExample:\n  envdoctor rules")
def rules(
    format: Optional[str] = typer.Option(
        None, "--format", click_type=click.Choice(("plain", "json")), help="Default: plain."
    ),
) -> None:
    """List every rule: id, name, severity and what it finds."""
    from .render.rule_pages import rules_json, rules_list
    from .rules import all_rules

    out(rules_json(all_rules()) if format == "json" else rules_list(all_rules()))


@app.command(epilog="\b\nExample:\n  envdoctor rule driver-too-old")
def rule(name: str = typer.Argument(..., metavar="NAME", help="A name or an id.")) -> None:
    """Print the page of a rule: what it finds, why that matters, how it is mended."""
    from .choosing import named
    from .render.rule_pages import rule_page
    from .rules import all_rules

    out("\n".join(rule_page(found) for found in named(all_rules(), name)))


@app.command(epilog="\b\nExamples:\n  envdoctor gpus --others\n  envdoctor gpus --format prometheus")
def gpus(
    mine: bool = typer.Option(False, "--mine", help="Of the processes only your own."),
    others: bool = typer.Option(False, "--others", help="Of the processes only those that are not yours."),
    full: bool = typer.Option(
        False, "--full", help="Others' whole command lines and addresses too, where the answer is saved or sent."
    ),
    format: Optional[str] = typer.Option(
        None,
        "--format",
        click_type=click.Choice((*FORMATS, "prometheus")),
        help="Default: terminal on a terminal, plain elsewhere.",
    ),
    patience: float = typer.Option(
        5.0, "--patience", metavar="SECONDS", min=0.1, help="Answer within this time, whatever hangs."
    ),
    replay: Optional[str] = REPLAY,
) -> None:
    """List the GPUs: how they are, who holds them, since when, and from which login."""
    from .gpus.command import run

    raise typer.Exit(run(_machine(replay, _request(None, None, False, patience)), format, mine, others, full, patience))


@app.command(epilog="\b\nExample:\n  envdoctor record gpu-server && envdoctor check --replay gpu-server")
def record(
    folder: str = typer.Argument(..., metavar="DIR", help="A new folder, or one that holds an older recording."),
    python: Optional[str] = PYTHON,
    env: Optional[str] = ENV,
    deep: bool = DEEP,
    patience: float = PATIENCE,
) -> None:
    """Write down what is seen of this machine, for somebody else to look at. Names and secrets are replaced."""
    from .doctor import look
    from .host import LocalHost
    from .record import RecordingHost

    request = _request(python, env, deep, patience)
    host = RecordingHost(LocalHost(patience=request.mount_patience))
    with _spinner() as waiting:
        facts, _ = look(host, request, waiting)
    refuse_unusable(request, facts)
    try:
        host.save(folder)
    except ValueError as error:
        raise Unusable(str(error)) from None
    except OSError as error:
        raise Unusable(f"{folder} cannot be written: {error.strerror or error}") from None
    say(f"Recorded in {folder}. Names, hosts and secrets were replaced; read it before you give it away.")


def _explain() -> None:
    from .explain.command import EPILOG, explain_command

    app.command("explain", epilog=EPILOG)(explain_command)


_explain()


@app.command(
    context_settings={"allow_interspersed_args": False},
    epilog="\b\nExample:\n  envdoctor preflight --gpus 2 --mem 20GiB --wait 2h -- python train.py",
)
def preflight(
    gpus: int = typer.Option(1, "--gpus", metavar="N", min=1, max=256, help="How many GPUs the job needs."),
    mem: Optional[str] = typer.Option(
        None, "--mem", metavar="SIZE", help="Free memory on each (20GiB); then a GPU may be shared."
    ),
    max_util: int = typer.Option(
        10, "--max-util", metavar="PERCENT", min=0, max=100, help="A GPU that is busier is not free."
    ),
    checked: bool = typer.Option(False, "--check", help="Also look for what would end the job in its first minutes."),
    wait: Optional[str] = typer.Option(None, "--wait", metavar="TIME", help="Wait so long at most (90s, 2h), in turn."),
    timeout: str = typer.Option("5s", "--timeout", metavar="TIME", help="How long the driver may take to answer."),
    claim: bool = typer.Option(False, "--claim", help="Without a COMMAND: hold the GPUs until this process ends."),
    format: Optional[str] = typer.Option(
        None,
        "--format",
        click_type=click.Choice(("terminal", "plain", "json", "shell", "task-prolog")),
        help="shell: export lines; task-prolog: the same for Slurm.",
    ),
    command: Optional[List[str]] = JOB,
) -> None:
    """May a job start now, and on which GPUs: 0 go, 1 no, 3 cannot tell, 75 none is free. Then start it there."""
    from .host import LocalHost
    from .preflight.ahead import Ahead
    from .preflight.options import options

    wanted = options(gpus, mem, max_util, checked, wait, timeout, claim, format, tuple(command or ()))
    host = LocalHost()
    nvml = Ahead(host, wanted.timeout)
    from .preflight.command import run  # while the driver is asked

    raise typer.Exit(run(host, wanted, nvml))


@app.command(
    epilog="\b\nExamples:\n  envdoctor plan --driver 535.129.03 --gpu 'RTX 3090' --python 3.10\n"
    "  envdoctor plan torch==2.5.1 --accelerator cu121 --manager conda --print-cmd"
)
def plan(
    torch: Optional[str] = typer.Argument(None, metavar="[torch==X]", help="The release: torch==2.5.1, torch>=2.1."),
    accelerator: Optional[str] = typer.Option(None, "--accelerator", metavar="NAME", help="cu121, cpu, rocm6.2."),
    manager: Optional[str] = typer.Option(
        None, "--manager", click_type=click.Choice(("pip", "uv", "conda", "mamba", "micromamba")), help="Default: pip."
    ),
    system: Optional[str] = typer.Option(
        None, "--os", click_type=click.Choice(("linux", "windows", "mac")), help="Default: linux."
    ),
    arch: Optional[str] = typer.Option(
        None, "--arch", click_type=click.Choice(("x86_64", "aarch64", "arm64")), help="Default: x86_64."
    ),
    python: Optional[str] = typer.Option(None, "--python", metavar="VERSION", help="The Python there: 3.10."),
    driver: Optional[str] = typer.Option(None, "--driver", metavar="VERSION", help="The driver there: 535.129.03."),
    gpu: List[str] = GPU_THERE,
    glibc: Optional[str] = typer.Option(None, "--glibc", metavar="VERSION", help="The C library there: 2.31."),
    here: bool = typer.Option(False, "--here", help="Look at this machine for what is not given."),
    requirement: List[str] = REQUIREMENTS,
    refused: Optional[str] = typer.Option(None, "--why-not", metavar="torch==X", help="Why it is not that release."),
    print_cmd: bool = PRINT_CMD,
    format: Optional[str] = FORMAT,
) -> None:
    """Say what to install on a machine like the one described, without looking at this one."""
    from .host import LocalHost
    from .plan.run import run
    from .plan.wanted import Described

    described = Described(system, arch, python, driver, tuple(gpu), glibc)
    host = LocalHost()
    seen = _seen(host) if here else None
    shown_as = format_for(format, _own_environ())
    raise typer.Exit(run(host, torch, accelerator, manager, described, requirement, seen, refused, print_cmd, shown_as))


@app.command(epilog="\b\nExamples:\n  envdoctor compat torch 2.5.1\n  envdoctor compat gpu 'RTX 3090'")
def compat(
    subject: Optional[str] = typer.Argument(
        None,
        click_type=click.Choice(("torch", "cuda", "gpu", "driver", "package")),
        metavar="[torch|cuda|gpu|driver|package]",
        help="Default: an overview.",
    ),
    name: Optional[str] = typer.Argument(None, metavar="[NAME]", help="A version or a name: 2.5.1, 12.4, 535, mmcv."),
    format: Optional[str] = FORMAT,
) -> None:
    """Show what the table knows, and where it is from."""
    from .compat_pages.command import run

    run(subject, name, format_for(format, _own_environ()))


def _seen(host: Host) -> Facts:
    from .doctor import look
    from .target import Request

    with _spinner() as waiting:
        facts, _ = look(host, Request(), waiting)
    return facts


def _request(python: Optional[str], env: Optional[str], deep: bool, patience: float) -> Request:
    from .target import Request

    if python is not None and env is not None:
        raise Unusable("--python and --env name one environment each; give one of them")
    return Request(python, env, deep, patience)


def _machine(replay: Optional[str], request: Request) -> Host:
    if replay is not None:
        from .record import ReplayHost

        try:
            return ReplayHost(replay)
        except ValueError as error:
            raise Unusable(str(error)) from None
    from .host import LocalHost

    return LocalHost(patience=request.mount_patience)


def _own_environ() -> Mapping[str, str]:
    """The environment of this process, which says what its terminal can do, whatever machine is looked at."""
    from .host import LocalHost

    return LocalHost().environ


def _examined(host: Host, request: Request, select: List[str], ignore: List[str], manager: Optional[str]) -> Report:
    from .doctor import check as examine

    wanted = _chosen(select, ignore) if select or ignore else None  # None: all, imported when the look has begun
    with _spinner() as waiting:
        report = examine(host, request, None, wanted, manager, waiting)
    refuse_unusable(request, report.facts)
    return report


def _chosen(select: List[str], ignore: List[str]) -> Tuple[Rule, ...]:
    from .choosing import chosen
    from .rules import all_rules

    return chosen(all_rules(), select, ignore)


@contextmanager
def _spinner() -> Iterator[Spinner]:
    from .render.spinner import Spinner

    spinner = Spinner(sys.stderr, dumb(_own_environ()))
    try:
        yield spinner
    finally:
        spinner.done()


def refuse_unusable(request: Request, facts: Facts) -> None:
    """Unusable where a flag names no Python. One that hangs, or a venv in which nothing runs, is a case to look at."""
    from .reading import Absent, Known, Unknown, source_of

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
