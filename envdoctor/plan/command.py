"""`envdoctor plan`: options in, what is to be said out."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Dict, List, Optional, Sequence, Tuple

from ..compat import CompatTable, OfficialLine
from ..cure.planner import NoPlan, Refused, Terms, TorchPlan, why_not
from ..facts import Distribution, Facts
from ..frozen import frozen
from ..host import Host
from ..reading import Known, Unknown, value_or
from ..report import Evidence, NeedTorch
from ..voice import Unusable
from .choose import chosen, for_release, known_release, with_requirements
from .official import CONDA, Argv, erratum, notes, started, words_of
from .requirements import asked, tagged
from .wanted import SYSTEMS, Described, Wanted, facts_of, unserved, wanted

if TYPE_CHECKING:
    from ..cure.mirrors import Place
    from .extension import Extension

MANAGERS = ("pip", "uv", "conda", "mamba", "micromamba", "pixi", "poetry")


@frozen
class Planned:
    """An answer: a command, or why there is none."""

    plan: Optional[TorchPlan]  # None: nothing fits, or the line is older than the table
    commands: Tuple[Argv, ...]  # empty: there is none
    reasons: Tuple[Evidence, ...]
    notes: Tuple[str, ...]
    impossible: bool = False  # there is none for any machine: what is asked for contradicts itself

    @property
    def command(self) -> Argv:
        """The one that installs torch, where several are needed the first of them."""
        return self.commands[0] if self.commands else ()


@frozen
class Asked:
    """The command line of `plan`, read."""

    want: Wanted
    facts: Facts
    distributions: Tuple[Distribution, ...]  # what -r asks for
    manager: str  # one of MANAGERS
    here: bool
    places: Tuple[Place, ...] = ()  # --mirror
    wish: Optional[str] = None  # --manager
    pip_owned: bool = False  # here, and torch is pip's or not there: conda has not been asked for it
    built: Tuple[Extension, ...] = ()  # --build
    home: str = "/tmp"

    @property
    def conda(self) -> bool:
        """Whether conda's builds are in question, not wheels."""
        return self.manager in CONDA and not (self.pip_owned and self.wish is None)

    @property
    def os(self) -> str:
        return str(value_or(self.facts.session.os, "linux"))


def read(
    said: Optional[str],
    accelerator: Optional[str],
    manager: Optional[str],
    described: Described,
    requirements: Sequence[str],
    host: Host,
    table: CompatTable,
    seen: Optional[Facts] = None,
    mirror: Optional[str] = None,
    build: Sequence[str] = (),
    home: str = "/tmp",
) -> Asked:
    """Unusable where something of it cannot be used.

    `seen` is this machine, where it was looked at; `home` a folder of the user's, for what --build has to bring along.
    """
    want = wanted(said, accelerator)
    facts = facts_of(described, table, seen)
    markers = _markers(facts)
    found = tuple(one for path in requirements for one in asked(host, path, markers, table))
    managed_by, pip_owned = ("pip", False) if seen is None else _manager(seen)
    places = _places(mirror, table)
    built: Tuple[Extension, ...] = ()
    if build:
        from .extension import asked_of_torch, extensions

        built = extensions(build, table)
        # A release that is pinned is pinned: what suits an extension best is no reason to refuse it.
        found += asked_of_torch(built) if want.version is None else ()
    if want.accelerator is None:
        want = dataclasses.replace(want, accelerator=tagged(found))
    return Asked(want, facts, found, manager or managed_by, seen is not None, places, manager, pip_owned, built, home)


def _places(mirror: Optional[str], table: CompatTable) -> Tuple[Place, ...]:
    if mirror is None:
        return ()
    from ..cure.mirrors import NoMirror, asked_for

    try:
        return asked_for(mirror, table)
    except NoMirror as reason:
        raise Unusable(f"--mirror: {reason}") from None


def _manager(seen: Facts) -> Tuple[str, bool]:
    """Who manages the environment here, and whether torch in it is none of conda's."""
    from ..cure.spot import spot_of

    spot = spot_of(seen)
    return spot.manager if spot.manager in MANAGERS else "pip", not spot.conda_owns_torch


def _markers(facts: Facts) -> Dict[str, str]:
    """PEP 508's names for the machine in question, not the one that runs envdoctor."""
    system = value_or(facts.session.os, "linux")
    os_name, sys_platform, platform = {
        "windows": ("nt", "win32", "Windows"),
        "darwin": ("posix", "darwin", "Darwin"),
    }.get(system, ("posix", "linux", "Linux"))
    python = str(value_or(facts.python.version, ""))
    return {
        "python_version": ".".join(python.split(".")[:2]),
        "python_full_version": python,
        "os_name": os_name,
        "sys_platform": sys_platform,
        "platform_system": platform,
        "platform_machine": str(value_or(facts.python.machine, "")),
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }


def answer(query: Asked, table: CompatTable) -> Planned:
    """The command for what was asked, or the reasons why no build fits."""
    want, os = query.want, query.os
    asked_for = want.accelerator or _only(os)
    wrong = None if want.version is None else erratum(table, want.version, query.manager, os, asked_for)
    if wrong is not None and wrong.instead is None:
        return _older(query, wrong) if wrong.line else Planned(None, (), (_evidence(wrong),), ())
    if wrong is not None and want.accelerator is not None:
        want = dataclasses.replace(want, accelerator=wrong.instead)
    try:
        plan = chosen(query.facts, table, want, query.distributions, query.conda)
    except NoPlan as none:
        return Planned(None, (), none.reasons, (), _impossible(query, want, table))
    # The build may have been chosen here, not asked for: what is wrong with its line counts all the same.
    wrong = wrong or erratum(table, plan.torch, query.manager, os, plan.variant)
    if query.here and isinstance(query.facts.python.executable, Known):
        commands, said = _in_place(query, plan, table)
    else:
        if query.places:
            from ..cure.mirrors import placed

            plan = placed(plan, query.facts, table, query.places, query.manager == "uv")
        words = words_of(plan) if wrong is None or not wrong.line else _right(wrong.line, query.places)
        program = table.wheel_index(plan.torch, plan.variant).program
        commands, said = (started(query.manager, words, program),), plan.notes
    more = [*said, *notes(plan, wrong), *_assumed(query)]
    if query.built and commands:
        commands, said = _with_extensions(query, plan, commands, table)
        more += said
    return Planned(plan, commands, plan.reasons, tuple(dict.fromkeys(more)))


def _impossible(query: Asked, want: Wanted, table: CompatTable) -> bool:
    """Whether no machine of that system and processor could have what is asked for."""
    system = next((name for name, os in SYSTEMS.items() if os == query.os), "linux")
    machine = value_or(query.facts.python.machine, None)
    anywhere = facts_of(Described(system, str(machine) if machine else None), table)
    try:
        chosen(anywhere, table, want, query.distributions, query.conda)
    except NoPlan:
        return True
    return False


def _right(line: str, places: Tuple[Place, ...]) -> Argv:
    """The line that stands in for the page's own, from the mirror where one is asked for."""
    words = tuple(line.split())[2:]
    if not places:
        return words
    from ..cure.mirrors import OFFICIAL

    base = next((place.url for place in places if place.kind == "pytorch-wheels" and not place.flat), OFFICIAL)
    return tuple(word.replace(OFFICIAL, base) for word in words)


def _evidence(row: OfficialLine) -> Evidence:
    return Evidence(row.note or f"the official line of torch {row.torch}", str(row.origin))


def _only(os: str) -> Optional[str]:
    return "cpu" if os == "darwin" else None


def _older(query: Asked, row: OfficialLine) -> Planned:
    """A release from before the table: its line, and that nothing else is known of it."""
    words = tuple(row.line.split())[2:]
    note = f"The table does not go back to torch {row.torch}: nothing but its official line is known."
    return Planned(None, (started(query.manager, words),), (_evidence(row),), (note,))


def _assumed(query: Asked) -> List[str]:
    """What the answer takes for granted because nobody said it."""
    if query.here or query.want.accelerator is not None or query.os == "darwin":
        return []
    unknown = isinstance(query.facts.gpus.gpus, Unknown) and isinstance(query.facts.driver.module_version, Unknown)
    if unknown:
        return ["Nothing was said of a GPU or a driver, so this is a CPU build: --gpu and --driver, or --here, say it."]
    if isinstance(query.facts.driver.module_version, Unknown) and value_or(query.facts.gpus.gpus, ()):
        return ["Which driver runs there was not said (--driver): an older one may need an older CUDA."]
    if isinstance(query.facts.gpus.gpus, Unknown):
        return ["Which GPU is there was not said (--gpu): an older or newer one may need another build."]
    return []


def _in_place(query: Asked, plan: TorchPlan, table: CompatTable) -> Tuple[Tuple[Argv, ...], Tuple[str, ...]]:
    """Commands for the environment that was looked at, named so that they land in no other, and what to say of them."""
    from ..cure.parts import Case, NoWay
    from ..cure.spot import blocked, spot_of
    from ..cure.torch import put_in

    case = Case(query.facts, table, spot_of(query.facts, query.wish), query.wish, places=query.places)
    try:
        parts = put_in(plan, NeedTorch(plan.torch, plan.variant), case)
    except NoWay as reason:
        return (), (str(reason),)
    said = (*(part.note for part in parts if part.note), blocked(query.facts))
    return tuple(argv for part in parts for argv in part.commands), tuple(one for one in said if one)


def _with_extensions(
    query: Asked, plan: TorchPlan, commands: Tuple[Argv, ...], table: CompatTable
) -> Tuple[Tuple[Argv, ...], Tuple[str, ...]]:
    """The lines of --build after those of torch, which are left out where that very torch is here; none where one of
    the extensions cannot be had, with the reason."""
    from ..cure.parts import NoWay
    from .extension import Around, lines

    there = str(value_or(query.facts.torch.version, "")) if query.here else ""
    every = [] if there in (f"{plan.torch}+{plan.variant}", plan.torch) else list(commands)
    around = Around(plan, query.facts, query.manager, query.here, query.home)
    more: List[str] = []
    for one in query.built:
        try:
            its, said = lines(one, around, table)
        except NoWay as reason:
            return (), (str(reason),)
        every += its
        more += said
    return tuple(every), tuple(more)


def explain(query: Asked, table: CompatTable, said: str) -> Tuple[str, Tuple[Refused, ...]]:
    """--why-not: the release, and what became of each of its builds. NoPlan: too little is known to tell."""
    want = wanted(said, query.want.accelerator)
    if want.version is None:
        raise Unusable(f"--why-not '{said}': one release is meant, torch==X")
    release = known_release(table, want.version)
    facts = for_release(with_requirements(query.facts, want, query.distributions), release)
    if want.accelerator is None or want.accelerator.startswith("cu"):
        refusal = unserved(facts, table)
        if refusal is not None:
            return release.version, (Refused(want.accelerator or "", refusal),)
    terms = Terms(query.conda, described=True)
    return release.version, why_not(facts, table, release.version, want.accelerator, terms)
