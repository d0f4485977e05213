"""The active interpreter's facts: from its answer, and from outside where it gives none."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from envdoctor.facts import PathEntry, PythonFacts
from envdoctor.host import Output
from envdoctor.probes.python import look
from envdoctor.reading import Absent, Known, Unknown
from tests.fakes import FakeHost

from .answers import ENV, PYTHON, SITE, answer, machine, silent, target


def facts_of(host: FakeHost) -> PythonFacts:
    return look(host, target(host))


def test_a_healthy_environment() -> None:
    facts = facts_of(machine())
    assert facts.executable == Known(PYTHON, "PATH")
    assert facts.version == Known("3.11.7", PYTHON)
    assert facts.prefix == Known(ENV, PYTHON) and facts.base_prefix == Known("/usr", PYTHON)
    assert facts.kind == Known("venv", f"{ENV}/pyvenv.cfg")
    assert facts.manager == Known("pip", f"{ENV}/pyvenv.cfg")
    assert facts.environment_name == Known("yolo", ENV)
    assert isinstance(facts.project, Absent)
    assert facts.sys_path == Known(
        (
            PathEntry("", "cwd", True),
            PathEntry("/usr/lib/python3.11", "stdlib", True),
            PathEntry(SITE, "site-packages", True),
        ),
        PYTHON,
    )
    assert facts.pythonpath == Absent(("PYTHONPATH",))
    assert facts.site_packages == Known(SITE, PYTHON)
    assert facts.externally_managed == Absent(("/usr/lib/python3.11/EXTERNALLY-MANAGED",))
    assert facts.bits == Known(64, PYTHON) and facts.free_threaded == Known(False, PYTHON)
    assert facts.libc == Known("glibc 2.35", PYTHON)
    assert facts.pip_version == Known("24.2", f"{SITE}/pip-24.2.dist-info")
    assert facts.kernels == Known((), "Jupyter's folders")


def test_an_interpreter_that_does_not_answer_is_described_from_outside() -> None:
    facts = facts_of(silent(machine()))
    assert facts.executable == Known(PYTHON, "PATH")
    assert facts.prefix == Known(ENV, f"{ENV}/pyvenv.cfg")
    assert facts.kind == Known("venv", f"{ENV}/pyvenv.cfg")
    late = Unknown("timeout", "no end within 8 s", PYTHON)
    assert facts.version == facts.sys_path == facts.user_site_enabled == facts.pip_version == late


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"interpreter": {"error": "OSError: no"}}, "failed"),
        ({}, "unparsable"),
        ({"interpreter": {"version": 3}, "site": [], "path": [{"path": 1}], "distributions": "none"}, "unparsable"),
    ],
)
def test_an_answer_with_holes(said: Dict[str, Any], reason: str) -> None:
    facts = facts_of(machine(said))
    assert isinstance(facts.version, Unknown) and facts.version.reason == reason
    assert isinstance(facts.sys_path, Unknown)
    assert facts.kind == Known("venv", f"{ENV}/pyvenv.cfg")


def test_the_interpreters_own_word_counts_where_a_wrapper_stands_before_it() -> None:
    facts = facts_of(machine(answer(interpreter={"executable": "/opt/real/bin/python3.11"})))
    assert facts.executable == Known("/opt/real/bin/python3.11", "PATH")
    assert facts_of(machine(answer(interpreter={"executable": ""}))).executable == Known(PYTHON, "PATH")


def test_the_mark_of_the_system_does_not_count_in_a_venv() -> None:
    mark = "/usr/lib/python3.11/EXTERNALLY-MANAGED"
    inside = facts_of(machine(answer(site={"externally_managed": mark})))
    outside = facts_of(machine(answer(site={"externally_managed": mark}, interpreter={"prefix": "/usr"})))
    assert inside.externally_managed == Absent((mark,))
    assert outside.externally_managed == Known(mark, PYTHON)


def test_pythonpath_is_told_as_it_is_set() -> None:
    facts = facts_of(machine(environ={"PYTHONPATH": "/old:/older"}))
    assert facts.pythonpath == Known(("/old", "/older"), "PYTHONPATH")


def test_whether_packages_may_be_installed() -> None:
    files = {f"{SITE}/x.py": ""}
    assert facts_of(machine(files=files)).site_packages_writable == Known(True, SITE)
    assert facts_of(machine(files=files, read_only={SITE})).site_packages_writable == Known(False, SITE)
    # The folder is made by the first install: its parent decides.
    assert facts_of(machine(read_only={ENV})).site_packages_writable == Known(False, ENV)
    closed = facts_of(machine(files=files, denied={SITE})).site_packages_writable
    assert isinstance(closed, Unknown) and closed.reason == "denied"


def test_musl_is_asked_for_its_version() -> None:
    said = answer(interpreter={"libc": "musl"})
    loader = "/lib/ld-musl-x86_64.so.1"
    host = machine(said)
    host.commands[(loader,)] = Known(
        Output(1, "", "musl libc (x86_64)\nVersion 1.2.4\nDynamic Program Loader\n"), loader
    )
    assert facts_of(host).libc == Known("musl 1.2.4", loader)
    assert facts_of(machine(said)).libc == Known("musl", PYTHON)
    assert isinstance(facts_of(machine(answer(interpreter={"libc": None}))).libc, Absent)


def test_no_pip() -> None:
    assert isinstance(facts_of(machine(answer(distributions=[]))).pip_version, Absent)
