"""Nothing runs backwards: who may import whom, read from the imports themselves."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator, Set

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "envdoctor"

#: part -> the parts of envdoctor that it may import; a part is a module or a folder.
ALLOWED = {
    "reading": set(),
    "versions": set(),
    "exits": set(),
    "urls": set(),
    "facts": {"reading", "versions"},
    "report": {"facts", "reading", "versions"},
    "compat": {"versions"},
    "host": {"reading", "_machine"},
    "target": {"facts", "host", "reading"},
    "pasted": {"codec", "facts", "reading", "urls", "versions"},
    "probes": {"facts", "host", "reading", "target", "urls", "versions"},
    "rules": {"compat", "facts", "reading", "report", "versions"},
    "cure": {"compat", "facts", "reading", "report", "urls", "versions"},
    "render": {"codec", "exits", "facts", "reading", "report", "voice", "__init__"},
    "inside": set(),
    "plan": {
        "answer",
        "compat",
        "cure",
        "exits",
        "facts",
        "host",
        "reading",
        "render",
        "report",
        "tables",
        "versions",
        "voice",
    },
    "compat_pages": {"answer", "compat", "render", "tables", "versions", "voice"},
    "compat_update": {"__version__", "compat", "host", "reading", "tables", "urls", "voice"},
    "mending": {
        *("_machine", "compat", "cure", "exits", "facts", "host", "reading", "render", "report", "target", "voice"),
    },
    "tables": {"__version__", "compat", "host", "reading", "voice"},
}


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those below `if TYPE_CHECKING:`, which run nothing."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if not (isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING"):
            yield from nodes(child)


def parts_imported(file: Path) -> Iterator[str]:
    """The parts of envdoctor that a file imports, at whatever level."""
    package = ["envdoctor", *file.relative_to(PACKAGE).parts[:-1]]
    for node in nodes(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            dotted = [*base, *(node.module.split(".") if node.module else [])]
            names = [[*dotted, alias.name] for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        else:
            continue
        for name in names:
            if name[0] == "envdoctor" and len(name) > 1:
                yield name[1]


def files_of(part: str) -> Set[Path]:
    folder = PACKAGE / part
    return set(folder.rglob("*.py")) if folder.is_dir() else {PACKAGE / f"{part}.py"}


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_imports(part: str) -> None:
    for file in sorted(files_of(part)):
        wrong = set(parts_imported(file)) - ALLOWED[part] - {part, "frozen"}
        assert not wrong, f"{file.relative_to(PACKAGE)} imports {sorted(wrong)}"


def test_inside_scripts_import_the_standard_library_alone() -> None:
    for file in files_of("inside"):
        assert not set(parts_imported(file)), file
