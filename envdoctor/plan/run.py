"""The whole of `envdoctor plan`: what was said, to the answer on stdout and the exit code."""

from __future__ import annotations

from typing import Optional, Sequence

from ..answer import show_page
from ..compat import CompatTable
from ..cure.planner import NoPlan
from ..exits import Exit
from ..facts import Facts
from ..host import Host
from ..render import shell
from ..render.json_v1 import text_of
from ..tables import table as table_here
from ..voice import out, out_exact, say
from .command import Asked, Planned, answer, explain, read
from .page import as_json, page, refusal, why_json, why_page
from .wanted import Described


def run(
    host: Host,
    said: Optional[str],
    accelerator: Optional[str],
    manager: Optional[str],
    described: Described,
    requirements: Sequence[str],
    seen: Optional[Facts],
    refused: Optional[str],
    print_cmd: bool,
    shown_as: str,
    mirror: Optional[str] = None,
    build: Sequence[str] = (),
    home: str = "/tmp",
) -> Exit:
    """Unusable where the command line, or a file that it names, cannot be used."""
    table = table_here()
    query = read(said, accelerator, manager, described, requirements, host, table, seen, mirror, build, home)
    if refused is not None:
        return _why(query, table, refused, shown_as)
    planned = answer(query, table)
    code = Exit.OK if planned.commands else Exit.USAGE if planned.impossible else Exit.FINDINGS
    if shown_as == "json-v1" and not print_cmd:
        out(text_of(as_json(planned, code)))
    elif code != Exit.OK:
        say(f"envdoctor: {refusal(planned)}")
    elif print_cmd:
        out_exact("".join(shell.line(argv) + "\n" for argv in planned.commands))
        for note in planned.notes:
            say(note)
    else:
        show_page(page(planned), shown_as)
    return code


def _why(query: Asked, table: CompatTable, refused: str, shown_as: str) -> Exit:
    try:
        version, builds = explain(query, table, refused)
    except NoPlan as none:
        say(f"envdoctor: {refusal(Planned(None, (), none.reasons, ()))}")
        return Exit.FINDINGS
    if shown_as == "json-v1":
        out(text_of(why_json(version, builds, Exit.OK)))
    else:
        show_page(why_page(version, builds), shown_as)
    return Exit.OK
