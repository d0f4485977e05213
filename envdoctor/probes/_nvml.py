"""The NVML worker's JSON (described in envdoctor/nvml_worker.py) as readings."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from ..reading import Absent, Known, Reading, Unknown

SOURCE = "nvml"

_SENTENCES = {
    "FUNCTION_NOT_FOUND": "this driver or nvidia-ml-py is too old for the question",
    "UNDECODABLE": "the text is not UTF-8",
}


def field(record: Mapping[str, object], name: str, source: str = SOURCE) -> Reading[Any]:
    """One field of a record: {"value": ...}, {"error": NAME}, or not there because the worker never came so far."""
    found = record.get(name)
    if not isinstance(found, dict):  # JSON: a tenth of the time that Mapping takes
        return Unknown("failed", f"NVML was not asked for {name}", source)
    if "value" in found:
        return Known(found["value"], source)
    return error(str(found.get("error", "UNKNOWN")), source)


def error(name: str, source: str = SOURCE) -> Reading[Any]:
    """NVML's error as a reading: what the device does not have is Absent, what it does not tell is Unknown."""
    if name in ("NOT_SUPPORTED", "LIBRARY_NOT_FOUND", "NOT_LOADED"):
        return Absent((f"{source}: {name.lower().replace('_', ' ')}",))
    reason = {"NO_PERMISSION": "denied", "TIMEOUT": "timeout", "UNDECODABLE": "unparsable"}.get(name, "failed")
    return Unknown(reason, _SENTENCES.get(name, name), source)


def part(reading: Reading[Any], name: str) -> Reading[Any]:
    """One entry of a field whose value is an object."""
    if not isinstance(reading, Known):
        return reading
    value = reading.value.get(name) if isinstance(reading.value, dict) else None
    if value is None:
        return Unknown("failed", f"no {name} in the answer", reading.source)
    return Known(value, reading.source)


def status(system: Mapping[str, object]) -> Optional[str]:
    """The name of nvmlInit's result, None when it never came back."""
    name = str(system.get("status", "NO_ANSWER"))
    return None if name == "NO_ANSWER" else name
