"""What is said about a machine: evidence, needs, fixes, findings, verdicts and the report that holds them."""

from __future__ import annotations

from typing import Optional, Tuple, Union

from .facts import Facts
from .frozen import frozen

SEVERITIES = ("error", "warning", "note")  # worst first
CONFIDENCES = ("certain", "likely")  # surest first
STATUSES = ("pass", "fail", "not-applicable", "cannot-tell", "crashed")


class NotApplicable(Exception):
    """Raised by a rule whose question does not arise here, with the reason."""


class CannotTell(Exception):
    """Raised by a rule that lacks a fact which is not one Reading, with the reason."""


@frozen
class Evidence:
    """A fact and where it was read, or a table row and what it cites."""

    says: str
    source: str


# What a finding needs done, free of any package manager: the cure turns needs into commands.


@frozen
class NeedTorch:
    """torch and its companions in a build that this machine can run."""

    version: Optional[str] = None  # keep this public version; None: keep what is there where possible, else newest
    accelerator: Optional[str] = None  # cu121 | cpu; None: what the machine can run
    reinstall: bool = False  # the files are broken: install again even where the version is right


@frozen
class NeedPackages:
    """Requirements to install as they stand ("numpy<2", "torchvision==0.15.2")."""

    requirements: Tuple[str, ...]
    reinstall: bool = False
    upgrade: bool = False
    no_deps: bool = False
    build_isolation: bool = True
    find_links: str = ""  # a page of wheels that the index does not have


@frozen
class NeedRemoved:
    """Distributions to uninstall. `by` names whose copy goes: pip | conda | any."""

    names: Tuple[str, ...]
    by: str = "pip"


@frozen
class NeedDeleted:
    """Leftover paths to delete: never anything but debris that no tool owns."""

    paths: Tuple[str, ...]


@frozen
class NeedEnvironment:
    """A new environment beside the broken one; `python` is the minor version wanted ("3.11"), None: any that fits."""

    python: Optional[str] = None
    with_torch: bool = True
    requirements: Tuple[str, ...] = ()
    torch: Optional[str] = None  # this public version of torch, None: the newest that fits


@frozen
class NeedVariable:
    """An environment variable to set for this shell (`value`) or to unset (None)."""

    name: str
    value: Optional[str] = None


@frozen
class NeedCommand:
    """Exact commands where the rule knows them; `who` is you or admin."""

    commands: Tuple[Tuple[str, ...], ...]
    who: str = "you"
    safety: str = "changes-env"


@frozen
class NeedToolchain:
    """What compiles extensions, without root: a gcc of that major version, with `cuda` nvcc of it too."""

    gcc: int
    cuda: str = ""  # "12.1"


Need = Union[
    NeedTorch, NeedPackages, NeedRemoved, NeedDeleted, NeedEnvironment, NeedVariable, NeedCommand, NeedToolchain
]


@frozen
class Remedy:
    """One way out, as a rule states it: needs in order. The remedies of a finding are alternatives, best first."""

    title: str
    needs: Tuple[Need, ...]


@frozen
class Fix:
    """One way out, as commands. `safety`: safe (reads or sets a variable) | changes-env | removes."""

    title: str
    commands: Tuple[Tuple[str, ...], ...]
    who: str = "you"  # you | admin
    safety: str = "changes-env"
    check: Tuple[str, ...] = ()  # a command that shows it worked
    note: str = ""


@frozen
class Finding:
    rule: str  # DRV101
    name: str  # driver-too-old
    severity: str
    title: str  # one sentence: what is wrong, with the figures
    meaning: str  # one sentence: what it means for the user
    because: Tuple[Evidence, ...]
    remedies: Tuple[Remedy, ...] = ()
    confidence: str = "certain"
    fixes: Tuple[Fix, ...] = ()  # filled by the cure


@frozen
class Verdict:
    rule: str
    name: str
    status: str  # one of STATUSES
    findings: Tuple[Finding, ...] = ()
    why: str = ""  # for not-applicable, cannot-tell and crashed: the reason, one sentence
    seconds: float = 0.0


@frozen
class ProbeRun:
    """How a probe went: ok | timeout | crashed | not-run."""

    name: str
    status: str
    seconds: float
    detail: str = ""


@frozen
class Report:
    facts: Facts
    verdicts: Tuple[Verdict, ...]
    probes: Tuple[ProbeRun, ...]
    table: str  # the table's date
    version: str  # envdoctor's

    @property
    def findings(self) -> Tuple[Finding, ...]:
        """All findings, worst and surest first."""
        found = [finding for verdict in self.verdicts for finding in verdict.findings]
        return tuple(sorted(found, key=rank))


def rank(finding: Finding) -> Tuple[int, int, str]:
    """Worst first, then surest, then by rule id, so that two runs print the same order."""
    return SEVERITIES.index(finding.severity), CONFIDENCES.index(finding.confidence), finding.rule


@frozen
class Step:
    """Commands of a plan that belong together, and what they are for."""

    title: str
    commands: Tuple[Tuple[str, ...], ...]
    who: str = "you"
    safety: str = "changes-env"
    note: str = ""


@frozen
class Plan:
    """One list of commands for all findings of a report: run once, in this order, they leave nothing to find."""

    mended: Tuple[Finding, ...]  # what the commands answer
    steps: Tuple[Step, ...]  # in order
    admin: Tuple[Step, ...]  # what only an administrator can run, after the others
    checks: Tuple[Tuple[str, ...], ...]  # commands that show it worked
    unmended: Tuple[Tuple[Finding, str], ...]  # findings without a way, and why
    later: Tuple[Finding, ...] = ()  # findings about a torch that will not be the one in use once the others are mended

    @property
    def commands(self) -> Tuple[Tuple[str, ...], ...]:
        return tuple(argv for step in self.steps for argv in step.commands)

    @property
    def admin_commands(self) -> Tuple[Tuple[str, ...], ...]:
        return tuple(argv for step in self.admin for argv in step.commands)
