"""The package is installed, but not for the Python that runs.

It finds torch missing from the active interpreter and lying in another environment of yours; a `pip` on PATH that
installs into another Python; a `yolo`, `torchrun` or the like that starts another Python than `python`; a VIRTUAL_ENV
that names another environment than PATH; a Jupyter kernel that is named like this environment and starts another
interpreter.

It matters because two interpreters go by one name: "conda list shows it, python cannot import it", and what is
installed next lands in the wrong one as well.

It is mended by activating the environment that has the package, or by installing it into the one that runs, always as
`/path/to/python -m pip install ...`: that cannot land anywhere else.

It leaves alone pyenv's shims, tools of pipx and uv, Jupyter of another environment as long as its kernels are right,
and all of PATH where --python or --env names the interpreter.

Example: /home/ana/envs/yolo/bin/python has no torch; `pip` on PATH belongs to /usr, which has torch 2.1.0.
"""

from __future__ import annotations

import posixpath
from typing import Iterator, Optional, Tuple

from ..compat import CompatTable
from ..facts import Claim, Command, Elsewhere, Facts, Kernel
from ..reading import Absent, Known, Unknown, need, value_or
from ..report import Evidence, Finding, NeedCommand, NeedPackages, NeedTorch, NotApplicable, Remedy
from ._active import active_prefix, agrees, foreign, prefix_of, relocated
from ._common import canonical, distributions_of, finding, listed, seen
from ._wanted import MISSING, elsewhere_of, torch_state, wish

ID = "PYT101"
NAME = "interpreter-mismatch"
SEVERITY = "error"
TAGS = ("python", "install")

#: Commands that belong to a package of another name.
OWNERS = {"yolo": "ultralytics", "torchrun": "torch", "mim": "openmim", "transformers-cli": "transformers"}

#: Front ends that serve many environments through their kernels.
FRONT_ENDS = ("jupyter", "jupyter-lab", "jupyter-notebook", "ipython", "ipython3", "spyder")

#: Folders in which pipx and `uv tool` keep one environment for each tool.
TOOL_FOLDERS = ("/pipx/venvs/", "/uv/tools/")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    executable = need(facts.python.executable, "the active Python")
    named = need(facts.python.chosen_by, "how the Python was chosen").startswith("--")
    claims = () if named else value_or(facts.python.claims, ())
    commands = () if named else value_or(facts.python.commands, ())
    pip = None if relocated(facts) else _foreign_pip(commands)
    lost = None if isinstance(facts.torch.path, Unknown) else _installed_elsewhere(facts, executable, claims, pip)
    if lost:
        yield lost
    else:
        if pip:
            yield _pip_lands_elsewhere(facts, executable, pip)
        yield from _venv_not_on_path(facts, claims)
    if not relocated(facts):
        yield from _second_names(executable, commands, pip)
    yield from _commands(facts, executable, commands)
    yield from _kernels(facts, executable)
    # Nothing more is found below: what could not be looked at must not count as right.
    if torch_state(facts) == MISSING:
        need(facts.installs.elsewhere, "other environments")
    if named:
        raise NotApplicable("the interpreter was named, so what PATH says does not matter")
    need(facts.python.claims, "what VIRTUAL_ENV, CONDA_PREFIX and PATH say")
    need(facts.python.commands, "commands on PATH")


def _foreign_pip(commands: Tuple[Command, ...]) -> Optional[Command]:
    """The pip that is typed, where it is another environment's: `pip`, or `pip3` where there is no `pip`."""
    for name in ("pip", "pip3"):
        first = next((command for command in commands if command.name == name), None)
        if first is not None:
            return first if foreign(first) else None
    return None


def _installed_elsewhere(
    facts: Facts, executable: str, claims: Tuple[Claim, ...], pip: Optional[Command]
) -> Optional[Finding]:
    if torch_state(facts) != MISSING:
        return None
    # Of an environment that was moved, moved-venv speaks: its `activate` leads nowhere.
    moved = facts.python.venv.value.path if relocated(facts) and isinstance(facts.python.venv, Known) else None
    others = [one for one in elsewhere_of(facts, "torch") if one.prefix != moved]
    if not others:
        return None
    because = [seen("no torch for this interpreter", facts.python.executable)]
    pointed = {prefix_of(claim): claim for claim in claims if not agrees(facts, claim)}
    pip_prefix = value_or(pip.prefix, "") if pip else ""
    # The one that pip or a variable leads to is the one that was meant.
    best = next((one for one in others if one.prefix in pointed or one.prefix == pip_prefix), others[0])
    because += [Evidence(f"torch {one.version} is in {one.prefix}", one.found_by) for one in others[:3]]
    if pip and best.prefix == pip_prefix:
        because.append(Evidence(f"`{pip.name}` on PATH is {pip.path} and installs into {pip_prefix}", pip.path))
    if best.prefix in pointed:
        because.append(Evidence(f"{pointed[best.prefix].by} says {best.prefix}", pointed[best.prefix].by))
    hoped = wish(facts)
    because += list(hoped.because)
    meant = best.prefix in pointed or best.prefix == pip_prefix
    # With no environment active, the one that has torch was most likely to be; ~/.local of another Python is none.
    bare = "warning" if best.found_by == "user-site" else "error"
    return finding(
        ID,
        NAME,
        "error" if meant else bare if hoped.level == "bare" else hoped.severity,
        f"torch is not installed for {executable}, but torch {best.version} is in {best.prefix}",
        "`import torch` fails here although the package is on this machine: another environment has it.",
        because,
        (*_use(best), Remedy("install torch for this interpreter", (NeedTorch(),))),
    )


def _use(other: Elsewhere) -> Tuple[Remedy, ...]:
    if other.found_by == "user-site":
        return ()  # no environment: ~/.local, which this interpreter does not read
    return (
        Remedy(f"use the environment that has it: {other.prefix}", (NeedCommand((_enter(other),), safety="safe"),)),
    )


def _enter(other: Elsewhere) -> Tuple[str, ...]:
    """How the shell gets into an environment, by what is known of it."""
    if other.found_by in ("environments.txt", "envs_dirs", "CONDA_PREFIX"):
        return ("conda", "activate", other.prefix)
    if other.found_by in ("~/.virtualenvs", "sibling", "VIRTUAL_ENV"):
        return (".", posixpath.join(other.prefix, "bin/activate"))
    return (other.executable or posixpath.join(other.prefix, "bin/python"), "-c", "import torch; print(torch.__file__)")


def _pip_lands_elsewhere(facts: Facts, executable: str, pip: Command) -> Finding:
    own = isinstance(facts.python.pip_version, Known)
    by_pip = value_or(facts.python.manager, "pip") in ("pip", "conda")
    target = value_or(pip.prefix, "") or value_or(pip.interpreter, "another Python")
    dead = value_or(pip.interpreter_exists, True) is False
    title = f"`{pip.name}` is {pip.path}: it " + ("starts a Python that is gone" if dead else f"installs into {target}")
    use = Remedy(
        f"install with `{executable} -m pip install ...`: that lands where python looks",
        (NeedCommand(((executable, "-m", "pip", "--version"),), safety="safe"),),
    )
    conda = value_or(facts.python.manager, "") == "conda"
    bring = Remedy(
        "give this environment a pip of its own",
        (NeedPackages(("pip",)) if conda else NeedCommand(((executable, "-m", "ensurepip", "--upgrade"),)),),
    )
    return finding(
        ID,
        NAME,
        # Who installs with uv, pixi or poetry does not miss a pip, and PATH then often has the system's.
        "warning" if by_pip or own else "note",
        f"{title}, not for {executable}",
        "What this pip installs, this python does not see.",
        (
            Evidence(f"starts {value_or(pip.interpreter, 'an interpreter that could not be read')}", pip.path),
            seen("the python that runs", facts.python.executable),
            seen("its own pip" if own else "it has no pip of its own", facts.python.pip_version),
        ),
        (use,) if own or not by_pip else (bring, use),
    )


def _second_names(executable: str, commands: Tuple[Command, ...], pip: Optional[Command]) -> Iterator[Finding]:
    """pip3 beside a right pip, python3 beside python: the other spelling means another environment."""
    firsts = {command.name: command for command in reversed(commands)}
    for name, plain in (("pip3", "pip" in firsts and not pip), ("python3", True)):
        second = firsts.get(name)
        if plain and second and foreign(second):
            yield finding(
                ID,
                NAME,
                "note",
                f"`{name}` is {second.path} of {value_or(second.prefix, 'another Python')}, not of {executable}",
                f"Typed as {name}, a command means another environment than `{name[:-1]}` does.",
                (Evidence(f"starts {value_or(second.interpreter, 'another Python')}", second.path),),
            )


def _venv_not_on_path(facts: Facts, claims: Tuple[Claim, ...]) -> Iterator[Finding]:
    """CONDA_PREFIX against PATH is conda-not-initialised; a VIRTUAL_ENV that leads nowhere is moved-venv."""
    for claim in claims:
        if claim.by != "VIRTUAL_ENV" or isinstance(claim.executable, Absent) or agrees(facts, claim):
            continue
        executable = need(facts.python.executable)
        inside = need(claim.executable, "the interpreter of VIRTUAL_ENV")
        yield finding(
            ID,
            NAME,
            "warning",
            f"VIRTUAL_ENV is {claim.says}, but `python` is {executable}",
            "uv and editors follow VIRTUAL_ENV, the shell follows PATH: they work on two environments.",
            (Evidence(f"says {claim.says}", "VIRTUAL_ENV"), seen(f"python is {executable}", facts.python.executable)),
            (
                Remedy(
                    "activate it again, so that PATH agrees",
                    (NeedCommand(((".", posixpath.join(posixpath.dirname(inside), "activate")),), safety="safe"),),
                ),
            ),
        )


def _commands(facts: Facts, executable: str, commands: Tuple[Command, ...]) -> Iterator[Finding]:
    """Commands that a package brings and that start another Python than `python`."""
    if relocated(facts):
        return  # its scripts are moved-venv's subject
    wrong = {}
    done = {"pip", "pip3", "conda", "python3", *FRONT_ENDS}
    for command in commands:
        owner = OWNERS.get(command.name, canonical(command.name))
        tool = any(folder in value_or(command.prefix, "") + "/" for folder in TOOL_FOLDERS)
        if command.name in done or tool:
            continue
        done.add(command.name)
        # yolo and torchrun are meant for the environment in use; of other commands only those that it has itself.
        if foreign(command) and (command.name in OWNERS or any(distributions_of(facts, owner))):
            wrong[owner] = command
    if not wrong:
        return
    here = all(any(distributions_of(facts, owner)) for owner in wrong)
    names = listed(f"`{command.name}`" for command in wrong.values())
    yield finding(
        ID,
        NAME,
        "warning",
        f"{names} on PATH {'starts' if len(wrong) == 1 else 'start'} another Python than {executable}",
        "The command and `python` see different packages: one may work where the other fails.",
        [
            Evidence(f"starts {value_or(command.interpreter, 'another Python')}", command.path)
            for command in list(wrong.values())[:5]
        ],
        (
            Remedy(
                "install it for this interpreter, so that its command comes with it",
                (NeedPackages(tuple(wrong), reinstall=here, no_deps=here),),
            ),
        ),
    )


def _kernels(facts: Facts, executable: str) -> Iterator[Finding]:
    prefix = active_prefix(facts)
    name = value_or(facts.python.environment_name, "")
    own = value_or(facts.python.kind, "") in ("venv", "conda")
    kernels = need(facts.python.kernels, "Jupyter kernels")
    for kernel in kernels:
        ours = (own and name != "" and kernel.name.lower() == name.lower()) or kernel.spec.startswith(prefix + "/")
        # A bare "python" becomes the interpreter of whichever Jupyter starts it.
        if ours and "/" in kernel.interpreter and value_or(kernel.ours, True) is False and not relocated(facts):
            yield _kernel(executable, kernel)
    dead = [kernel for kernel in kernels if value_or(kernel.exists, True) is False]
    if dead:
        yield finding(
            ID,
            NAME,
            "note",
            f"{len(dead)} Jupyter kernel{'s' if len(dead) > 1 else ''} start a Python that is gone: "
            + listed(kernel.name for kernel in dead),
            "A notebook that asks for it does not start.",
            [Evidence(f"starts {kernel.interpreter}", kernel.spec) for kernel in dead[:5]],
        )


def _kernel(executable: str, kernel: Kernel) -> Finding:
    return finding(
        ID,
        NAME,
        "warning",
        f"the Jupyter kernel {kernel.name} starts {kernel.interpreter}, not {executable}",
        "A notebook with this kernel does not see the packages of this environment.",
        (Evidence(f"argv[0] is {kernel.interpreter}", kernel.spec),),
        (
            Remedy(
                "register the kernel again from this interpreter",
                (
                    NeedPackages(("ipykernel",)),
                    NeedCommand(((executable, "-m", "ipykernel", "install", "--user", "--name", kernel.name),)),
                ),
            ),
        ),
    )
