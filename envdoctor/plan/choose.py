"""The build for a description, or the reasons why there is none."""

from __future__ import annotations

import dataclasses
from typing import Dict, List, Optional, Sequence, Tuple

from ..compat import CompatTable, NoRow, TorchRelease
from ..cure.planner import NoPlan, Refused, Terms, TorchPlan, plan_torch, why_not
from ..cure.specifiers import as_asked, meets
from ..facts import Distribution, Facts
from ..reading import Known, value_or
from ..report import Evidence, NeedTorch
from ..voice import Unusable
from .wanted import Wanted, unserved

ASKED = "the command line"


def chosen(
    facts: Facts, table: CompatTable, want: Wanted, asked: Sequence[Distribution] = (), conda: bool = False
) -> TorchPlan:
    """The newest build that meets everything at once. NoPlan: none does. Unusable: no such release is known."""
    release = None if want.version is None else known_release(table, want.version)
    facts = for_release(with_requirements(facts, want, asked), release)
    refusal = unserved(facts, table) if want.accelerator in (None, *_cuda(want)) else None
    if refusal is not None:
        raise NoPlan(refusal)
    terms = Terms(conda, described=True)
    need = NeedTorch(None if release is None else release.version, want.accelerator)
    try:
        plan = plan_torch(facts, table, need, terms)
    except NoPlan:
        if release is None:
            raise
        raise NoPlan(*_reasons(why_not(facts, table, release.version, want.accelerator, terms), release)) from None
    if release is not None and plan.torch != release.version:
        raise NoPlan(*_reasons(why_not(facts, table, release.version, want.accelerator, terms), release))
    _hold(plan, table, facts, want, asked)
    return plan


def _cuda(want: Wanted) -> Tuple[str, ...]:
    return (want.accelerator,) if want.accelerator is not None and want.accelerator.startswith("cu") else ()


def known_release(table: CompatTable, version: str) -> TorchRelease:
    """The row of a version in any spelling: 2.5 is 2.5.0. Unusable where there is none."""
    if version in {release.version for release in table.torch_releases()}:
        return table.torch(version)
    from packaging.version import InvalidVersion, Version

    try:
        wanted = Version(version)
    except InvalidVersion:
        raise Unusable(f"'{version}' is no version of torch") from None
    for spelled in (version, f"{version}.0", f"{version}.0.0", wanted.base_version):
        try:
            row = table.torch(spelled)
        except NoRow:
            continue
        if Version(row.version) == wanted:
            return row
    ends = [release.version for release in table.torch_releases()]
    raise Unusable(f"the table has no row for torch {version}: it goes from {ends[-1]} to {ends[0]}")


def for_release(facts: Facts, release: Optional[TorchRelease]) -> Facts:
    """macOS of a processor that was not given: Intel where that release has nothing for the newer one."""
    machine = facts.python.machine
    if release is None or machine != Known("arm64", "assumed"):
        return facts
    if "macos_arm64" in release.pythons or "macos_x86_64" not in release.pythons:
        return facts
    return dataclasses.replace(
        facts, python=dataclasses.replace(facts.python, machine=Known("x86_64", f"row torch {release.version}"))
    )


def with_requirements(facts: Facts, want: Wanted, asked: Sequence[Distribution]) -> Facts:
    """The facts with what is asked of torch in front of what is installed."""
    mine = list(asked)
    if want.specifier:
        mine.insert(0, _as_distribution(ASKED, f"torch{want.specifier}"))
    there = value_or(facts.installs.distributions, ())
    # A package that the file pins replaces the one that is there, and so does what it asks of torch.
    names = {one.name for one in mine}
    kept = tuple(one for one in there if one.name not in names)
    installs = dataclasses.replace(facts.installs, distributions=Known((*mine, *kept), "-r"))
    return dataclasses.replace(facts, installs=installs) if mine else facts


def _as_distribution(name: str, requirement: str) -> Distribution:
    return Distribution(name, "", "", name, "", False, "", (requirement,), "", True, 0, 0, ())


def _hold(plan: TorchPlan, table: CompatTable, facts: Facts, want: Wanted, asked: Sequence[Distribution]) -> None:
    """NoPlan where the plan breaks a requirement that was given: the planner passes over a wish that nothing meets."""
    if not asked and not want.specifier:
        return
    have: Dict[str, object] = {"torch": plan.torch, "torchvision": None, "torchaudio": None}
    release = table.torch(plan.torch)
    have.update(torchvision=release.torchvision, torchaudio=release.torchaudio)
    lines = [(one, line) for one in asked for line in one.requires]
    if want.specifier:
        lines.insert(0, (_as_distribution(ASKED, ""), f"torch{want.specifier}"))
    for one, line in lines:
        name = next(name for name in ("torchvision", "torchaudio", "torch") if line.startswith(name))
        specifier = line[len(name) :]
        if not specifier or have[name] is None:
            continue
        if not meets(as_asked(str(have[name]), plan.variant, specifier), specifier):
            says = f"{one.name} {one.version}".strip() + f" asks for {line}, and no build that works here meets that"
            raise NoPlan(Evidence(says, one.metadata))


def _reasons(refused: Sequence[Refused], release: TorchRelease) -> List[Evidence]:
    """One reason a build, equal ones told once."""
    told: Dict[Tuple[str, str], List[str]] = {}
    for one in refused:
        if one.why is not None:
            told.setdefault((one.why.says, one.why.source), []).append(one.variant)
    reasons = []
    for (says, source), variants in told.items():
        named = ", ".join(variant for variant in variants if variant)
        reasons.append(Evidence(f"torch {release.version} for {named}: {says}" if named else says, source))
    return reasons or [Evidence(f"torch {release.version} does not fit what else was asked for", str(release.origin))]
