"""Facts and table in, verdicts out. A rule that throws is a result of its own; the others go on."""

from __future__ import annotations

import time
from typing import Iterable, Tuple

from .compat import CompatTable, NoRow
from .facts import Facts
from .reading import Absent, Missing
from .report import CannotTell, Finding, NotApplicable, Verdict
from .rules import Rule


def judge(facts: Facts, table: CompatTable, rules: Iterable[Rule]) -> Tuple[Verdict, ...]:
    verdicts = []
    for rule in rules:
        started = time.perf_counter()
        status, why, findings = _run(rule, facts, table)
        verdicts.append(Verdict(rule.id, rule.name, status, findings, why, time.perf_counter() - started))
    return tuple(verdicts)


def _run(rule: Rule, facts: Facts, table: CompatTable) -> Tuple[str, str, Tuple[Finding, ...]]:
    found = []
    try:
        # Findings made before a rule meets an unknown fact are kept: what was seen stays true.
        for finding in rule.check(facts, table):
            found.append(finding)
    except NotApplicable as reason:
        return ("fail", "", tuple(found)) if found else ("not-applicable", str(reason), ())
    except Missing as missing:
        if found:
            return "fail", "", tuple(found)
        what = f"{missing.what}: " if missing.what else ""
        if isinstance(missing.reading, Absent):
            looked = ", ".join(missing.reading.looked)
            return "not-applicable", f"{what}not there (looked in {looked})" if looked else f"{what}not there", ()
        return "cannot-tell", what + missing.reading.sentence(), ()
    except (CannotTell, NoRow) as reason:
        return ("fail", "", tuple(found)) if found else ("cannot-tell", str(reason), ())
    except Exception as error:  # noqa: BLE001 - one broken rule must not take the others along; exit code 4 says so
        return "crashed", f"{type(error).__name__}: {error}", tuple(found)
    return ("fail" if found else "pass"), "", tuple(found)
