"""Amounts of memory, in bytes and in words."""

from __future__ import annotations

import re

KIB, MIB, GIB, TIB = 1 << 10, 1 << 20, 1 << 30, 1 << 40

#: What PyTorch prints for "no limit" and for a figure that NVML does not give: 2**64 - 1 bytes.
NO_FIGURE = 1 << 60

#: A size as PyTorch prints it, white space taken out: "84.00MiB", "0bytes". MB and GB are MiB and GiB there.
PATTERN = r"\d{1,20}(?:\.\d{1,9})?(?:bytes?|[kmgtpe]i?b)"

_UNITS = {"b": 1, "k": KIB, "m": MIB, "g": GIB, "t": TIB, "p": 1 << 50, "e": 1 << 60}
# Not compiled here: the command line imports this whatever the command.
_TYPED = r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*(?:bytes?|([kmgt])i?b?|b)?\s*"
_COUNT = r"\s*(\d[\d_,]{0,20}(?:\.\d{1,9})?(?:e\d{1,2})?)\s*([kmbt]?)\s*"
_THOUSANDS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}


def printed(text: str) -> int:
    """'84.00MiB' -> 88080384. The text matches PATTERN."""
    number = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return round(float(number) * _UNITS[text[len(number)].lower()])


def typed(text: str) -> int:
    """'12GiB', '12 G', '800M', '1024' (bytes) -> bytes, units of 1024. ValueError otherwise."""
    found = re.fullmatch(_TYPED, text, re.IGNORECASE | re.ASCII)
    if not found:
        raise ValueError(f"not a size like 12GiB: {text[:40]!r}")
    return round(float(found.group(1)) * _UNITS[(found.group(2) or "b").lower()])


def count(text: str) -> int:
    """'7B', '350M', '1.1e9', '86_567_656' -> a number of things, units of 1000. ValueError otherwise."""
    found = re.fullmatch(_COUNT, text, re.IGNORECASE | re.ASCII)
    if not found:
        raise ValueError(f"not a number like 7B or 86_567_656: {text[:40]!r}")
    number = float(found.group(1).replace("_", "").replace(",", ""))
    return round(number * _THOUSANDS[found.group(2).lower()])


def words(size: int) -> str:
    """25434523 -> '24.3 MiB': three digits are enough to think with."""
    for unit, name in ((TIB, "TiB"), (GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if size >= unit:
            number = size / unit
            text = f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 100 else f"{number:.0f}"
            return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {name}"
    return f"{size} bytes"


def between(least: int, most: int) -> str:
    """'25 to 26.5 GiB'."""
    low, high = words(least), words(most)
    number, _, unit = low.rpartition(" ")
    return f"{number} to {high}" if high.endswith(unit) else f"{low} to {high}"
