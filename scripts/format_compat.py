"""Writes envdoctor/compat/data and schema in their one form: one row a line, fields in order, rows as they stand.

    python scripts/format_compat.py            rewrite what differs, name it
    python scripts/format_compat.py --check    change nothing; exit 1 where something differs

Files that do not pass the strict loader are not touched. Updaters write through `data_text`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Dict, FrozenSet, List, Mapping, Sequence, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from envdoctor.compat.kinds import Kind
from envdoctor.compat.loader import OPTIONAL, PROVENANCE, SOURCE, Subject, parse
from envdoctor.compat.rows import BadTable
from envdoctor.compat.subjects import SUBJECTS

HOME = Path(__file__).resolve().parent.parent / "envdoctor" / "compat"


def data_text(subject: Subject, sources: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """A data file: sources and rows one a line, fields in the subject's order, provenance last."""
    order = (*subject.fields, *PROVENANCE)
    lines = [_line({name: row[name] for name in order if name in row}) for row in rows]
    cited = [f"{_line(key)}: {_line(sources[key])}" for key in sorted(sources)]
    return (
        f'{{\n"subject": {_line(subject.name)},\n"sources": {{\n'
        + ",\n".join(cited)
        + '\n},\n"rows": [\n'
        + ",\n".join(lines)
        + "\n]\n}\n"
    )


def schema_text(subject: Subject) -> str:
    """The JSON Schema of a data file, from the same kinds that the loader tests with."""
    row = _object_schema({**subject.fields, **PROVENANCE}, OPTIONAL.union(subject.optional))
    source = _object_schema(SOURCE, frozenset())
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": subject.file,
        "description": f"{subject.about} No two rows share {', '.join(subject.key)}.",
        "type": "object",
        "additionalProperties": False,
        "required": ["subject", "sources", "rows"],
        "properties": {
            "subject": {"const": subject.name},
            "sources": {"type": "object", "propertyNames": {"minLength": 1}, "additionalProperties": source},
            "rows": {"type": "array", "items": row},
        },
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _object_schema(fields: Mapping[str, Kind], optional: FrozenSet[str]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in fields if name not in optional],
        "properties": {name: kind.schema for name, kind in fields.items()},
    }


def wanted_files(home: Path) -> Dict[Path, str]:
    """Every file that this script owns, with the text that it should have."""
    files: Dict[Path, str] = {}
    newest = ""
    for subject in SUBJECTS.values():
        path = home / "data" / subject.file
        loaded = parse(subject, path.read_bytes())
        files[path] = data_text(subject, loaded.sources, list(loaded.rows))
        files[home / "schema" / f"{subject.name}.schema.json"] = schema_text(subject)
        newest = max([newest, *(loaded.build(row).origin.checked for row in loaded.rows)])
    files[home / "data" / "date.json"] = f'{{"newest": "{newest}"}}\n'
    return files


def differing(home: Path) -> Tuple[Dict[Path, str], List[Path]]:
    """Files whose text is not what it should be, and files that no subject owns."""
    files = wanted_files(home)
    there = [path for folder in ("data", "schema") for path in sorted((home / folder).glob("*.json"))]
    changed = {path: text for path, text in files.items() if path not in there or path.read_text("utf-8") != text}
    return changed, [path for path in there if path not in files]


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main(argv: List[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where something differs")
    parser.add_argument("--home", type=Path, default=HOME, help="the folder that holds data and schema")
    options = parser.parse_args(argv)
    try:
        changed, strangers = differing(options.home)
    except BadTable as error:
        print(error, file=sys.stderr)
        return 2
    for path in strangers:
        print(f"{path}: no subject owns this file", file=sys.stderr)
    for path, text in changed.items():
        print(path)
        if not options.check:
            path.write_bytes(text.encode("utf-8"))
    return 1 if strangers or (changed and options.check) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
