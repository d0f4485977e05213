"""The gate: what a table file may not be, and that the message says where."""

from __future__ import annotations

import copy
import json
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Tuple

import jsonschema
import pytest

import envdoctor.compat
from envdoctor.compat import BadTable, CompatTable, NoRow
from envdoctor.compat.loader import load, packaged, parse
from envdoctor.compat.subjects import SUBJECTS

HOME = Path(envdoctor.compat.__file__).parent
CUDA: Dict[str, Any] = {
    "subject": "cuda",
    "sources": {"notes": {"source": "release notes", "where": "https://example.org", "checked": "2026-11-20"}},
    "rows": [
        {
            "version": "12.4",
            "toolkit_driver": "550.54.14",
            "minimum_driver": "525.60.13",
            "minimum_driver_windows": None,
            "gcc_min": None,
            "gcc_max": 13,
            "clang_max": 17,
            "min_capability": "5.0",
            "max_capability": "9.0",
            "source": ["notes"],
            "how": "read",
        }
    ],
}


def refused(whole: Any) -> str:
    with pytest.raises(BadTable) as caught:
        parse(SUBJECTS["cuda"], json.dumps(whole).encode())
    return str(caught.value)


def changed(**fields: Any) -> Dict[str, Any]:
    whole = copy.deepcopy(CUDA)
    whole["rows"][0].update(fields)
    return whole


def test_a_good_file_becomes_rows_that_cite_their_source() -> None:
    loaded = parse(SUBJECTS["cuda"], json.dumps(CUDA).encode())
    row = loaded.build(loaded.rows[0])
    assert (row.version, row.gcc_max, row.minimum_driver_windows) == ("12.4", 13, None)
    assert str(row.origin) == "release notes (read, 2026-11-20)"
    assert row.origin.where == "https://example.org"


def test_a_row_may_say_itself_where_and_when_it_was_read() -> None:
    loaded = parse(SUBJECTS["cuda"], json.dumps(changed(where="page 7", checked="2026-11-24")).encode())
    origin = loaded.build(loaded.rows[0]).origin
    assert (origin.where, origin.checked) == ("page 7", "2026-11-24")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("version", "", "version like 12.4"),
        ("version", "12.x", "version like 12.4"),
        ("version", 12.4, "version like 12.4"),
        ("version", "१२.४", "version like 12.4"),
        ("gcc_max", "13", "whole number"),
        ("gcc_max", True, "whole number"),
        ("gcc_max", -1, "whole number"),
        ("min_capability", "9", "capability like 8.6"),
        ("min_capability", "sm_90", "capability like 8.6"),
        ("source", [], "at least 1"),
        ("source", "notes", "list"),
        ("source", ["notes", "notes"], "without repeats"),
        ("source", ["gossip"], "no source is called 'gossip'"),
        ("how", "guessed", "'measured', 'read', 'derived'"),
        ("checked", "24.11.2026", "date like 2026-11-22"),
        ("checked", "2026-1-1", "date like 2026-11-22"),
    ],
)
def test_a_wrong_value_names_file_row_and_field(field: str, value: Any, words: str) -> None:
    message = refused(changed(**{field: value}))
    assert message.startswith("cuda.json: row 1 (")
    assert repr(field) in message
    assert words in message


def test_unknown_and_missing_fields() -> None:
    assert refused(changed(gcc="13")) == "cuda.json: row 1 (12.4): field 'gcc' is unknown"
    whole = copy.deepcopy(CUDA)
    del whole["rows"][0]["clang_max"]
    assert refused(whole) == "cuda.json: row 1 (12.4): field 'clang_max' is missing"


def test_the_second_of_two_rows_with_one_key_is_named() -> None:
    whole = copy.deepcopy(CUDA)
    whole["rows"].append(whole["rows"][0])
    assert refused(whole) == "cuda.json: row 2 (12.4): field 'version': an earlier row has the same key"


def test_a_field_that_stands_twice() -> None:
    text = json.dumps(CUDA).replace('"gcc_max": 13', '"gcc_max": 13, "gcc_max": 14').encode()
    with pytest.raises(BadTable, match=r"cuda\.json: field 'gcc_max' stands twice"):
        parse(SUBJECTS["cuda"], text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "an object with exactly subject, sources and rows"),
        (b'{"subject": "cuda", "sources": {}, "rows": [], "more": 1}', "an object with exactly subject"),
        (b'{"subject": "gpus", "sources": {}, "rows": []}', "subject must be 'cuda', not 'gpus'"),
        (b'{"subject": "cuda", "sources": [], "rows": []}', "sources must be an object"),
        (b'{"subject": "cuda", "sources": {"a": {"source": "x"}}, "rows": []}', "source 'a'"),
        (b'{"subject": "cuda", "sources": {}, "rows": {}}', "rows must be a list"),
        (b'{"subject": "cuda", "sources": {}, "rows": [7]}', "row 1: an object is expected"),
    ],
)
def test_a_file_that_is_something_else(text: bytes, words: str) -> None:
    with pytest.raises(BadTable, match=r"^cuda\.json: ") as caught:
        parse(SUBJECTS["cuda"], text)
    assert words in str(caught.value)


def test_a_file_that_cannot_be_read() -> None:
    def closed(name: str) -> bytes:
        raise PermissionError(13, "Permission denied", name)

    table = CompatTable(closed)
    with pytest.raises(BadTable, match=r"cuda\.json: cannot be read: .*Permission denied"):
        table.cuda("12.4")
    with pytest.raises(BadTable, match=r"date\.json"):
        assert table.date


def test_each_file_is_read_once_and_only_when_asked_for() -> None:
    read: List[str] = []

    def reading(name: str) -> bytes:
        read.append(name)
        return packaged(name)

    table = CompatTable(reading)
    assert read == []
    table.cuda("12.4")
    table.cuda("11.8")
    with pytest.raises(NoRow):
        table.cuda("99.9")
    assert read == ["cuda.json"]


def test_the_table_is_read_from_inside_a_zip(tmp_path: Path) -> None:
    import subprocess
    import sys

    archive = tmp_path / "envdoctor.pyz"
    with zipfile.ZipFile(archive, "w") as whole:
        for file in HOME.parent.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                whole.write(file, file.relative_to(HOME.parent.parent).as_posix())
        whole.writestr(
            "__main__.py", "from envdoctor.compat import CompatTable\nprint(CompatTable().torch('2.1.0').torchvision)\n"
        )
    done = subprocess.run([sys.executable, str(archive)], stdout=subprocess.PIPE, check=True, cwd=str(tmp_path))
    assert done.stdout.decode().strip() == "0.16.0"


# The schemas say what the loader says.


def schema(name: str) -> jsonschema.Draft202012Validator:
    text = (HOME / "schema" / f"{name}.schema.json").read_text(encoding="utf-8")
    found = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


def whole_file(name: str) -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads(packaged(f"{name}.json"))
    return found


@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_data_passes_both(name: str) -> None:
    assert load(SUBJECTS[name]).rows
    assert [error.message for error in schema(name).iter_errors(whole_file(name))] == []


def mutations(name: str) -> List[Tuple[str, Dict[str, Any]]]:
    """The file with one fault in its first row: a stranger, each field gone, each field of a wrong type or empty."""
    first = whole_file(name)
    first["rows"] = first["rows"][:1]
    found: List[Tuple[str, Any]] = [("stranger", {**first["rows"][0], "stranger": 1})]
    for field in first["rows"][0]:
        rest = {key: value for key, value in first["rows"][0].items() if key != field}
        found.append((f"{field} gone", rest))
        for wrong in (7.5, -1, True, "", "x y", [], [""], {}, {"": ""}, {"x": 7.5}, None, [["x"]], ["x", "x"]):
            found.append((f"{field} = {wrong!r}", {**first["rows"][0], field: wrong}))
    return [(label, {**first, "rows": [row]}) for label, row in found]


@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_loader_and_schema_refuse_the_same(name: str) -> None:
    check = schema(name)
    disagreed = []
    refused_by_both = 0
    for label, whole in mutations(name):
        try:
            parse(SUBJECTS[name], json.dumps(whole).encode())
            loader = True
        except BadTable as error:
            loader = "no source is called" in str(error)  # which sources there are, a schema cannot know
        if check.is_valid(whole) != loader:
            disagreed.append(label)
        refused_by_both += not loader
    assert disagreed == []
    assert refused_by_both > 20
