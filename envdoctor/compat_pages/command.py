"""`envdoctor compat`: a question in, its page out."""

from __future__ import annotations

from typing import Optional

from ..answer import show_page
from ..compat import NoRow
from ..render.json_v1 import text_of
from ..tables import table as table_here
from ..voice import Unusable, out
from .answers import overview
from .entry import as_json, page
from .questions import EXAMPLES, QUESTIONS, near


def run(subject: Optional[str], name: Optional[str], shown_as: str) -> None:
    """Unusable where the table has no such row."""
    table = table_here()
    if subject is None:
        entry = overview(table)
    elif name is None or not name.strip():
        raise Unusable(f"compat {subject}: which one? (for example {EXAMPLES[subject]})")
    else:
        try:
            entry = QUESTIONS[subject](table, name)
        except NoRow as reason:
            meant = near(table, subject, name)
            raise Unusable(f"{reason}; did you mean {' or '.join(meant)}?" if meant else str(reason)) from None
    if shown_as == "json-v1":
        out(text_of(as_json(entry, table.date)))
    else:
        show_page(page(entry), shown_as)
