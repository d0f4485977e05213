"""The folder of a recording.

DIR/answers.json    what was asked and what came back, sorted and indented, so that two recordings can be compared
DIR/files/          the longer texts, each as a file to read
"""

from __future__ import annotations

import base64
import json
import os
import re
from typing import Any, Dict, Mapping, Sequence, Tuple

from .redact import Redactor

FORMAT = 1
ANSWERS = "answers.json"
FILES = "files"
LONG = 400  # characters; what is longer becomes a file of its own

_TEXTS = ("read", "ask", "read_bytes")

#: {"asked": [method, argument, ...], "known": ..., "source": ...}, or "absent" or "unknown" as in envdoctor.codec.
Entry = Dict[str, Any]


def key_of(question: Sequence[Any]) -> str:
    return json.dumps(question, sort_keys=True)


def redacted(question: Sequence[Any], plain: Mapping[str, Any], redactor: Redactor) -> Entry:
    """The entry of a question and its answer. Bytes become base64."""
    method = question[0]
    entry: Entry = {"asked": redactor.redact_plain(question)}
    for key, value in plain.items():
        entry[key] = _answer(method, value, redactor) if key == "known" else redactor.redact_plain(value)
    return entry


def _answer(method: str, value: Any, redactor: Redactor) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(redactor.redact_bytes(value)).decode("ascii")
    if method == "ask":
        try:
            return json.dumps(redactor.redact_plain(json.loads(value)), indent=1)
        except ValueError:
            return redactor.redact(value)
    if method == "process":
        return {**redactor.redact_plain(value), "user": redactor.known_person(value["user"])}
    return redactor.redact_plain(value)


def write(folder: str, head: Mapping[str, Any], entries: Sequence[Entry]) -> None:
    """Write a recording, over an older one too. ValueError: the folder holds something else."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    if names and ANSWERS not in names:
        raise ValueError(f"{folder} is not empty and holds no recording: nothing was written")
    texts = os.path.join(folder, FILES)
    os.makedirs(texts, exist_ok=True)
    for name in os.listdir(texts):
        os.remove(os.path.join(texts, name))
    moved: Dict[str, bytes] = {}
    entries = [_moved(entry, moved) for entry in entries]
    for name, content in moved.items():
        with open(os.path.join(texts, name), "wb") as file:
            file.write(content)
    with open(os.path.join(folder, ANSWERS), "w", encoding="ascii") as file:
        json.dump({"format": FORMAT, **head, "answers": entries}, file, indent=1, sort_keys=True)
        file.write("\n")


def _moved(entry: Entry, files: Dict[str, bytes]) -> Entry:
    """The entry with what is long moved into `files`; {"file": name} stands where it was."""
    method, known = entry["asked"][0], entry.get("known")
    if method in _TEXTS and isinstance(known, str):
        return {**entry, "known": _placed(method, known, str(entry["asked"][1]), files)}
    if method == "run" and isinstance(known, dict):
        program = entry["asked"][1][0]
        texts = {name: _placed(method, known[name], program, files) for name in ("out", "err")}
        return {**entry, "known": {**known, **texts}}
    return entry


def _placed(method: str, text: str, path: str, files: Dict[str, bytes]) -> Any:
    if len(text) <= LONG:
        return text
    base = re.sub(r"[^\w.-]", "_", path.rstrip("/").rpartition("/")[2], flags=re.ASCII)[-60:]
    name = f"{len(files) + 1:04d}-{base}"
    files[name] = base64.b64decode(text) if method == "read_bytes" else text.encode("utf-8", "surrogateescape")
    return {"file": name}


def load(folder: str) -> Tuple[Mapping[str, Any], Dict[str, Any]]:
    """(what is not an answer, answers by key_of(question)). ValueError says in one sentence what is wrong with it."""
    path = os.path.join(folder, ANSWERS)
    try:
        with open(path, "rb") as file:
            recording = json.loads(file.read().decode("utf-8"))
        if not isinstance(recording, dict) or not isinstance(recording.get("answers"), list):
            raise ValueError("no list of answers in it")
        if recording.get("format") != FORMAT:
            raise ValueError(f"it has format {recording.get('format')}, and this envdoctor reads {FORMAT}")
        return recording, {key_of(entry["asked"]): _whole(folder, entry) for entry in recording["answers"]}
    except FileNotFoundError as error:
        raise ValueError(f"{folder}: no recording there, {ANSWERS} is missing") from error
    except OSError as error:
        raise ValueError(f"{folder}: the recording cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{path}: this is no recording, or a damaged one: {error}") from error


def _whole(folder: str, entry: Entry) -> Entry:
    method, known = entry["asked"][0], entry.get("known")
    if method in _TEXTS and isinstance(known, dict):
        return {**entry, "known": _content(folder, method, known["file"])}
    if method == "run" and isinstance(known, dict):
        moved = {name: _content(folder, method, text["file"]) for name, text in known.items() if isinstance(text, dict)}
        return {**entry, "known": {**known, **moved}}
    return entry


def _content(folder: str, method: str, name: str) -> str:
    if not re.fullmatch(r"\d+-[\w.-]*", name, flags=re.ASCII):
        raise ValueError(f"{name!r} is no name of a file of a recording")
    try:
        with open(os.path.join(folder, FILES, name), "rb") as file:
            content = file.read()
    except FileNotFoundError as error:
        raise ValueError(f"{FILES}/{name} is missing") from error
    if method == "read_bytes":
        return base64.b64encode(content).decode("ascii")
    return content.decode("utf-8", "surrogateescape")
