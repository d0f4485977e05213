"""An answer of the table, free of any format: a title and sections of facts, each section with its sources."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Mapping, Tuple

from ..compat import Origin
from ..frozen import frozen
from ..render.page import BLANK, Line, line
from ..render.words import shown

FORMAT = "compat-v1"


@frozen
class Section:
    title: str
    facts: Tuple[Tuple[str, str], ...]  # name and value
    origins: Tuple[Origin, ...]


@frozen
class Entry:
    title: str
    sections: Tuple[Section, ...]


def facts(*pairs: Tuple[str, Any]) -> Tuple[Tuple[str, str], ...]:
    """The pairs that have something to say; lists are joined."""
    told = ((name, _text(value)) for name, value in pairs)
    return tuple((name, value) for name, value in told if value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_text(item)}" for name, item in value.items())
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))
    return str(value)


def page(entry: Entry) -> Iterator[Line]:
    yield line(shown(entry.title), "strong")
    for section in entry.sections:
        yield BLANK
        if section.title:
            yield line(shown(section.title), "strong")
        width = max((len(name) for name, _ in section.facts), default=0)
        for name, value in section.facts:
            yield Line(((f"{name:<{width}}  ", "dim"), (shown(value), "")), 2, hang=width + 2)
        for source in _sources(section.origins):
            yield Line(((f"source: {shown(_cited(source))}", "dim"),), 2, hang=8)


def _cited(source: Mapping[str, str]) -> str:
    return f"{source['source']}, {source['where']} ({source['how']}, {source['checked']})"


def as_json(entry: Entry, date: str) -> Dict[str, Any]:
    return {
        "format": FORMAT,
        "table": date,
        "title": entry.title,
        "sections": [
            {"title": one.title, "facts": dict(one.facts), "sources": _sources(one.origins)} for one in entry.sections
        ],
    }


def _sources(origins: Iterable[Origin]) -> List[Dict[str, str]]:
    """Each thing that was read, once, however many rows of a section cite it together with others."""
    found: Dict[Tuple[str, str], Dict[str, str]] = {}
    for origin in origins:
        named, places = origin.source.split("; "), origin.where.split("; ")
        pairs = zip(named, places) if len(named) == len(places) else [(origin.source, origin.where)]
        for source, where in pairs:
            row = {"source": source, "where": where, "how": origin.how, "checked": origin.checked}
            kept = found.setdefault((source, where), row)
            kept["checked"] = max(kept["checked"], origin.checked)
    return list(found.values())
