"""PYTORCH_CUDA_ALLOC_CONF holds an option that this torch does not know, or stands in a variable that it does not read.

It finds options of the caching allocator that came with a later series of torch, went with an earlier one, or are
misspelt; and PYTORCH_ALLOC_CONF with a torch before 2.9, which reads PYTORCH_CUDA_ALLOC_CONF alone.

It matters because an option that is not known ends the program at its first use of the GPU ("Unrecognized
CachingAllocator option: expandable_segments"), and a variable that is not read does nothing: the advice of a newer
page, followed with an older torch, does one or the other.

It is mended by taking the option out, or by giving the setting in the variable that this torch reads.

Example: torch 2.0.1 with PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True, which torch has from 2.1 on.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Optional, Tuple

from ..compat import AllocatorOption, CompatTable
from ..facts import Facts
from ..reading import need, source_of
from ..report import CannotTell, Evidence, Finding, NeedVariable, NotApplicable, Remedy
from ..versions import numbers
from ._common import finding, listed
from ._torch import series, torch_seen, torch_words

ID = "ENV105"
NAME = "allocator-option-unknown"
SEVERITY = "error"
TAGS = ("environment", "torch", "memory")

_OLD, _NEW = "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF"


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    pairs: Tuple[Tuple[str, str], ...] = need(facts.session.variables, "environment variables")
    variables = dict(pairs)
    given = {name: variables[name] for name in (_OLD, _NEW) if variables.get(name)}
    if not given:
        return
    if need(facts.torch.build, "torch") != "cuda":
        raise NotApplicable("this torch is no CUDA build, so that nothing reads them")
    here = series(need(facts.torch.version, "torch"))
    rows = {row.name: row for row in table.allocator_options()}
    unknown: List[str] = []
    for name, setting in given.items():
        if numbers(rows[name].first)[:2] > here:
            if name == _NEW:
                yield _not_read(facts, setting, rows[name], variables)
            continue
        lacking = [option for option in options(setting) if not _knows(rows.get(option), here)]
        known = [option for option in lacking if option in rows]
        # An option without a row is a misspelling, unless a torch that came after the table has it.
        if known or (lacking and here <= _newest(table)):
            yield _refused(facts, name, setting, lacking, rows)
        else:
            unknown += lacking
    if unknown:
        raise CannotTell(f"the table does not know the allocator options of {torch_words(facts)}: {listed(unknown)}")


def options(setting: str) -> Tuple[str, ...]:
    """'a:1,b:[256:1,512:2]' -> ('a', 'b')."""
    flat = re.sub(r"\[[^\]]*\]", "", setting)
    return tuple(part.split(":")[0].strip() for part in flat.split(",") if part.strip())


def _without(setting: str, gone: List[str]) -> Optional[str]:
    parts = [part for part in re.split(r",(?![^\[]*\])", setting) if part.split(":")[0].strip() not in gone]
    return ",".join(part for part in parts if part.strip()) or None


def _knows(row: Optional[AllocatorOption], here: Tuple[int, int]) -> bool:
    if row is None or row.kind != "option" or numbers(row.first)[:2] > here:
        return False
    return not row.last or numbers(row.last)[:2] >= here


def _newest(table: CompatTable) -> Tuple[int, int]:
    return series(table.torch_releases()[0].version)


def _refused(facts: Facts, name: str, setting: str, lacking: List[str], rows: Dict[str, AllocatorOption]) -> Finding:
    because = [
        Evidence(f"{name}={setting}", source_of(facts.session.variables)),
        torch_seen(facts),
        *(Evidence(_span(rows[one]), str(rows[one].origin)) for one in lacking if one in rows),
    ]
    rest = _without(setting, lacking)
    title = f"take {listed(lacking)} out of {name}"
    return finding(
        ID,
        NAME,
        SEVERITY,
        f"{torch_words(facts)} does not know {listed(lacking)} in {name}",
        'The program ends at its first use of the GPU with "Unrecognized CachingAllocator option".',
        because,
        [Remedy(title, (NeedVariable(name, rest),))],
    )


def _span(row: AllocatorOption) -> str:
    since = f"{row.name} came with torch {row.first}"
    return f"{since} and went after {row.last}" if row.last else since


def _not_read(facts: Facts, setting: str, row: AllocatorOption, variables: Dict[str, str]) -> Finding:
    move = (NeedVariable(_OLD, setting), NeedVariable(_NEW, None))
    return finding(
        ID,
        NAME,
        "warning",
        f"{torch_words(facts)} does not read {_NEW}",
        f"The setting does nothing: up to torch 2.8 the variable is {_OLD}.",
        [
            Evidence(f"{_NEW}={setting}", source_of(facts.session.variables)),
            torch_seen(facts),
            Evidence(_span(row), str(row.origin)),
        ],
        [Remedy(f"give it in {_OLD}", move)] if not variables.get(_OLD) else [],
    )
