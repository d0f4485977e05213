"""Questions to `plan` as the command line puts them, without a process."""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

from envdoctor.compat import CompatTable
from envdoctor.facts import Facts
from envdoctor.plan.command import Asked, Planned, answer, explain, read
from envdoctor.plan.wanted import Described
from envdoctor.render import shell
from tests.fakes import FakeHost

TABLE = CompatTable()


def query(
    torch: Optional[str] = None,
    accelerator: Optional[str] = None,
    manager: Optional[str] = None,
    requirements: Sequence[str] = (),
    host: Optional[FakeHost] = None,
    seen: Optional[Facts] = None,
    gpus: Tuple[str, ...] = (),
    **described: Optional[str],
) -> Asked:
    machine = Described(gpus=gpus, **described)
    return read(torch, accelerator, manager, machine, requirements, host or FakeHost(), TABLE, seen)


def planned(*args: Optional[str], **options: object) -> Planned:
    return answer(query(*args, **options), TABLE)  # type: ignore[arg-type]


def line(*args: Optional[str], **options: object) -> str:
    """The command, as a shell takes it; there must be one."""
    found = planned(*args, **options)
    assert found.command, found.reasons
    return shell.line(found.command)


def build(*args: Optional[str], **options: object) -> str:
    found = planned(*args, **options)
    assert found.plan is not None, found.reasons
    return f"{found.plan.torch}+{found.plan.variant}"


def refusal(*args: Optional[str], **options: object) -> str:
    """Why there is no command; each reason names a source."""
    found = planned(*args, **options)
    assert not found.command
    assert found.reasons
    assert all(reason.source for reason in found.reasons)
    return "; ".join(reason.says for reason in found.reasons)


def why(said: str, *args: Optional[str], **options: object) -> Tuple[Tuple[str, str, str], ...]:
    """--why-not: build, reason, source; "" and "" where nothing is against it."""
    _, builds = explain(query(*args, **options), TABLE, said)  # type: ignore[arg-type]
    return tuple((one.variant, one.why.says if one.why else "", one.why.source if one.why else "") for one in builds)
