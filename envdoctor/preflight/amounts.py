"""Amounts as people write them: 20GiB, 500M, 2h, 90s, 1h30m."""

from __future__ import annotations

import re

_BYTES = {
    "": 1 << 20,  # as nvidia-smi and Slurm's --mem count
    "k": 1 << 10,
    "m": 1 << 20,
    "g": 1 << 30,
    "t": 1 << 40,
}
_DECIMAL = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def memory(text: str) -> int:
    """Bytes: "20GiB" and "20G" are 20 * 2**30, "20GB" is 20 * 10**9, a bare number counts MiB. ValueError."""
    found = re.fullmatch(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([kmgt]?)(i?b)?\s*", text, re.IGNORECASE)
    if not found or (found[3] and not found[2]):
        raise ValueError(f"{text!r} is no amount of memory; write 20GiB or 500MiB")
    units = _DECIMAL if (found[3] or "").lower() == "b" else _BYTES
    return int(float(found[1]) * units[found[2].lower()])


def seconds(text: str) -> float:
    """Seconds: "90", "90s", "15m", "2h", "1h30m", "1d". ValueError."""
    parts = re.findall(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([smhd]?)", text.strip().lower())
    if not parts or "".join(number + unit for number, unit in parts) != re.sub(r"\s", "", text.lower()):
        raise ValueError(f"{text!r} is no length of time; write 90s, 15m or 2h")
    if len(parts) > 1 and any(not unit for _, unit in parts):
        raise ValueError(f"{text!r} is no length of time; write 90s, 15m or 2h")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def shown(size: int) -> str:
    """As in "79.6 GiB" and "500 MiB"."""
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{size >> 20} MiB"
